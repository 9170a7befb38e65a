import * as fc from 'fast-check';
import { labelSet } from '../../../src/domain/alert.ts';
import { fingerprintOf } from '../../../src/sources/fingerprint.ts';

describe('the fingerprint of a label set', () => {
  it.each([
    // Recorded from Alertmanager 0.33.
    [{ alertname: 'OnlyLabels', scenario: 'direct1' }, '7d9650ca5a4ee963'],
    [{ scenario: 'direct2', job: 'x' }, '6a4def5aceddd555'],
    // The offset basis of FNV-1a: nothing was hashed.
    [{}, 'cbf29ce484222325'],
  ])('of %j is %s', (labels, expected) => {
    expect(fingerprintOf(labels as unknown as Record<string, string>)).toBe(expected);
  });

  it('agrees with 64-bit arithmetic for any labels, sorted by their bytes', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 8 }), (entries) => {
        const labels = labelSet(entries);
        expect(fingerprintOf(labels)).toBe(slowFingerprint(labels));
      }),
    );
  });
});

function slowFingerprint(labels: Readonly<Record<string, string>>): string {
  let hash = 0xcbf29ce484222325n;
  const names = Object.keys(labels).map((name) => Buffer.from(name));
  for (const name of names.sort((a, b) => a.compare(b))) {
    for (const byte of [...name, 0xff, ...Buffer.from(labels[name.toString()] ?? ''), 0xff])
      hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return hash.toString(16).padStart(16, '0');
}

import * as fc from 'fast-check';
import { labelSet } from '../../src/domain/alert.ts';
import { compileLinear, matchesAll, parseMatcher } from '../../src/domain/matcher.ts';
import { cpuTimeMs } from '../helpers/cpu-time.ts';

const LABELS = labelSet([
  ['severity', 'critical'],
  ['instance', 'db-1.example:9100'],
  ['größe "x"', 'a\nb'],
  ['__proto__', 'own'],
]);

describe("Alertmanager's matchers", () => {
  it.each([
    ['severity="critical"', true],
    ['severity=critical', true],
    [' severity = "critical" ', true],
    ['severity!="critical"', false],
    ['severity=~"crit.*|warning"', true],
    ['severity=~"crit"', false],
    ['severity!~"crit"', true],
    ['severity=~critical|warning', true],
    ['instance=~"db-1\\.example:[0-9]+"', true],
    ['instance=~"db-1\\.examplx:\\d+"', false],
    ['instance=~"db-1\\\\.example:\\\\d+"', true],
    ['"größe \\"x\\""="a\\nb"', true],
    ['"größe \\"x\\""=~"a.b"', true],
    ['__proto__="own"', true],
    ['constructor=""', true],
    ['absent=""', true],
    ['absent!=""', false],
    ['absent=', true],
    ['absent=~".+"', false],
    ['absent!~".+"', true],
  ])('%s fits: %s', (text, fits) => {
    expect(parseMatcher(text).matches(LABELS)).toBe(fits);
  });

  it.each([
    '',
    'severity',
    '="x"',
    '""="x"',
    'a=="x"',
    'a="x',
    'a="x"y',
    'a="x",b="y"',
    '{a="x"}',
    'a=~"("',
    'a b="c"',
  ])('%j is none', (text) => {
    expect(() => parseMatcher(text)).toThrow(Error);
  });

  it('the reason never repeats the text, which may hold a secret', () => {
    for (const text of ['hunter2', 'a=~"(hunter2"', 'a=~"hunter2{2000}"', 'a=~"(?=hunter2)"'])
      expect(() => parseMatcher(text)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
      );
  });

  it('equality holds for every value that is written with its escapes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const quoted = value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
        expect(parseMatcher(`a="${quoted}"`).matches(labelSet([['a', value]]))).toBe(true);
      }),
    );
  });

  it('a list fits where every one does, and an empty list fits everything', () => {
    expect(matchesAll([], LABELS)).toBe(true);
    expect(matchesAll(['severity="critical"', 'absent=""'].map(parseMatcher), LABELS)).toBe(true);
    expect(matchesAll(['severity="critical"', 'absent="x"'].map(parseMatcher), LABELS)).toBe(false);
  });

  it('an expression that would take a backtracking engine for ever is done at once', () => {
    const started = cpuTimeMs();
    expect(compileLinear('(a+)+$').matches(`${'a'.repeat(5_000)}!`)).toBe(false);
    expect(cpuTimeMs() - started).toBeLessThan(20_000);
  });
});

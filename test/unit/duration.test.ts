import * as fc from 'fast-check';
import { parseDuration, speakDuration } from '../../src/domain/duration.ts';

describe('Prometheus durations', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['1w', 604_800_000],
    ['1y', 31_536_000_000],
    ['250ms', 250],
    ['1m1ms', 60_001],
    ['292y', 9_208_512_000_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '5', '5 m', '-5m', '1.5h', '30m1h', '1h1h', '5M', 'm', '5min', '293y', '99999999999999999999s', '5m\n'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [40_000, '40 s'],
    [300_000, '5 min'],
    [7_500_000, '2 h 5 min'],
    [7_205_000, '2 h'],
    [90_061_000, '1 d 1 h'],
  ])('%d ms is spoken %j', (ms, text) => {
    expect(speakDuration(ms)).toBe(text);
  });

  it('each unit counts for itself', () => {
    const units = fc.record({ d: fc.nat(400), h: fc.nat(99), m: fc.nat(99), s: fc.nat(99) });
    fc.assert(
      fc.property(units, ({ d, h, m, s }) => {
        expect(parseDuration(`${d}d${h}h${m}m${s}s`)).toBe((((d * 24 + h) * 60 + m) * 60 + s) * 1000);
      }),
    );
  });
});

import fc from 'fast-check';
import { moment, sayClock, sayDay, sayExactly, saySpan, sayTime } from '../../../src/domain/moment.ts';

const at = (text: string): number => Date.parse(`2026-01-${text}Z`);
const NIGHT = at('05T03:51:07.123');

describe('moments as people read them at 3 a.m.', () => {
  it.each([
    ['of today has no date', saySpan(at('05T03:40:00.000'), NIGHT, NIGHT), '03:40–03:51 UTC'],
    ['of another day has it once', saySpan(at('04T03:40:00'), at('04T03:51:00'), NIGHT), '2026-01-04 03:40–03:51 UTC'],
    ['without a day to know has it', saySpan(at('05T03:40:00'), NIGHT, null), '2026-01-05 03:40–03:51 UTC'],
    [
      'over midnight has both dates',
      saySpan(at('04T23:55:00'), at('05T00:06:00'), NIGHT),
      '2026-01-04 23:55 – 2026-01-05 00:06 UTC',
    ],
  ])('a stretch of time %s', (_which, said, wanted) => expect(said).toBe(wanted));

  it.each([
    [sayClock(NIGHT, at('05T23:59:59')), '03:51 UTC'],
    [sayClock(NIGHT, at('06T00:00:00')), '2026-01-05 03:51 UTC'],
    [sayExactly(NIGHT), '2026-01-05 03:51:07 UTC'],
    [sayTime(NIGHT), '03:51'],
    [sayDay(NIGHT), '2026-01-05'],
  ])('"%s"', (said, wanted) => expect(said).toBe(wanted));

  it('what no calendar holds is said to be unknown, and never stops a message', () => {
    expect([sayClock(null, 0), sayExactly(8.65e15), sayExactly(null, ''), saySpan(0, Number.NaN, 0)]).toEqual([
      'an unknown time',
      'an unknown time',
      '',
      'an unknown time',
    ]);
    fc.assert(
      fc.property(fc.double(), fc.double(), (from, to) => {
        const said = [sayClock(from, to), sayExactly(from), saySpan(from, to, to), sayTime(from), sayDay(from)].join();
        expect(said).not.toMatch(/Invalid|NaN|\d{5}|\.\d{3}/);
        expect(moment(from) === null || Date.parse(moment(from) ?? '') === Math.trunc(from)).toBe(true);
      }),
    );
  });
});

import * as fc from 'fast-check';
import { logWindows } from '../../../src/evidence/windows.ts';

const MINUTE = 60_000;
const AT = Date.parse('2026-01-05T03:00:00Z');

describe('which stretches of time are read', () => {
  it('begins `for:`, a range and a minute before the alert fired, and ends two minutes after it', () => {
    const [incident, before, dayBefore] = logWindows({ startsAt: AT, now: AT + 10 * MINUTE });
    expect(incident).toEqual({ name: 'incident', from: AT - 11 * MINUTE, to: AT + 2 * MINUTE });
    expect(before).toEqual({ name: 'before', from: AT - 24 * MINUTE, to: AT - 11 * MINUTE });
    expect(dayBefore).toEqual({
      name: 'day_before',
      from: AT - 11 * MINUTE - 86_400_000,
      to: AT + 2 * MINUTE - 86_400_000,
    });
  });

  it('never reads the future: an alert that has just fired ends the window now', () => {
    expect(logWindows({ startsAt: AT, now: AT + 5_000 })[0].to).toBe(AT + 5_000);
    expect(logWindows({ startsAt: AT + 3_600_000, now: AT })[0]).toEqual({
      name: 'incident',
      from: AT - 11 * MINUTE,
      to: AT,
    });
  });

  it('takes `for:` and range from the rule where they are known', () => {
    expect(logWindows({ startsAt: AT, now: AT, forMs: 0, rangeMs: 30 * MINUTE })[0].from).toBe(AT - 31 * MINUTE);
  });

  it('reads on to a later moment where asked, at most half an hour, with the time before the trouble beside it', () => {
    const late = (minutes: number) =>
      logWindows({ startsAt: AT, now: AT + minutes * MINUTE, until: AT + minutes * MINUTE });
    expect(late(15).map(({ from, to }) => [from - AT, to - AT].map((ms) => ms / MINUTE))).toEqual([
      [-11, 15],
      [-37, -11],
      [-1451, -1425],
    ]);
    expect(late(60).map(({ from, to }) => [from - AT, to - AT].map((ms) => ms / MINUTE))).toEqual([
      [30, 60],
      [-41, -11],
      [-1410, -1380],
    ]);
  });

  it('gives three windows of one length, none empty, the second right before the first', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e7, max: 1e9 }), fc.nat(1e7), fc.nat(1e7), (age, forMs, rangeMs) => {
        const [a, b, c] = logWindows({ startsAt: AT - age, now: AT, forMs, rangeMs });
        expect(a.to - a.from).toBeGreaterThan(0);
        expect([b.to - b.from, c.to - c.from]).toEqual([a.to - a.from, a.to - a.from]);
        expect([b.to, a.from - c.from]).toEqual([a.from, 86_400_000]);
        expect(a.to).toBeLessThanOrEqual(AT);
      }),
    );
  });
});

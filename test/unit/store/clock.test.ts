import { Clock, type ClockStep } from '../../../src/store/clock.ts';

const START = Date.UTC(2026, 0, 5, 3);
const MINUTE = 60_000;
const HOUR = 3_600_000;

/** Two clocks in the hand: `pass` moves both, `step` only the one on the wall. */
function clockAt(floor = 0): {
  steps: ClockStep[];
  pass: (ms: number) => number;
  step: (ms: number) => number;
} {
  const time = { wall: START, mono: 1234.5 };
  const steps: ClockStep[] = [];
  const clock = new Clock(
    floor,
    { wall: () => time.wall, monotonic: () => time.mono },
    (step) => void steps.push(step),
  );
  return {
    steps,
    pass(ms) {
      time.wall += ms;
      time.mono += ms;
      return clock.now() - START;
    },
    step(ms) {
      time.wall += ms;
      return clock.now() - START;
    },
  };
}

describe('the clock of the store', () => {
  it('is the wall clock, in whole milliseconds', () => {
    const { pass } = clockAt();
    expect([pass(0), pass(1.7), pass(1000)]).toEqual([0, 1, 1001]);
  });

  it('follows small corrections, but never backward', () => {
    const { pass, step, steps } = clockAt();
    expect(step(2_000)).toBe(2_000);
    expect(step(-3_000)).toBe(2_000);
    expect(pass(1_000)).toBe(2_000);
    expect(pass(1_000)).toBe(2_000);
    expect(pass(1_001)).toBe(2_001);
    expect(steps).toEqual([]);
  });

  it.each([
    ['an hour', HOUR],
    ['a day', 24 * HOUR],
  ])('a step of %s forward is not believed for 10 min, then it is, and what is pending moves along', (_name, by) => {
    const { pass, step, steps } = clockAt();
    expect(step(by)).toBe(0);
    expect(pass(9 * MINUTE)).toBe(9 * MINUTE);
    expect(steps).toEqual([{ kind: 'stepped', byMs: by, shiftMs: 0 }]);
    expect(pass(MINUTE)).toBe(10 * MINUTE + by);
    expect(steps.at(-1)).toEqual({ kind: 'trusted', byMs: by, shiftMs: by });
    expect(pass(1_000)).toBe(10 * MINUTE + by + 1_000);
  });

  it('a step forward that is taken back within 10 min leaves no trace', () => {
    const { pass, step, steps } = clockAt();
    step(HOUR);
    pass(5 * MINUTE);
    expect(step(-HOUR)).toBe(5 * MINUTE);
    expect(pass(HOUR)).toBe(65 * MINUTE);
    expect(steps.map(({ kind }) => kind)).toEqual(['stepped']);
  });

  it.each([
    ['an hour', -HOUR],
    ['a day', -24 * HOUR],
  ])('a step of %s backward is never believed: time goes on at its own pace', (_name, by) => {
    const { pass, step, steps } = clockAt();
    pass(MINUTE);
    expect(step(by)).toBe(MINUTE);
    expect(pass(30 * MINUTE)).toBe(31 * MINUTE);
    expect(steps).toHaveLength(1);
  });

  it('a second step begins a second wait, also after a step backward hours ago', () => {
    const { pass, step, steps } = clockAt();
    step(-HOUR);
    pass(3 * HOUR);
    expect(step(2 * HOUR)).toBe(3 * HOUR);
    expect(pass(9 * MINUTE)).toBe(3 * HOUR + 9 * MINUTE);
    expect(pass(MINUTE)).toBe(4 * HOUR + 10 * MINUTE);
    expect(steps.map(({ kind }) => kind)).toEqual(['stepped', 'stepped', 'trusted']);
  });

  it('after a restart the wall clock counts at once, unless it lies before what was written', () => {
    expect(clockAt(START - HOUR).pass(0)).toBe(0);
    const behind = clockAt(START + HOUR);
    expect(behind.pass(0)).toBe(HOUR);
    expect(behind.pass(MINUTE)).toBe(HOUR + MINUTE);
    expect(behind.steps).toHaveLength(1);
  });
});

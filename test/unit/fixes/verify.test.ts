import * as fc from 'fast-check';
import { labelSet } from '../../../src/domain/alert.ts';
import { failure, success, type Outcome } from '../../../src/domain/result.ts';
import { filtersAnswer, judgeHealth, lookAtQuery } from '../../../src/fixes/health.ts';
import {
  beginVerification,
  checkInterval,
  judgeVerification,
  type VerificationState,
} from '../../../src/fixes/verify.ts';
import type { Sample } from '../../../src/metrics/metrics-source.ts';

const answered = (...values: number[]): Outcome<readonly Sample[]> =>
  success(values.map((value) => ({ labels: labelSet([]), value })));
const AWAY = failure('refused', 'prom cannot be reached');

describe('health', () => {
  it.each([
    ['up == 1', true],
    ['errors_total == 0', true],
    ['(up{a="=="} == 1)', true],
    ['rate(errors[5m]) < 0.1 and on(instance) up', true],
    ['(a > 1) and (b < 2)', true],
    ['sum by (x) (rate(e[1m])) <= 3', true],
    ['up == bool 1', false],
    ['probe_success', false],
    ['up{a="b == c",d!="e"}', false],
    ['count(up == 0)', false],
    ['sum by (x) (up == 1)', false],
    ['up == 1 or vector(0)', false],
    ['up # == 1', false],
    ["up{a='==',b=`>`}", false],
    ['', false],
  ])('%s filters its answer: %p', (query, expected) => {
    expect(filtersAnswer(query)).toBe(expected);
  });

  it.each([
    ['up == 1', answered(1), 'healthy'],
    ['up == 1', answered(1, 1), 'healthy'],
    ['errors == 0', answered(0), 'healthy'],
    ['probe_success', answered(1), 'healthy'],
    ['up == 1', answered(), 'unhealthy'],
    ['up == 1', answered(NaN), 'unhealthy'],
    ['up > 1', answered(2, Infinity), 'unhealthy'],
    ['up == bool 1', answered(0), 'unhealthy'],
    ['up == bool 1', answered(1, 0), 'unhealthy'],
    ['probe_success', answered(0), 'unhealthy'],
    ['up == 1 or vector(0)', answered(0), 'unhealthy'],
    ['up == 1', AWAY, 'unavailable'],
  ] as const)('%s answered with %j is %s', (query, answer, state) => {
    expect(judgeHealth(query, answer).state).toBe(state);
  });
});

const VERIFY = { query: 'up == 1', metrics: null, forMs: 300_000, timeoutMs: 600_000 };

/** Checks when due, `lateMs` late each time, until it is decided. */
function follow(answer: (now: number) => Outcome<readonly Sample[]>, verify = VERIFY, lateMs = 0) {
  let state: VerificationState = beginVerification(verify, 0);
  for (let checks = 1; checks < 10_000; checks += 1) {
    const now = state.dueAt + lateMs;
    const step = judgeVerification(lookAtQuery(verify.query, answer(now)), state, now, verify);
    if (step.state !== 'pending') return { ...step, now, checks };
    expect(step.nextCheckAt).toBeGreaterThan(state.dueAt);
    state = { until: state.until, healthySince: step.healthySince, dueAt: step.nextCheckAt };
  }
  throw new Error('it never came to an end');
}

describe('verification', () => {
  it('is done once it was healthy for as long as is asked', () => {
    expect(follow(() => answered(1))).toMatchObject({
      state: 'verified',
      now: 300_000,
      verification: { state: 'healthy' },
    });
  });

  it('starts anew after a break', () => {
    const broken = (now: number) => (now >= 200_000 && now < 205_000 ? answered() : answered(1));
    expect(follow(broken)).toMatchObject({ state: 'verified', now: 505_000 });
  });

  it('takes a probe that cannot be asked for a break, never for health', () => {
    expect(follow((now) => (now === 250_000 ? AWAY : answered(1)))).toMatchObject({ state: 'verified', now: 555_000 });
    expect(follow(() => AWAY)).toMatchObject({
      state: 'unverified',
      now: 600_000,
      reason: 'it was not healthy for 5 min within 10 min: prom cannot be reached',
      verification: { state: 'unavailable' },
    });
  });

  it('ends unverified where it was healthy too late', () => {
    expect(follow((now) => (now < 400_000 ? answered() : answered(1)))).toMatchObject({
      state: 'unverified',
      now: 600_000,
      reason: expect.stringContaining('only for 3 min 20 s so far') as string,
    });
  });

  it('ends at once where the query can never be answered', () => {
    const bad = failure('rejected', 'prom answered 400: parse error');
    expect(follow(() => bad)).toMatchObject({
      state: 'unverified',
      checks: 1,
      reason: expect.stringContaining('cannot be verified: prom answered 400') as string,
    });
  });

  it('does not count a time in which nobody looked', () => {
    const state = { until: 600_000, healthySince: 5_000, dueAt: 10_000 };
    expect(judgeVerification(lookAtQuery(VERIFY.query, answered(1)), state, 320_000, VERIFY)).toMatchObject({
      state: 'pending',
      healthySince: 320_000,
    });
    expect(
      judgeVerification(lookAtQuery(VERIFY.query, answered(1)), { ...state, dueAt: 315_000 }, 320_000, VERIFY),
    ).toMatchObject({
      state: 'verified',
    });
    expect(judgeVerification(lookAtQuery(VERIFY.query, answered(1)), state, 900_000, VERIFY)).toMatchObject({
      state: 'unverified',
    });
  });

  it('asks no more often than every 250 ms and no less often than every 5 s', () => {
    expect([0, 300, 3_000, 12_000, 300_000].map(checkInterval)).toEqual([250, 250, 1_000, 4_000, 5_000]);
    expect(follow(() => answered(1), { ...VERIFY, forMs: 0 })).toMatchObject({ state: 'verified', checks: 1 });
  });

  it('always ends by its time limit, and verifies only after an unbroken healthy time', () => {
    const forMs = fc.integer({ min: 0, max: 60_000 });
    fc.assert(
      fc.property(
        forMs,
        fc.integer({ min: 1, max: 90_000 }),
        fc.integer({ min: 0, max: 9_000 }),
        fc.infiniteStream(fc.constantFrom<readonly number[] | null>([1], [1], [1], [1], [], [0], null)),
        (forMs, timeoutMs, lateMs, stream) => {
          const log: [number, boolean][] = [];
          const verify = { ...VERIFY, query: 'probe_success', forMs, timeoutMs };
          const end = follow(
            (now) => {
              const values = stream.next().value as readonly number[] | null;
              log.push([now, values !== null && values.length > 0 && values.every((value) => value !== 0)]);
              return values === null ? AWAY : answered(...values);
            },
            verify,
            lateMs,
          );
          const lastBad = log.findLastIndex(([, healthy]) => !healthy);
          const since = log[lastBad + 1]?.[0] ?? Infinity;
          const owed = end.now - since >= forMs;
          return end.now <= timeoutMs + lateMs && (end.state === 'verified') === owed;
        },
      ),
      { numRuns: 500 },
    );
  });
});

import * as fc from 'fast-check';
import { labelSet } from '../../../src/domain/alert.ts';
import { failure, success } from '../../../src/domain/result.ts';
import { checkGuards, checkPopulation, checkPrecondition, type GuardHistory } from '../../../src/fixes/guards.ts';
import { planOf } from './example-fix.ts';

const NOW = Date.UTC(2026, 0, 5, 3);
const MINUTE = 60_000;
const plan = planOf();
const QUIET: GuardHistory = {
  frozen: null,
  firing: true,
  attemptsOfIncidentAndFix: 0,
  lastOnTargetAt: null,
  startedLastHourOfFix: 0,
  startedLastHourInAll: 0,
  lockHeldBy: null,
  consecutiveFailuresOfFix: 0,
  intentAgeMs: 0,
};

describe('guard rails', () => {
  it.each<[string, Partial<GuardHistory>]>([
    ['nothing ever happened', {}],
    ['the target has rested for 30 minutes', { lastOnTargetAt: NOW - 30 * MINUTE }],
    ['it was started twice this hour', { startedLastHourOfFix: 2, startedLastHourInAll: 9 }],
    ['it failed once', { consecutiveFailuresOfFix: 1 }],
    ['the decision is two minutes old', { intentAgeMs: 2 * MINUTE }],
  ])('let it go where %s', (_what, history) => {
    expect(checkGuards(plan, { ...QUIET, ...history }, NOW)).toEqual([]);
  });

  it.each<[string, Partial<GuardHistory>, RegExp]>([
    [
      'fixes are frozen',
      { frozen: { by: 'ada', at: NOW - 4 * MINUTE, reason: 'a bad deploy' } },
      /^frozen by ada since 02:56 UTC: a bad deploy \(`tierbell freeze off` allows fixes again\)$/,
    ],
    ['nothing fires any more', { firing: false }, /no alert of the incident fires/],
    ['it was tried for this incident', { attemptsOfIncidentAndFix: 1 }, /already tried for this incident/],
    [
      'the target rests',
      { lastOnTargetAt: NOW - 30 * MINUTE + 1000 },
      /db-1 was acted upon already and rests for another 1 s/,
    ],
    ['the clock stepped back', { lastOnTargetAt: NOW + MINUTE }, /rests for another 31 min/],
    ['it ran three times this hour', { startedLastHourOfFix: 3 }, /started 3 times in the last hour, at most 3/],
    ['ten fixes ran this hour', { startedLastHourInAll: 10 }, /10 fixes were started/],
    ['an attempt on the target is in flight', { lockHeldBy: 'a-1' }, /attempt a-1 is still in flight on db-1/],
    ['it failed twice in a row', { consecutiveFailuresOfFix: 2 }, /breaker is open.*tierbell fix reset restart-unit/],
    ['the decision is stale', { intentAgeMs: 2 * MINUTE + 1 }, /too old to act upon/],
    ['a figure is missing', { startedLastHourOfFix: NaN }, /cannot be read/],
  ])('hold it where %s', (_what, history, expected) => {
    const reasons = checkGuards(plan, { ...QUIET, ...history }, NOW);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(expected);
  });

  it('hold it on no target and on too many', () => {
    expect(checkGuards({ ...plan, targets: [] }, QUIET, NOW)).toEqual(['there is no target']);
    expect(checkGuards({ ...plan, targets: ['a', 'b'] }, QUIET, NOW)[0]).toMatch(/2 targets are hit.*at most 1/);
    const wider = { ...plan, targets: ['a', 'b'], guards: { ...plan.guards, maxTargets: 2 } };
    expect(checkGuards(wider, QUIET, NOW)).toEqual([]);
  });

  it('give every reason at once', () => {
    expect(
      checkGuards(
        plan,
        { ...QUIET, frozen: { by: '', at: 0, reason: '' }, lockHeldBy: 'a-1', attemptsOfIncidentAndFix: 1 },
        NOW,
      ),
    ).toHaveLength(3);
  });

  it('only ever get stricter as more has happened', () => {
    const count = fc.integer({ min: 0, max: 12 });
    const history = fc.record({
      frozen: fc.option(fc.constant({ by: 'ada', at: NOW, reason: '' })),
      firing: fc.boolean(),
      attemptsOfIncidentAndFix: count,
      lastOnTargetAt: fc.option(fc.integer({ min: NOW - 60 * MINUTE, max: NOW })),
      startedLastHourOfFix: count,
      startedLastHourInAll: count,
      lockHeldBy: fc.option(fc.constant('a-1')),
      consecutiveFailuresOfFix: count,
      intentAgeMs: fc.integer({ min: 0, max: 5 * MINUTE }),
    });
    fc.assert(
      fc.property(history, (before) => {
        const after = {
          ...before,
          attemptsOfIncidentAndFix: before.attemptsOfIncidentAndFix + 1,
          startedLastHourOfFix: before.startedLastHourOfFix + 1,
          startedLastHourInAll: before.startedLastHourInAll + 1,
          lastOnTargetAt: NOW,
        };
        return (
          checkGuards(plan, after, NOW).length > 0 &&
          checkGuards(plan, after, NOW).length >= checkGuards(plan, before, NOW).length
        );
      }),
    );
  });
});

describe('the population', () => {
  const sized = (value: number) => success([{ labels: labelSet([]), value }]);

  it.each([
    [10, 1, 0, 0],
    [10, 3, 0, 0],
    [10, 4, 0, 1], // 40 % fire
    [9, 1, 0, 1], // 1 of 9 is 11 %
    [20, 1, 1, 0],
    [20, 1, 2, 1], // 3 of 20 is 15 %
    [100, 25, 5, 0],
    [100, 26, 5, 1], // what is in flight counts as unwell
    [100, 31, 10, 2],
  ])('of %p with %p firing and %p in flight gives %p reasons', (size, firing, inFlight, reasons) => {
    expect(checkPopulation(sized(size), { firing, inFlight })).toHaveLength(reasons);
  });

  it.each([
    ['a query that fails', failure('timed_out', 'prom did not answer'), /not known: prom did not answer/],
    ['an empty answer', success([]), /found nothing/],
    ['several series', success([sized(5).value[0], sized(5).value[0]] as never), /put count\(…\) around it/],
    ['zero', sized(0), /gave 0/],
    ['no number', sized(NaN), /gave NaN/],
    ['infinity', sized(Infinity), /gave Infinity/],
  ])('refuses on %s', (_what, answer, expected) => {
    expect(checkPopulation(answer, { firing: 1, inFlight: 0 })[0]).toMatch(expected);
  });
});

describe('the precondition', () => {
  const answered = (...values: number[]) => success(values.map((value) => ({ labels: labelSet([]), value })));

  it('must be answered with health', () => {
    expect(checkPrecondition('up == 1', answered(1))).toEqual([]);
    expect(checkPrecondition('up == 1', answered())[0]).toMatch(/does not hold: the query finds nothing/);
    expect(checkPrecondition('up == bool 1', answered(0))[0]).toMatch(/gives 0/);
    expect(checkPrecondition('up == 1', failure('refused', 'prom is away'))[0]).toMatch(/does not hold: prom is away/);
  });
});

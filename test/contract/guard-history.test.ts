import * as fc from 'fast-check';
import { ATTEMPT_STATES } from '../../src/domain/incident.ts';
import { countHistory, HOUR_MS, type PastAttempt } from '../../src/fixes/guard-history.ts';
import { guardHistory, inFlightOf } from '../../src/store/fix-journal.ts';
import { writeReset } from '../../src/store/fix-controls.ts';
import { rulesOf } from '../helpers/fake-rules.ts';
import { describeDialects, openTestStore, type TestStore } from '../helpers/open-test-store.ts';

/** What an attempt may look like; incident and fix are unique together, as the table has it. */
const past = fc
  .uniqueArray(
    fc.record({
      incident: fc.constantFrom('i-1', 'i-2', 'i-3', 'i-4', 'i-5', 'i-6'),
      fix: fc.constantFrom('restart', 'reload'),
      target: fc.constantFrom('db-1', 'db-2', 'db-3'),
      state: fc.constantFrom(...ATTEMPT_STATES),
      ageMs: fc.integer({ min: 0, max: 3 * HOUR_MS }),
      begun: fc.boolean(),
    }),
    { selector: ({ incident, fix }) => `${incident} ${fix}`, maxLength: 12 },
  )
  .map((all) =>
    all.map(({ ageMs, begun, ...one }, n) => ({
      ...one,
      id: `a-${n}`,
      intentAt: -ageMs,
      startedAt: begun ? -ageMs : null,
    })),
  );

async function fill({ store }: TestStore, attempts: readonly PastAttempt[], now: number): Promise<void> {
  await store.db.deleteFrom('attempts').execute();
  for (const { id, incident, fix, target, state, intentAt, startedAt } of attempts) {
    const times = { intent_at: intentAt + now, started_at: startedAt === null ? null : startedAt + now };
    const row = { id, incident, fix, target, state, mode: 'automatic', action_hash: '', fence: 1, plan: '{}' };
    await store.db
      .insertInto('attempts')
      .values({ ...row, ...times, finished_at: null })
      .execute();
  }
}

describeDialects('the history that guards look at', (dialect) => {
  let house: TestStore;
  beforeAll(async () => {
    house = await openTestStore(rulesOf(), dialect);
  }, 300_000);
  afterAll(() => house.close());

  it('is the same from the store as from all attempts in memory, as a rehearsal counts them', async () => {
    const now = house.time.now;
    await fc.assert(
      fc.asyncProperty(past, fc.constantFrom(null, 'a-0', 'a-3'), async (attempts, self) => {
        await fill(house, attempts, now);
        const plan = { fix: 'restart', target: 'db-1' };
        const { frozen, intentAgeMs, ...counted } = await guardHistory(
          house.store.db,
          plan,
          'i-1',
          self === null ? null : { id: self, intentAt: now - 5_000 },
          now,
        );
        expect([frozen, intentAgeMs]).toEqual([null, self === null ? 0 : 5_000]);
        const all = attempts.map((one) => ({
          ...{ ...one, intentAt: one.intentAt + now },
          startedAt: one.startedAt === null ? null : one.startedAt + now,
        }));
        const expected = countHistory(all, { ...plan, incident: 'i-1', self, now, resetAt: 0 });
        const { lockHeldBy, ...rest } = expected;
        expect({ ...counted, lockHeldBy: counted.lockHeldBy !== null }).toEqual({
          ...rest,
          lockHeldBy: lockHeldBy !== null,
        });
        const flying = all.filter(
          ({ id, fix, state }) =>
            id !== 'a-1' && fix === 'restart' && ['intent', 'started', 'succeeded'].includes(state),
        );
        expect(await inFlightOf(house.store.db, 'restart', 'a-1')).toBe(flying.length);
      }),
      { numRuns: 60 },
    );
  }, 300_000);

  it('a reset closes the breaker for what began before it, of that fix only', async () => {
    const { now } = house.time;
    const failed = (fix: string, n: number, startedAt: number): PastAttempt => ({
      ...{
        id: `${fix}-${n}`,
        incident: `i-${n}`,
        fix,
        target: `t-${n}`,
        state: 'failed',
        intentAt: startedAt,
        startedAt,
      },
    });
    await fill(
      house,
      [failed('restart', 1, -9), failed('restart', 2, -8), failed('reload', 3, -7), failed('reload', 4, -6)],
      now,
    );
    const failures = async (fix: string): Promise<number> =>
      (await guardHistory(house.store.db, { fix, target: '' }, '', null, now)).consecutiveFailuresOfFix;
    expect([await failures('restart'), await failures('reload')]).toEqual([2, 2]);
    await house.store.transact((unit) => writeReset(unit, 'restart', 'ada', 'mended'));
    expect([await failures('restart'), await failures('reload')]).toEqual([0, 2]);
    const { db } = house.store;
    await db
      .updateTable('attempts')
      .set({ started_at: now + 1 })
      .where('id', '=', 'restart-1')
      .execute();
    expect(await failures('restart')).toBe(1);
  });
});

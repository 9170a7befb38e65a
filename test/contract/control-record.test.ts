import { sql } from 'kysely';
import { faultOf, type WireEntry } from '../../src/incidents/timeline.ts';
import { chainFixControls } from '../../src/store/chain-fix-controls.ts';
import { CONTROLS, controlHistory, lastReset, writeFrozen, writeReset } from '../../src/store/fix-controls.ts';
import { auditLedger, entriesAfter, type Audit } from '../../src/store/ledger.ts';
import { rulesOf } from '../helpers/fake-rules.ts';
import { alertOf, groupOf } from '../helpers/incident-world.ts';
import { describeDialects, openTestStore, type TestStore } from '../helpers/open-test-store.ts';

describeDialects('what people did to the known fixes', (dialect) => {
  let house: TestStore;
  beforeEach(async () => {
    house = await openTestStore(rulesOf(), dialect);
    await house.deliver(groupOf([alertOf('a')]));
    await house.store.transact((unit) => writeFrozen(unit, true, 'ada', 'a bad deploy'));
    house.pass(1_000);
    await house.store.transact(async (unit) => {
      await writeFrozen(unit, false, 'ben', 'rolled back');
      await writeReset(unit, 'restart-unit', 'ben', 'mended the script');
    });
    await house.deliver(groupOf([alertOf('b')], { groupKey: 'other' }));
  });
  afterEach(() => house.close());

  const audit = (anchor: string | null = null): Promise<Audit> => auditLedger(house.store.db, faultOf, anchor);
  const setMeta = (name: string, value: string) =>
    house.store.db
      .insertInto('meta')
      .values({ name, value })
      .onConflict((c) => c.column('name').doUpdateSet({ value }))
      .execute();
  const controls = () =>
    house.store.db.selectFrom('timeline').selectAll().where('incident', '=', CONTROLS).orderBy('seq').execute();

  it('is in the one chained record, between what happened to incidents: who, when and why', async () => {
    expect(await audit()).toMatchObject({ problems: [], incidents: 2 });
    const entries = (await controls()).map(({ entry }) => JSON.parse(entry) as WireEntry);
    expect(entries.map(({ seq, type, actor, text }) => [seq, type, actor.name, text])).toEqual([
      [1, 'fixes_frozen', 'ada', 'All automatic fixes stopped by ada: a bad deploy'],
      [2, 'fixes_allowed', 'ben', 'Automatic fixes allowed again by ben: rolled back'],
      [3, 'breaker_reset', 'ben', 'Breaker of restart-unit reset by ben: mended the script'],
    ]);
    expect(Date.parse(entries[1]?.at ?? '') - Date.parse(entries[0]?.at ?? '')).toBe(1_000);
  });

  it('throwing it twice is one entry; the newest come first', async () => {
    await house.store.transact((unit) => writeFrozen(unit, false, 'eve', 'again'));
    expect(await controls()).toHaveLength(3);
    expect((await controlHistory(house.store.db, ['fixes_frozen', 'fixes_allowed'], 9)).map(({ by }) => by)).toEqual([
      'ben',
      'ada',
    ]);
    expect(await lastReset(house.store.db, 'restart-unit')).toBe(house.time.now);
    expect(await lastReset(house.store.db, 'other')).toBe(0);
  });

  it('comes over the stream, as of no incident', async () => {
    const told = await entriesAfter(house.store.db, 0, 1000);
    const ours = told.filter(({ number }) => number === null);
    expect(ours.map(({ type }) => type)).toEqual(['fixes_frozen', 'fixes_allowed', 'breaker_reset']);
    expect(told.map(({ n }) => n)).toEqual(told.map((_one, index) => index + 1));
  });

  it.each([
    [
      'a reason that was edited',
      async () => {
        const [row] = await controls();
        const edited = (row?.entry ?? '').replaceAll('a bad deploy', 'nothing much');
        await house.store.db.updateTable('timeline').set({ entry: edited }).where('n', '=', Number(row?.n)).execute();
      },
      'known fixes: entry 1 was edited',
    ],
    [
      'an entry that was taken out',
      () => house.store.db.deleteFrom('timeline').where('incident', '=', CONTROLS).where('seq', '=', 2).execute(),
      'known fixes: entry 2 is missing',
    ],
    [
      'a kill switch that was thrown past the record',
      () => setMeta('frozen', JSON.stringify({ by: 'eve', at: 1_000, reason: '' })),
      'the kill switch is thrown by eve at 1970-01-01T00:00:01.000Z, the record says released',
    ],
    [
      'a breaker that was reset past the record',
      () => setMeta('reset:other', '5'),
      'the breaker of other was reset otherwise than the record says',
    ],
  ])('%s is found', async (_name, tamper, problem) => {
    await tamper();
    expect((await audit()).problems).toContain(problem);
  });

  it('a store that kept it beside the record has it in the record after the step', async () => {
    const { db } = house.store;
    await sql`create table fix_controls (id text primary key, action text, fix text, person text, reason text, at bigint)`.execute(
      db,
    );
    const old = [
      ['1', 'freeze', '', 'ada', 'a bad deploy', 1_000],
      ['2', 'reset', 'restart-unit', 'ben', '', 2_000],
    ];
    for (const row of old) await sql`insert into fix_controls values (${sql.join(row)})`.execute(db);
    const rows = await db.selectFrom('timeline').selectAll().where('incident', '!=', CONTROLS).orderBy('n').execute();
    expect(rows.length).toBeGreaterThan(0);
    // As it was before: nothing of it in the record.
    await db.deleteFrom('timeline').execute();
    await db.deleteFrom('incidents').execute();
    await db.deleteFrom('meta').where('name', 'like', 'reset:%').execute();
    await setMeta('frozen', JSON.stringify({ by: 'ada', at: 1_000, reason: 'a bad deploy' }));
    await chainFixControls(db);
    expect((await audit()).problems).toEqual([]);
    expect(await controls()).toHaveLength(2);
    expect(await lastReset(house.store.db, 'restart-unit')).toBe(2_000);
  });
});

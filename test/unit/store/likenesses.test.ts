import { sql } from 'kysely';
import { rulesOf } from '../../helpers/fake-rules.ts';
import { alertOf, groupOf } from '../../helpers/incident-world.ts';
import { openTestStore } from '../../helpers/open-test-store.ts';

it('a store from before incidents were found again by their likeness knows them after the step', async () => {
  const house = await openTestStore(rulesOf());
  for (const name of ['DiskFull', 'ApiDown'])
    await house.deliver(groupOf([alertOf('db-1', { name, labels: { service: 'ledger' } })], { groupKey: name }));
  const read = () => house.store.db.selectFrom('likenesses').selectAll().orderBy('name').execute();
  const written = await read();
  expect(written.map(({ name, service }) => [name, service])).toEqual([
    ['ApiDown', 'ledger'],
    ['DiskFull', 'ledger'],
  ]);
  // As it was before: without what the step and those after it made.
  const { db } = house.store;
  const tables = await sql<{ name: string }>`select name from sqlite_master where type = 'table'`.execute(db);
  const later = ['likenesses', 'changes', 'fix_controls', 'incident_templates'].filter((name) =>
    tables.rows.some((row) => row.name === name),
  );
  for (const name of later) await sql`drop table ${sql.table(name)}`.execute(db);
  await sql`drop index alerts_by_place`.execute(db);
  await sql`alter table alerts drop column place`.execute(db);
  await db.updateTable('meta').set({ value: '9' }).where('name', '=', 'schema').execute();
  await house.reopen();
  expect(await read()).toEqual(written);
  await house.close();
});

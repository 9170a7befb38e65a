import type { Kysely } from 'kysely';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashEntry, type WireEntry } from '../../../src/incidents/timeline.ts';
import { auditLedger, entriesAfter, ledgerHead, type Audit } from '../../../src/store/ledger.ts';
import type { Tables } from '../../../src/store/schema.ts';
import { openSqlite, openSqliteReader } from '../../../src/store/sqlite.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { observeGroup } from '../../../src/jobs/observe.ts';
import { rulesOf } from '../../helpers/fake-rules.ts';
import { ADA, alertOf, groupOf } from '../../helpers/incident-world.ts';

let folder: string;
let db: Kysely<Tables>;
let store: Store;
const uids: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  db = await openSqlite(folder);
  const clock = { wall: () => Date.now(), monotonic: () => performance.now() };
  const rules = rulesOf({ groupingBy: ['instance'] });
  store = await openStore({
    db,
    rules: () => rules,
    clock,

    onCommitted() {},
    onClockStep() {},
  });
  uids.length = 0;
  for (const name of ['a', 'b', 'c']) await open(name);
  await acknowledge(uids[1] as string);
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(name: string): Promise<void> {
  await store.transact(async (unit) => {
    await observeGroup(unit, 'delivery', groupOf([alertOf(name)]), ['instance']);
  });
  const row = await db.selectFrom('incidents').select('uid').orderBy('number', 'desc').executeTakeFirstOrThrow();
  uids.push(row.uid);
}

async function acknowledge(uid: string): Promise<void> {
  await store.transact(async (unit) => {
    await unit.incident(uid);
    unit.run(uid, { type: 'acknowledge', by: ADA, takeover: false });
  });
}

function audit(anchor: string | null = null): Promise<Audit> {
  return auditLedger(
    db,
    (previous, entry) => (hashEntry(previous, entry) === entry.hash ? null : 'was edited'),
    anchor,
  );
}

it('a record that nobody touched holds, numbered without a gap over all incidents', async () => {
  const result = await audit();
  expect(result.problems).toEqual([]);
  expect(result.incidents).toBe(3);
  const numbers = await db.selectFrom('timeline').select('n').orderBy('n').execute();
  expect(numbers.map(({ n }) => n)).toEqual(numbers.map((_row, index) => index + 1));
});

it('an edited entry is found, by incident and place', async () => {
  const row = await db
    .selectFrom('timeline')
    .selectAll()
    .where('incident', '=', uids[1] as string)
    .where('seq', '=', 2)
    .executeTakeFirstOrThrow();
  const entry = JSON.parse(row.entry) as WireEntry;
  const edited = JSON.stringify({ ...entry, text: 'nothing happened' });
  await db.updateTable('timeline').set({ entry: edited }).where('n', '=', row.n).execute();
  expect((await audit()).problems).toEqual([`incident ${uids[1]}: entry 2 was edited`]);
});

it('a missing entry is found in the incident and in the ledger', async () => {
  await db
    .deleteFrom('timeline')
    .where('incident', '=', uids[0] as string)
    .where('seq', '=', 2)
    .execute();
  const { problems } = await audit();
  expect(problems).toContainEqual(expect.stringContaining('number 2 is missing'));
  expect(problems).toContainEqual(`incident ${uids[0]}: entry 2 is missing`);
});

it('an incident that was dropped whole is found', async () => {
  await db
    .deleteFrom('timeline')
    .where('incident', '=', uids[1] as string)
    .execute();
  await db
    .deleteFrom('incidents')
    .where('uid', '=', uids[1] as string)
    .execute();
  expect((await audit()).problems.join('\n')).toMatch(
    /numbers \d+ to \d+ are missing; entries or whole incidents were dropped/,
  );
});

it('a cut tail is found by the state of its incident, and by an anchor that was noted before', async () => {
  const anchor = (await ledgerHead(db)).chain;
  expect((await audit(anchor)).problems).toEqual([]);
  const last = await db.selectFrom('timeline').selectAll().orderBy('n', 'desc').executeTakeFirstOrThrow();
  await db.deleteFrom('timeline').where('n', '=', last.n).execute();
  const { problems } = await audit(anchor);
  expect(problems).toContainEqual(expect.stringContaining('the anchor is not in the ledger'));
  expect(problems).toContainEqual(
    expect.stringMatching(/INC-2: its state stands at entry \d+, its timeline ends at \d+/),
  );
});

describe('what is stored otherwise than the timeline tells', () => {
  const edit = (values: Partial<Tables['incidents']>) =>
    db.updateTable('incidents').set(values).where('number', '=', 2).execute();
  const editState = async (change: Record<string, unknown>) => {
    const { state } = await db
      .selectFrom('incidents')
      .select('state')
      .where('number', '=', 2)
      .executeTakeFirstOrThrow();
    await edit({ state: JSON.stringify({ ...(JSON.parse(state) as object), ...change }) });
  };

  it.each([
    ['the status that lists go by', () => edit({ status: 'closed' }), 'INC-2', 'status'],
    ['the title that lists show', () => edit({ title: 'nothing' }), 'INC-2', 'title'],
    ['who has it', () => edit({ acknowledged_by: 'eve' }), 'INC-2', 'acknowledgedBy'],
    ['its number', () => edit({ number: 50 }), 'INC-50', 'number'],
    ['its category', () => edit({ category: 'other' }), 'INC-2', 'classification'],
    ['the whole state', () => editState({ status: 'closed', priority: 'P4' }), 'INC-2', 'status, priority'],
    ['a deadline that is due', () => editState({ deadlines: {} }), 'INC-2', 'deadlines'],
  ])('%s', async (_what, change, id, fields) => {
    await change();
    expect((await audit()).problems).toEqual([`${id}: stored otherwise than its timeline tells: ${fields}`]);
  });

  it('a state that is no JSON any more', async () => {
    await edit({ state: '{' });
    expect((await audit()).problems).toEqual(['INC-2: its state cannot be read: it was edited']);
  });

  it.each([
    ['its time', { at: 5 }],
    ['its type', { type: 'note' }],
    ['all of it', { entry: '{' }],
  ])('an entry: %s', async (_what, change) => {
    await db
      .updateTable('timeline')
      .set(change)
      .where('incident', '=', uids[1] as string)
      .where('seq', '=', 2)
      .execute();
    expect((await audit()).problems).toContain(`incident ${uids[1]}: entry 2 was edited`);
  });
});

it('beside a bridge that writes on, the record holds: it is looked at as of one moment', async () => {
  const reader = openSqliteReader(folder);
  const written: Promise<void>[] = [];
  let n = 0;
  const { problems, incidents } = await auditLedger(
    reader,
    (previous, entry) => {
      if (written.length < 5) written.push(open(`late ${n++}`), acknowledge(uids[0] as string));
      return hashEntry(previous, entry) === entry.hash ? null : 'was edited';
    },
    null,
  );
  await Promise.all(written);
  await reader.destroy();
  expect([problems, incidents]).toEqual([[], 3]);
  expect(await audit()).toMatchObject({ problems: [], incidents: 6 });
});

it('a later anchor holds as long as the record only grows', async () => {
  const anchor = (await ledgerHead(db)).chain;
  await acknowledge(uids[2] as string);
  expect((await audit(anchor)).problems).toEqual([]);
});

it('the stream resumes after any number without a gap or a repeat', async () => {
  const all = await entriesAfter(db, 0, 1000);
  const rest = await entriesAfter(db, 5, 1000);
  expect(rest.map(({ n }) => n)).toEqual(all.slice(5).map(({ n }) => n));
  expect(rest[0]?.number).toBeGreaterThan(0);
});

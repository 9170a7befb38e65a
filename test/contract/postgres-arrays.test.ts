import fc from 'fast-check';
import { findHolders } from '../../src/store/look-up.ts';
import { insertRows } from '../../src/store/insert-rows.ts';
import { bringUpToDate, openConnections, openTables } from '../../src/store/postgres.ts';
import type { Tables } from '../../src/store/schema.ts';
import { withPostgres } from '../servers/postgres.ts';

const DAY_MS = 86_400_000;

describe('lists that go to PostgreSQL as arrays', () => {
  const server = withPostgres();
  const open = async () => {
    const url = await server().freshUrl();
    await bringUpToDate(url);
    const connections = openConnections(url, { connections: 2, queryTimeoutMs: 20_000, repeats: true });
    const db = openTables(connections);
    return { url, db, connections, [Symbol.asyncDispose]: () => db.destroy() };
  };
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', 'NULL', '{}', '{"a","b"}', '\\', '\\"', '"', "'", ',', '\n', 'a\u0000b', '\ud800', '😀'),
  );
  /** What a text is once PostgreSQL has it. */
  const stored = (value: string): string => value.replaceAll('\u0000', '\uFFFD').toWellFormed();

  it('rows come back as they went, whatever stands in them, and those without a value stay without one', async () => {
    await using place = await open();
    const row = fc.record({ kind: text, payload: text, lease_until: fc.option(fc.maxSafeInteger()) });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (rows) => {
        await place.db.deleteFrom('jobs').execute();
        const jobs = rows.map((one, index) => toJob(index, one));
        await insertRows(place.db, 'jobs', jobs, (part) => place.db.insertInto('jobs').values([...part]));
        const found = await place.db
          .selectFrom('jobs')
          .select(['kind', 'payload', 'lease_until'])
          .orderBy('id')
          .execute();
        expect(found).toEqual(rows.map((one) => ({ ...one, kind: stored(one.kind), payload: stored(one.payload) })));
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('finds what is in a list and what is not, also in an empty one', async () => {
    await using place = await open();
    const names = ['plain', 'with "quotes"', 'back\\slash', 'comma, brace}'];
    const rows = names.map((name, index) => ({ name, value: String(index) }));
    await place.db.insertInto('meta').values(rows).execute();
    const named = (operator: 'in' | 'not in', list: readonly string[]) =>
      place.db
        .selectFrom('meta')
        .select('name')
        .where('name', operator, [...list])
        .where('value', '<', '9')
        .execute();
    expect((await named('in', names)).map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect((await named('in', [])).length).toBe(0);
    expect((await named('not in', names)).map(({ name }) => name)).not.toContain('plain');
  });

  it('a list of fingerprints is looked up over its index in tables that nobody has analysed yet', async () => {
    await using place = await open();
    await server().query(
      place.url,
      `alter table alerts set (autovacuum_enabled = off);
       insert into alerts (incident, source, fingerprint, status, target, labels, annotations, generator_url, starts_at, seen_at)
       select 'i' || n, 's', 'f' || n, 'firing', '', '{}', '{}', '', 0, 0 from generate_series(1, 20000) n`,
    );
    const compiled = { text: '', values: [] as readonly unknown[] };
    const spy = openTables({
      connect: async () => ({
        query: async (text, values) => {
          Object.assign(compiled, { text, values });
          return { command: 'SELECT', rowCount: 0, rows: [] };
        },
        prepared: () => Promise.reject(new Error('not asked')),
        release() {},
      }),
      end: async () => {},
    });
    const list = Array.from({ length: 200 }, (_, index) => `new${index}`);
    await findHolders(spy, list, DAY_MS, 0);
    const connection = await place.connections.connect();
    const { rows } = await connection.query<Record<string, string>>(`explain ${compiled.text}`, compiled.values);
    connection.release();
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('alerts_by_identity');
    expect(plan).not.toContain('Seq Scan');
  });

  it('a table that a newer replica changed is trouble that passes, not a broken piece of work', async () => {
    await using place = await open();
    const ask = () => place.db.selectFrom('tokens').selectAll().where('name', '=', 'x').execute();
    for (let round = 0; round < 5; round++) await ask();
    await server().query(place.url, 'alter table tokens add column later text');
    await expect(ask()).rejects.toMatchObject({ code: '08006' });
    expect(await ask()).toEqual([]);
  });
});

function toJob(index: number, one: { kind: string; payload: string; lease_until: number | null }) {
  const job = { key: `k${index}`, channel: '', incident: 'i', state: 'due', due_at: 1, fence: 0, attempts: 0 };
  return { ...job, ...one, last_error: '', created_at: 0 } satisfies Omit<
    Tables['jobs'],
    'id' | 'channel' | 'holder'
  > & {
    channel: string;
  };
}

import { sql, type Kysely } from 'kysely';
import { bringUpToDate, LOCKS, openConnections, openTables } from '../store/postgres.ts';
import type { Tables } from '../store/schema.ts';
import { addRows, dropFixDeadlines, firstFilled, jumpNumbers } from './fill-tables.ts';
import type { Given, RestoreTarget } from './restore-backup.ts';

/** PostgreSQL: one transaction, under a lock that no bridge can start beside. */
export function databaseTarget(url: string): RestoreTarget {
  return {
    async fill(rows, given) {
      await bringUpToDate(url);
      const db = openTables(openConnections(url, { connections: 1, queryTimeoutMs: 0 }));
      try {
        await db.transaction().execute(async (tx) => {
          await beAlone(tx);
          const filled = await firstFilled(tx);
          if (filled !== null)
            throw new Error(`the database is not empty (${filled}): restore into an empty one, or a schema of its own`);
          await sql`delete from meta where name not like 'schema%'`.execute(tx);
          for await (const { table, rows: some } of rows) {
            const kept = table === 'blobs' ? some.filter(({ sha256 }) => !given.damaged.has(String(sha256))) : some;
            await addRows(tx, table, kept);
          }
          await dropFixDeadlines(tx);
          await jumpNumbers(tx, given.takenAt, given.numbersFrom);
          await continueNumbers(tx, given);
        });
      } finally {
        await db.destroy();
      }
    },
  };
}

/** Bridges share this lock while they run. */
async function beAlone(tx: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ alone: boolean }>`
    select pg_try_advisory_xact_lock(${LOCKS.house}, hashtext(current_schema())) as alone`.execute(tx);
  if (rows[0]?.alone !== true) throw new Error('a bridge runs on this database: stop it, or restore into another one');
}

/** Sequences do not see rows that bring their own numbers. */
async function continueNumbers(tx: Kysely<Tables>, given: Given): Promise<void> {
  const sequences = [
    ['jobs', 'id', 0],
    ['set_aside', 'id', 0],
    ['deliveries', 'seq', given.deliveries],
  ] as const;
  for (const [table, column, least] of sequences) {
    await sql`
      select setval(
        pg_get_serial_sequence(${table}, ${column}),
        greatest((select coalesce(max(${sql.ref(column)}), 0) from ${sql.table(table)}), ${least}::bigint) + 1,
        false
      )`.execute(tx);
  }
}

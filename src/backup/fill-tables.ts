import { sql, type Kysely } from 'kysely';
import type { Tables } from '../store/schema.ts';
import type { Row } from './format.ts';

/** Parameters a statement: below SQLite's 32,766 and PostgreSQL's 65,535. */
const PARAMETERS = 16_000;

/** Adds rows of one table; all have the same columns. */
export async function addRows(tx: Kysely<Tables>, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length === 0) return;
  const most = Math.floor(PARAMETERS / columns.length);
  const names = sql.join(columns.map((column) => sql.ref(column)));
  for (let start = 0; start < rows.length; start += most) {
    const values = rows
      .slice(start, start + most)
      .map((row) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`);
    await sql`insert into ${sql.table(table)} (${names}) values ${sql.join(values)}`.execute(tx);
  }
}

/** Tables that anything at all was ever done with. */
const TELLING = ['incidents', 'timeline', 'jobs', 'tokens', 'set_aside', 'corrections', 'deliveries'];

/** @returns the first table that holds something, of those that there are */
export async function firstFilled(tx: Kysely<Tables>, without: readonly string[] = []): Promise<string | null> {
  for (const table of TELLING.filter((name) => !without.includes(name))) {
    const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(tx);
    if (rows.length > 0) return table;
  }
  return null;
}

/**
 * Where a known fix waits to be called unknown, its time-out must not call it refused before: that says that nothing ran.
 * See `as-restored.ts`.
 */
export async function dropFixDeadlines(tx: Kysely<Tables>): Promise<void> {
  await tx
    .deleteFrom('jobs')
    .where('kind', '=', 'deadline')
    .where('key', 'in', (eb) =>
      eb
        .selectFrom('jobs as fix')
        .select(sql<string>`fix.incident || ':deadline:fix'`.as('key'))
        .where('fix.kind', '=', 'fix')
        .where('fix.state', '=', 'due'),
    )
    .execute();
}

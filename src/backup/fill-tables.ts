import { sql, type Kysely } from 'kysely';
import type { Tables } from '../store/schema.ts';
import type { Row } from './format.ts';
import { readMeta, writeMeta } from '../store/meta.ts';

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

const WEEK_MS = 7 * 86_400_000;
const THOUSAND = 1_000;

/**
 * Numbers that were given after the backup stand in mails, chats and tickets, and must not be given again: the next incident
 * is far above. As many are left out as the week before the backup had incidents, and a thousand more, up to a whole
 * thousand.
 * @param from the next number as the operator wants it; null for that
 * @throws Error where `from` was given already
 */
export async function jumpNumbers(tx: Kysely<Tables>, takenAt: number, from: number | null): Promise<void> {
  const last = await readMeta(tx, 'incident_number');
  const { newest, week } = await tx
    .selectFrom('incidents')
    .select((eb) => [
      eb.fn.max('number').as('newest'),
      eb.fn
        .countAll()
        .filterWhere('created_at', '>', takenAt - WEEK_MS)
        .as('week'),
    ])
    .executeTakeFirstOrThrow();
  const given = Math.max(Number(last ?? 0), Number(newest ?? 0));
  if (from !== null && from <= given)
    throw new Error(`--numbers-from ${from} was given already: the backup goes up to INC-${given}`);
  const next = from ?? Math.ceil((given + Number(week) + THOUSAND) / THOUSAND) * THOUSAND;
  await writeMeta(tx, 'incident_number', String(next - 1));
}

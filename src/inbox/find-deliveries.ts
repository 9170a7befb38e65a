import { sql, type Kysely } from 'kysely';
import type { Tables } from '../store/schema.ts';
import { FORGOTTEN } from './forgotten.ts';

/** A delivery that was found again. */
export interface FoundDelivery {
  readonly id: string;
  readonly source: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** Null where it is gone, as its retention is over. */
  readonly body: Buffer | null;
}

/** How far the machine's clock may have been stepped between an id and its neighbours. */
const SLACK_MS = 10 * 60_000;
/** Ids a query. */
const AT_ONCE = 200;

/**
 * Finds deliveries by their ids. Ids have no index, but hold the time; by it the place is found in some twenty looks. Given
 * one after the other: an incident may have had thousands, and all their bodies at once would take the machine's memory.
 * @param db tables among which `deliveries` is (see `openArchive`)
 */
export async function* findDeliveries(db: Kysely<Tables>, ids: readonly string[]): AsyncGenerator<FoundDelivery> {
  if (ids.length === 0) return;
  const times = ids.map(timeOf);
  const from = await firstSince(db, Math.min(...times) - SLACK_MS);
  const to = await firstSince(db, Math.max(...times) + SLACK_MS);
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = sql.join(ids.slice(at, at + AT_ONCE));
    const { rows } = await sql<{ seq: number; id: string; source: string; at: number; reason: string }>`
      select seq, id, source, received_at as at, reason from deliveries
      where seq >= ${from} and seq <= ${to} and id in (${some})`.execute(db);
    for (const { seq, id, source, at: receivedAt, reason } of rows)
      yield { id, source, receivedAt, body: reason.startsWith(FORGOTTEN) ? null : await bodyOf(db, seq) };
  }
}

/** @returns null where retention has come between */
async function bodyOf(db: Kysely<Tables>, seq: number): Promise<Buffer | null> {
  const { rows } = await sql<{ reason: string; body: Buffer }>`
    select reason, body from deliveries where seq = ${seq}`.execute(db);
  const [row] = rows;
  return row === undefined || row.reason.startsWith(FORGOTTEN) ? null : row.body;
}

/** A UUIDv7 begins with 48 bits of epoch milliseconds. */
function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

/** The number of the first delivery at or after this moment; one beyond the last where there is none. */
async function firstSince(db: Kysely<Tables>, at: number): Promise<number> {
  const { rows } = await sql<{ last: number | null }>`select max(seq) as last from deliveries`.execute(db);
  let low = 1;
  for (let high = (rows[0]?.last ?? 0) + 1; low < high;) {
    const middle = Math.floor((low + high) / 2);
    const { rows: here } = await sql<{ seq: number; at: number }>`
      select seq, received_at as at from deliveries where seq >= ${middle} order by seq limit 1`.execute(db);
    const row = here[0];
    if (row !== undefined && row.at < at) low = row.seq + 1;
    else high = middle;
  }
  return low;
}

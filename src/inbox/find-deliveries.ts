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
 * Finds deliveries by their ids. Ids have no index, but hold the time; by it the place is found in some twenty looks.
 * @param db tables among which `deliveries` is (see `openArchive`)
 */
export async function findDeliveries(db: Kysely<Tables>, ids: readonly string[]): Promise<Map<string, FoundDelivery>> {
  const found = new Map<string, FoundDelivery>();
  if (ids.length === 0) return found;
  const times = ids.map(timeOf);
  const from = await firstSince(db, Math.min(...times) - SLACK_MS);
  const to = await firstSince(db, Math.max(...times) + SLACK_MS);
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = sql.join(ids.slice(at, at + AT_ONCE));
    const { rows } = await sql<{ id: string; source: string; at: number; reason: string; body: Buffer }>`
      select id, source, received_at as at, reason, body from deliveries
      where seq >= ${from} and seq <= ${to} and id in (${some})`.execute(db);
    for (const { id, source, at: receivedAt, reason, body } of rows)
      found.set(id, { id, source, receivedAt, body: reason.startsWith(FORGOTTEN) ? null : body });
  }
  return found;
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

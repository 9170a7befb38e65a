import type { Expression, ExpressionBuilder, Kysely, SqlBool } from 'kysely';
import type { Job, JobKind } from '../domain/job.ts';
import { chunks } from './insert-rows.ts';
import { claimWaiting } from './jobs.ts';
import type { Tables } from './schema.ts';

/** The messages that wait on one channel, about P1s or about all else: what a storm puts together. */
export interface Waiting {
  readonly channel: string;
  readonly urgent: boolean;
}

/** Of the messages: due, on that channel, of that urgency. */
function ofThem(eb: ExpressionBuilder<Tables, 'jobs'>, { channel, urgent }: Waiting, now: number): Expression<SqlBool> {
  const incident = eb
    .selectFrom('incidents')
    .select('incidents.uid')
    .whereRef('incidents.uid', '=', 'jobs.incident')
    .where('incidents.priority', urgent ? '=' : '!=', 'P1');
  return eb.and([
    eb('state', '=', 'due'),
    eb('kind', '=', 'notify' satisfies JobKind),
    eb('channel', '=', channel),
    eb('due_at', '<=', now),
    eb.exists(incident),
  ]);
}

/** How many there are, counted up to `most`. */
export async function countTogether(db: Kysely<Tables>, which: Waiting, now: number, most: number): Promise<number> {
  const rows = await db
    .selectFrom('jobs')
    .select('id')
    .where((eb) => ofThem(eb, which, now))
    .limit(most)
    .execute();
  return rows.length;
}

/** Lets all of them wait until `until`. */
export async function putOffTogether(db: Kysely<Tables>, which: Waiting, now: number, until: number): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ due_at: Math.ceil(until) })
    .where((eb) => ofThem(eb, which, now))
    .execute();
}

/** Claims all of them, the earliest first; at most `limit`. */
export async function claimTogether(
  db: Kysely<Tables>,
  which: Waiting,
  limit: number,
  now: number,
  leaseMs: number,
  holder: number | null,
): Promise<Job[]> {
  const found = await db
    .selectFrom('jobs')
    .select(['id', 'fence', 'state', 'due_at'])
    .where((eb) => ofThem(eb, which, now))
    .orderBy('due_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return claimWaiting(db, found, now, leaseMs, holder);
}

/** What a list of many incidents says of each. */
export interface IncidentLine {
  readonly uid: string;
  readonly number: number;
  readonly title: string;
  readonly status: string;
  readonly level: string;
  readonly priority: string;
  readonly category: string;
  readonly team: string;
}

/** The incidents that these messages are about, the most urgent first, the oldest first among equals. */
export async function incidentLines(db: Kysely<Tables>, uids: readonly string[]): Promise<IncidentLine[]> {
  const found: IncidentLine[] = [];
  for (const part of chunks(uids)) {
    const rows = await db
      .selectFrom('incidents')
      .select(['uid', 'number', 'title', 'status', 'level', 'priority', 'category', 'team'])
      .where('uid', 'in', part)
      .execute();
    found.push(...rows);
  }
  return found.toSorted((a, b) => a.priority.localeCompare(b.priority) || a.number - b.number);
}

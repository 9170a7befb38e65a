import { sql, type Expression, type ExpressionBuilder, type Kysely, type SqlBool, type Transaction } from 'kysely';
import type { Job, JobKind } from '../domain/job.ts';
import type { JobRow, Tables } from './schema.ts';

/** Messages of one channel, or of all but some: each channel is worked on apart. */
export type Which = { readonly channel: string } | { readonly exceptChannels: readonly string[] } | null;

/** Claims up to `limit` due jobs of these kinds under a lease; the fence of each rises. Earliest due first. */
export async function claimJobs(
  db: Kysely<Tables>,
  kinds: readonly JobKind[],
  limit: number,
  now: number,
  leaseMs: number,
  which: Which = null,
): Promise<Job[]> {
  if (kinds.length === 0 || limit <= 0) return [];
  const rows = await db
    .updateTable('jobs')
    .set({ state: 'leased', lease_until: now + leaseMs, fence: sql`fence + 1`, attempts: sql`attempts + 1` })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('jobs')
        .select('id')
        .where('kind', 'in', [...kinds])
        .where((all) => ofChannels(all, which))
        .where((or) =>
          or.or([
            or.and([or('state', '=', 'due'), or('due_at', '<=', now)]),
            or.and([or('state', '=', 'leased'), or('lease_until', '<', now)]),
          ]),
        )
        .orderBy('due_at')
        .limit(limit),
    )
    .returningAll()
    .execute();
  return rows.map(toJob).sort((a, b) => a.dueAt - b.dueAt || a.id - b.id);
}

function ofChannels(eb: ExpressionBuilder<Tables, 'jobs'>, which: Which): Expression<SqlBool> {
  if (which === null) return eb.lit(true);
  if ('channel' in which) return eb('channel', '=', which.channel);
  return which.exceptChannels.length === 0 ? eb.lit(true) : eb('channel', 'not in', [...which.exceptChannels]);
}

/** Puts a claimed job back, to be done at `dueAt`. A lost lease changes nothing. */
export async function retryJob(
  db: Kysely<Tables> | Transaction<Tables>,
  job: Job,
  dueAt: number,
  error: string,
  more: { payload?: unknown; attempts?: number } = {},
): Promise<void> {
  await db
    .updateTable('jobs')
    .set({
      state: 'due',
      due_at: Math.floor(dueAt),
      lease_until: null,
      last_error: error.slice(0, 2000),
      ...(more.payload === undefined ? {} : { payload: JSON.stringify(more.payload) }),
      ...(more.attempts === undefined ? {} : { attempts: more.attempts }),
    })
    .where('id', '=', job.id)
    .where('fence', '=', job.fence)
    .where('state', '=', 'leased')
    .execute();
}

/** Keeps a job that failed for good where `dead_letters` counts it. A lost lease changes nothing. */
export async function buryJob(db: Kysely<Tables> | Transaction<Tables>, job: Job, error: string): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ state: 'dead', lease_until: null, key: `dead:${job.id}:${job.key}`, last_error: error.slice(0, 2000) })
    .where('id', '=', job.id)
    .where('fence', '=', job.fence)
    .where('state', '=', 'leased')
    .execute();
}

/** When the next job of these kinds is due, or null. */
export async function nextDue(
  db: Kysely<Tables>,
  kinds: readonly JobKind[],
  which: Which = null,
): Promise<number | null> {
  const row = await db
    .selectFrom('jobs')
    .select((eb) => eb.fn.min('due_at').as('due'))
    .where('state', '=', 'due')
    .where((all) => ofChannels(all, which))
    .where('kind', 'in', [...kinds])
    .executeTakeFirst();
  return row?.due == null ? null : Number(row.due);
}

/** On one machine the folder's lock proves that whoever held these leases is gone: what was leased is due again. */
export async function freeLeases(db: Kysely<Tables>): Promise<void> {
  await db.updateTable('jobs').set({ state: 'due', lease_until: null }).where('state', '=', 'leased').execute();
}

/** Moves every pending moment by `byMs`, so that the remaining time stays what it was. */
export async function shiftDueJobs(db: Kysely<Tables> | Transaction<Tables>, byMs: number): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ due_at: sql`due_at + ${Math.floor(byMs)}` })
    .where('state', '=', 'due')
    .execute();
  // A lease is good for as long as it was: else what runs now would be claimed a second time.
  await db
    .updateTable('jobs')
    .set({ lease_until: sql`lease_until + ${Math.floor(byMs)}` })
    .where('state', '=', 'leased')
    .execute();
}

export function toJob(row: JobRow): Job {
  const { id, kind, key, incident, attempts, fence } = row;
  return { id, kind, key, incident, attempts, fence, dueAt: row.due_at, payload: JSON.parse(row.payload) } as Job;
}

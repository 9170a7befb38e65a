import { sql, type Kysely, type Transaction } from 'kysely';
import type { Job, JobKind } from '../domain/job.ts';
import type { JobRow, Tables } from './schema.ts';

/** Claims up to `limit` due jobs of these kinds under a lease; the fence of each rises. Earliest due first. */
export async function claimJobs(
  db: Kysely<Tables>,
  kinds: readonly JobKind[],
  limit: number,
  now: number,
  leaseMs: number,
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
export async function nextDue(db: Kysely<Tables>, kinds: readonly JobKind[]): Promise<number | null> {
  const row = await db
    .selectFrom('jobs')
    .select((eb) => eb.fn.min('due_at').as('due'))
    .where('state', '=', 'due')
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
}

export function toJob(row: JobRow): Job {
  const { id, kind, key, incident, attempts, fence } = row;
  return { id, kind, key, incident, attempts, fence, dueAt: row.due_at, payload: JSON.parse(row.payload) } as Job;
}

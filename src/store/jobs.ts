import {
  sql,
  type Expression,
  type ExpressionBuilder,
  type Kysely,
  type RawBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  type Transaction,
} from 'kysely';
import type { Job, JobKind } from '../domain/job.ts';
import { chunks } from './insert-rows.ts';
import type { JobRow, Tables } from './schema.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

/** Only the messages of one channel: each channel is worked on apart. */
export type Which = { readonly channel: string } | null;

/** Work that was queued, and in how many milliseconds it is due. */
export interface Queued {
  readonly kind: JobKind;
  /** For messages, their channel; else ''. */
  readonly channel: string;
  readonly inMs: number;
}

/**
 * Claims up to `limit` due jobs of these kinds under a lease; the fence of each rises. Earliest due first.
 * Each look-up walks an index from its beginning, so that a claim costs the same however much is waiting.
 * @param holder the replica that claims, where there may be others
 */
export async function claimJobs(
  db: Db,
  kinds: readonly JobKind[],
  limit: number,
  now: number,
  leaseMs: number,
  which: Which = null,
  holder: number | null = null,
): Promise<Job[]> {
  if (kinds.length === 0 || limit <= 0) return [];
  if (holder !== null) return claimPastOthers(db, { kinds, limit, now, which }, now + leaseMs, holder);
  // In one statement; a part each, as an index is walked in one order only.
  const parts = kinds.map((kind) => asPart(db, dueRows(db, kind, limit, now, which)));
  const query = parts.reduce((all, one) => all.unionAll(one), asPart(db, lostRows(db, kinds, limit, now, which)));
  const due = await query.execute();
  return claimWaiting(db, due.toSorted(byDue).slice(0, limit), now, leaseMs, null);
}

/** What is to be claimed: the parameters of {@link claimJobs}. */
interface Wanted {
  readonly kinds: readonly JobKind[];
  readonly limit: number;
  readonly now: number;
  readonly which: Which;
}

/**
 * The same among replicas, looked up and claimed in one statement: what another one is claiming this moment is passed
 * over, and what comes behind it is taken. Looked up first and claimed then, everybody would reach for the same few and
 * all but one go away with nothing, as often as they ask while that one's commit is on its way to the disk.
 * A row that changed before it could be locked is looked at again as it is now (READ COMMITTED), so none is claimed twice;
 * a materialised list is made once, so that no more are locked than asked for.
 */
async function claimPastOthers(
  db: Db,
  { kinds, limit, now, which }: Wanted,
  leaseUntil: number,
  holder: number,
): Promise<Job[]> {
  const parts = kinds.map((kind) => onlyUnlocked(db, dueRows(db, kind, limit, now, which)));
  const lost = onlyUnlocked(db, lostRows(db, kinds, limit, now, which));
  const rows = await db
    .with(
      (cte) => cte('free').materialized(),
      () => parts.reduce((all, one) => all.unionAll(one), lost),
    )
    .with(
      (cte) => cte('mine').materialized(),
      (from) => from.selectFrom('free').select('id').orderBy('due_at').orderBy('id').limit(limit),
    )
    .updateTable('jobs')
    .set(leased(leaseUntil, holder))
    .where('id', 'in', (eb) => eb.selectFrom('mine').select('id'))
    .returningAll()
    .execute();
  return inOrder(rows.map(toJob));
}

/** Of these rows, what no other transaction is changing; they are ours until this one ends. */
function onlyUnlocked(db: Db, rows: Rows): Part {
  return asPart(db, rows.forUpdate().skipLocked());
}

/** Claims these jobs, where nothing has happened to them since they were looked up. */
export async function claimWaiting(
  db: Db,
  waiting: readonly Waiting[],
  now: number,
  leaseMs: number,
  holder: number | null,
): Promise<Job[]> {
  const claimed: Job[] = [];
  for (const ids of chunks(waiting)) {
    const rows = await db
      .updateTable('jobs')
      .set(leased(now + leaseMs, holder))
      .where((eb) => (holder === null ? asTheyWere(eb, ids) : eb('id', 'in', unlocked(eb, ids))))
      .returningAll()
      .execute();
    claimed.push(...rows.map(toJob));
  }
  return inOrder(claimed);
}

function leased(leaseUntil: number, holder: number | null) {
  return {
    ...{ state: 'leased', lease_until: leaseUntil, holder },
    ...{ fence: sql<number>`fence + 1`, attempts: sql<number>`attempts + 1` },
  };
}

function inOrder(jobs: readonly Job[]): Job[] {
  return jobs.toSorted((a, b) => a.dueAt - b.dueAt || a.id - b.id);
}

type OfJobs = ExpressionBuilder<Tables, 'jobs'>;

/** Nobody has claimed, moved or buried them since they were looked up. */
function asTheyWere(eb: OfJobs, jobs: readonly Waiting[]): Expression<SqlBool> {
  const rows = jobs.map(({ id, fence, state }) => sql`(${big(id)}, ${big(fence)}, cast(${state} as text))`);
  return eb.and([ofIds(eb, jobs), sql<SqlBool>`(jobs.id, jobs.fence, jobs.state) in (values ${sql.join(rows)})`]);
}

/** Still under the claims that these came with. */
export function asClaimed(eb: OfJobs, jobs: readonly Pick<Job, 'id' | 'fence'>[]): Expression<SqlBool> {
  const rows = jobs.map(({ id, fence }) => sql`(${big(id)}, ${big(fence)})`);
  const same = sql<SqlBool>`(jobs.id, jobs.fence) in (values ${sql.join(rows)})`;
  return eb.and([ofIds(eb, jobs), same, eb('jobs.state', '=', 'leased')]);
}

/** What finds the rows: for two hundred pairs joined by `or` SQLite walks the table. */
function ofIds(eb: OfJobs, jobs: readonly { readonly id: number }[]): Expression<SqlBool> {
  return eb(
    'jobs.id',
    'in',
    jobs.map(({ id }) => id),
  );
}

/** PostgreSQL takes the type of a parameter in `values` for text. */
function big(value: number): RawBuilder<number> {
  return sql<number>`cast(${value} as bigint)`;
}

/** Of these, what no transaction of another replica is changing: waiting for it could end in a deadlock. */
function unlocked(eb: OfJobs, ids: readonly Waiting[]) {
  const same = eb.selectFrom('jobs').select('jobs.id');
  return same
    .where((inner) => asTheyWere(inner, ids))
    .forUpdate()
    .skipLocked();
}

/** A job as it was looked up. */
interface Waiting {
  readonly state: string;
  readonly id: number;
  readonly fence: number;
  readonly due_at: number;
}

function byDue(a: Waiting, b: Waiting): number {
  return a.due_at - b.due_at || a.id - b.id;
}

type Rows = SelectQueryBuilder<Tables, 'jobs', Waiting>;
/** One arm of a union. */
type Part = Rows;

function dueRows(db: Db, kind: JobKind, limit: number, now: number, which: Which): Rows {
  return db
    .selectFrom('jobs')
    .select(['id', 'fence', 'state', 'due_at'])
    .where('state', '=', 'due')
    .where('kind', '=', kind)
    .where((eb) => ofChannel(eb, which))
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .orderBy('id')
    .limit(limit);
}

/** Whoever held them did not come back in time. Never many: what is leased is bounded by what runs at once. */
function lostRows(db: Db, kinds: readonly JobKind[], limit: number, now: number, which: Which): Rows {
  return db
    .selectFrom('jobs')
    .select(['id', 'fence', 'state', 'due_at'])
    .where('state', '=', 'leased')
    .where('kind', 'in', [...kinds])
    .where((eb) => ofChannel(eb, which))
    .where('lease_until', '<', now)
    .limit(limit);
}

/** An arm of a union may have an order and a limit of its own only where it is a table of its own. */
function asPart(db: Db, rows: Rows): Part {
  return db.selectFrom(rows.as('part')).selectAll() as unknown as Part;
}

function ofChannel(eb: ExpressionBuilder<Tables, 'jobs'>, which: Which): Expression<SqlBool> {
  return which === null ? eb.lit(true) : eb('channel', '=', which.channel);
}

/** The channels that messages wait for, also those that are no longer configured. */
export async function waitingChannels(db: Kysely<Tables>): Promise<string[]> {
  const rows = await db
    .selectFrom('jobs')
    .select('channel')
    .distinct()
    .where('state', 'in', ['due', 'leased'])
    .where('kind', 'in', ['notify', 'refresh'])
    .execute();
  return rows.map(({ channel }) => channel);
}

/** Puts a claimed job back, to be done at `dueAt`. A lost lease changes nothing. */
export async function retryJob(
  db: Db,
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
export async function buryJob(db: Db, job: Job, error: string): Promise<void> {
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
  const moments: number[] = [];
  for (const kind of kinds) {
    const row = await db
      .selectFrom('jobs')
      .select('due_at')
      .where('state', '=', 'due')
      .where('kind', '=', kind)
      .where((eb) => ofChannel(eb, which))
      .orderBy('due_at')
      .limit(1)
      .executeTakeFirst();
    if (row !== undefined) moments.push(row.due_at);
  }
  return moments.length === 0 ? null : Math.min(...moments);
}

/** On one machine the folder's lock proves that whoever held these leases is gone: what was leased is due again. */
export async function freeLeases(db: Kysely<Tables>): Promise<void> {
  await db.updateTable('jobs').set({ state: 'due', lease_until: null }).where('state', '=', 'leased').execute();
}

/** Moves every pending moment by `byMs`, so that the remaining time stays what it was. */
export async function shiftDueJobs(db: Db, byMs: number): Promise<void> {
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

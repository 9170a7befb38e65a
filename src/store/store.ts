import type { Kysely } from 'kysely';
import type { Job, JobKind } from '../domain/job.ts';
import type { Rules } from '../incidents/rules.ts';
import { Clock, type ClockSources, type ClockStep } from './clock.ts';
import { buryJob, claimJobs, freeLeases, nextDue, retryJob, shiftDueJobs } from './jobs.ts';
import type { Tables } from './schema.ts';
import { UnitOfWork, type Committed } from './unit-of-work.ts';

/**
 * The Store contract. SQLite today; PostgreSQL follows with the same SQL, as everything here goes through one Kysely
 * schema. One thread writes. No await inside a transaction but its own queries.
 */
export interface Store {
  /** Epoch milliseconds; every deadline and every moment on record is of this clock. */
  now(): number;
  /** Runs `work`, writes all that it decided, and commits; on any error nothing of it stays. */
  transact<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T>;
  /** The sequence number of the last delivery whose effects are committed. */
  deliveriesTaken(): Promise<number>;
  claim(kinds: readonly JobKind[], limit: number, leaseMs: number): Promise<Job[]>;
  /** Puts a claimed job back until `dueAt`, after a try that failed. */
  retry(job: Job, dueAt: number, error: string): Promise<void>;
  /** Puts a claimed job back until `dueAt` with what it must know then; its tries count on. */
  postpone(job: Job, dueAt: number, error: string, payload: Job['payload']): Promise<void>;
  /** Puts a claimed job back because it is not yet time: this was no try. */
  again(job: Job, dueAt: number, payload: Job['payload']): Promise<void>;
  bury(job: Job, error: string): Promise<void>;
  nextDue(kinds: readonly JobKind[]): Promise<number | null>;
  /** A secret of this store, made at its first start: signs links, keys redaction. */
  secret(): Promise<Buffer>;
  readonly db: Kysely<Tables>;
  close(): Promise<void>;
}

export interface StoreParts {
  readonly db: Kysely<Tables>;
  readonly rules: () => Rules;
  readonly clock: ClockSources;
  readonly newSecret: () => Buffer;
  /** Called after each commit, in order. */
  readonly onCommitted: (committed: readonly Committed[]) => void;
  readonly onClockStep: (step: ClockStep) => void;
}

/** Opens a store over migrated tables. Whoever calls it holds the right to write alone. */
export async function openStore(parts: StoreParts): Promise<Store> {
  const { db } = parts;
  const floor = await readMeta(db, 'clock');
  const clock = new Clock(Number(floor ?? 0), parts.clock, (step) => {
    parts.onClockStep(step);
    if (step.shiftMs !== 0) void shiftDueJobs(db, step.shiftMs);
  });
  await freeLeases(db);
  return {
    db,
    now: () => clock.now(),
    async transact(work) {
      const { result, committed } = await db.transaction().execute(async (tx) => {
        const now = clock.now();
        const unit = new UnitOfWork(tx, parts.rules(), now);
        const result = await work(unit);
        await unit.flush();
        if (unit.committed.length > 0) await unit.setMeta('clock', String(now));
        return { result, committed: unit.committed };
      });
      parts.onCommitted(committed);
      return result;
    },
    async deliveriesTaken() {
      return Number((await readMeta(db, 'deliveries_taken')) ?? 0);
    },
    claim: (kinds, limit, leaseMs) => claimJobs(db, kinds, limit, clock.now(), leaseMs),
    retry: (job, dueAt, error) => retryJob(db, job, dueAt, error),
    postpone: (job, dueAt, error, payload) => retryJob(db, job, dueAt, error, { payload }),
    again: (job, dueAt, payload) => retryJob(db, job, dueAt, '', { payload, attempts: 0 }),
    bury: (job, error) => buryJob(db, job, error),
    nextDue: (kinds) => nextDue(db, kinds),
    async secret() {
      const known = await readMeta(db, 'secret');
      if (known !== undefined) return Buffer.from(known, 'hex');
      const fresh = parts.newSecret();
      await db.insertInto('meta').values({ name: 'secret', value: fresh.toString('hex') }).execute();
      return fresh;
    },
    close: () => db.destroy(),
  };
}

async function readMeta(db: Kysely<Tables>, name: string): Promise<string | undefined> {
  return (await db.selectFrom('meta').select('value').where('name', '=', name).executeTakeFirst())?.value;
}

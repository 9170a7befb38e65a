import type { Kysely, Transaction } from 'kysely';
import type { Job, JobKind } from '../domain/job.ts';
import type { Rules } from '../incidents/rules.ts';
import { Clock, type ClockSources, type ClockStep } from './clock.ts';
import {
  buryJob,
  claimJobs,
  freeLeases,
  nextDue,
  retryJob,
  shiftDueJobs,
  waitingChannels,
  type Queued,
  type Which,
} from './jobs.ts';
import { GroupCommit } from './group-commit.ts';
import type { Replicas } from './replicas.ts';
import type { Tables } from './schema.ts';
import { queueRefreshes } from './threads.ts';
import { UnitOfWork, type Committed } from './unit-of-work.ts';
import { claimTogether, countTogether, putOffTogether, type Waiting } from './waiting-messages.ts';
import { readMeta, writeMeta } from './meta.ts';

/**
 * The Store contract, on SQLite and PostgreSQL alike, as everything here goes through one Kysely schema. One transaction
 * decides at a time, also among replicas. No await inside a transaction but its own queries.
 */
export interface Store {
  /** Epoch milliseconds; every deadline and every moment on record is of this clock. */
  now(): number;
  /** Runs `work`, writes all that it decided, and commits; on any error nothing of it stays. */
  transact<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T>;
  /** The sequence number of the last delivery whose effects are committed. */
  deliveriesTaken(): Promise<number>;
  claim(kinds: readonly JobKind[], limit: number, leaseMs: number, which?: Which): Promise<Job[]>;
  /** Puts a claimed job back until `dueAt`, after a try that failed. */
  retry(job: Job, dueAt: number, error: string): Promise<void>;
  /** Puts a claimed job back until `dueAt` with what it must know then; its tries count on. */
  postpone(job: Job, dueAt: number, error: string, payload: Job['payload']): Promise<void>;
  /** Puts a claimed job back because it is not yet time: this was no try. */
  again(job: Job, dueAt: number, payload: Job['payload']): Promise<void>;
  bury(job: Job, error: string): Promise<void>;
  nextDue(kinds: readonly JobKind[], which?: Which): Promise<number | null>;
  /** How many messages wait on a channel, counted up to `most`. */
  countTogether(which: Waiting, most: number): Promise<number>;
  /** Claims all messages that wait on a channel, at most `limit`; see {@link putOffTogether}. */
  claimTogether(which: Waiting, limit: number, leaseMs: number): Promise<Job[]>;
  /** Lets all messages that wait on a channel wait until `until`, of the store's clock. */
  putOffTogether(which: Waiting, until: number): Promise<void>;
  /** The channels that messages wait for, also those that are no longer configured. */
  waitingChannels(): Promise<string[]>;
  readonly db: Kysely<Tables>;
  close(): Promise<void>;
}

export interface StoreParts {
  readonly db: Kysely<Tables>;
  readonly rules: () => Rules;
  readonly clock: ClockSources;
  /**
   * Called after each commit, in order.
   * @param recorded how many entries came to the record that are of no incident
   */
  readonly onCommitted: (committed: readonly Committed[], recorded: number, queued: readonly Queued[]) => void;
  readonly onClockStep: (step: ClockStep) => void;
  /** Who else may write; without it whoever opens the store holds the right to write alone. */
  readonly replicas?: Replicas | null;
}

/** How often it looks for leases of replicas that have gone. */
const FREE_EVERY_MS = 1_000;

/** Opens a store over migrated tables. */
export async function openStore(parts: StoreParts): Promise<Store> {
  const { db, replicas = null } = parts;
  const floor = await readMeta(db, 'clock');
  let shiftMs = 0; // what the clock has jumped by and pending moments have not yet
  const clock = new Clock(Number(floor ?? 0), parts.clock, (step) => {
    parts.onClockStep(step);
    shiftMs += step.shiftMs;
  });
  /** Moves what is pending with the clock, before anything is compared or written. @returns by how much */
  const catchUp = async (tx: Kysely<Tables> | Transaction<Tables>): Promise<number> => {
    const byMs = shiftMs;
    if (byMs === 0) return 0;
    shiftMs = 0;
    await shiftOnce(tx, byMs, clock.now(), replicas).catch((error: unknown) => {
      shiftMs += byMs;
      throw error;
    });
    return byMs;
  };
  let shifting: Promise<void> | null = null; // until the work that brings a shift is committed, or undone with it
  const catchUpAlone = async (): Promise<void> => {
    while (shifting !== null) await shifting;
    await catchUp(db);
  };
  const putBack = async (...args: Parameters<typeof retryJob>): Promise<void> => {
    await catchUpAlone();
    await retryJob(...args);
  };
  if (replicas === null) await freeLeases(db);
  else await replicas.freeAbandoned(db);
  const freeing = replicas === null ? undefined : keepFreeing(db, replicas);
  // Those of one process wait here for their turn: waiting in the database would take a connection each.
  const group = new GroupCommit(db, async (tx) => replicas?.takeTurn(tx));
  /** A shift that is undone with its work is owed again before the next work begins, which would take moments for past. */
  const inGroup = async <T>(work: (tx: Transaction<Tables>, now: number) => Promise<T>): Promise<T> => {
    let shiftedMs = 0;
    const giveBack = (error: unknown): never => {
      shiftMs += shiftedMs;
      shiftedMs = 0;
      throw error;
    };
    const settled = (): void => void (shifting = null);
    const run = group.run(async (tx) => {
      const now = clock.now();
      if (shiftMs !== 0) shifting = run.then(settled, settled);
      shiftedMs = await catchUp(tx);
      return work(tx, now).catch(giveBack);
    });
    return run.catch(giveBack); // the commit failed
  };
  return {
    db,
    now: () => clock.now(),
    async transact(work) {
      const { result, committed, recorded, queued } = await inGroup(async (tx, now) => {
        const unit = new UnitOfWork(tx, parts.rules(), now);
        const result = await work(unit);
        await queueRefreshes(unit);
        await unit.flush();
        const { committed, recorded, queued } = unit;
        if (committed.length + recorded > 0) await unit.setMeta('clock', String(now));
        return { result, committed, recorded, queued };
      });
      parts.onCommitted(committed, recorded, queued);
      return result;
    },
    async deliveriesTaken() {
      return Number((await readMeta(db, 'deliveries_taken')) ?? 0);
    },
    async claim(kinds, limit, leaseMs, which) {
      // Where nobody else writes, its commit serves others too.
      if (replicas === null) return inGroup((tx, now) => claimJobs(tx, kinds, limit, now, leaseMs, which));
      const now = clock.now();
      await catchUpAlone();
      return claimJobs(db, kinds, limit, now, leaseMs, which, replicas.self);
    },
    retry: (job, dueAt, error) => putBack(db, job, dueAt, error),
    postpone: (job, dueAt, error, payload) => putBack(db, job, dueAt, error, { payload }),
    again: (job, dueAt, payload) => putBack(db, job, dueAt, '', { payload, attempts: Math.max(0, job.attempts - 1) }),
    bury: (job, error) => buryJob(db, job, error),
    nextDue: (kinds, which) => nextDue(db, kinds, which),
    waitingChannels: () => waitingChannels(db),
    countTogether: (which, most) => countTogether(db, which, clock.now(), most),
    claimTogether: (which, limit, leaseMs) =>
      claimTogether(db, which, limit, clock.now(), leaseMs, replicas?.self ?? null),
    putOffTogether: (which, until) => putOffTogether(db, which, clock.now(), until),
    async close() {
      clearInterval(freeing);
      await db.destroy();
    },
  };
}

function keepFreeing(db: Kysely<Tables>, replicas: Replicas): NodeJS.Timeout {
  let looking = false;
  return setInterval(() => {
    if (looking) return;
    looking = true;
    replicas
      .freeAbandoned(db)
      .catch(() => {}) // the store is away, which everything else tells; the next look tries again
      .finally(() => (looking = false));
  }, FREE_EVERY_MS);
}

/** Replicas see the same step of the database's clock, and each believes it after 10 min: it counts once. */
const SAME_SHIFT_MS = 5_000;
const SAME_SHIFT_WITHIN_MS = 1_200_000;

async function shiftOnce(
  db: Kysely<Tables> | Transaction<Tables>,
  byMs: number,
  now: number,
  replicas: Replicas | null,
): Promise<void> {
  if (!db.isTransaction) {
    return db.transaction().execute(async (tx) => {
      await replicas?.takeTurn(tx);
      await shiftOnce(tx, byMs, now, replicas);
    });
  }
  if (replicas === null) return shiftDueJobs(db, byMs);
  const [at, by] = ((await readMeta(db, 'clock_shift')) ?? '0 0').split(' ').map(Number);
  if (Math.abs(now - (at ?? 0)) < SAME_SHIFT_WITHIN_MS && Math.abs(byMs - (by ?? 0)) < SAME_SHIFT_MS) return;
  await shiftDueJobs(db, byMs);
  await writeMeta(db, 'clock_shift', `${now} ${Math.floor(byMs)}`);
}

/** A secret of this store, made at its first start: signs links, keys redaction. */
export async function readSecret(db: Kysely<Tables>, fresh: () => Buffer): Promise<Buffer> {
  const known = await readMeta(db, 'secret');
  if (known !== undefined) return Buffer.from(known, 'hex');
  // Of several that start at once the first one's counts.
  await db
    .insertInto('meta')
    .values({ name: 'secret', value: fresh().toString('hex') })
    .onConflict((c) => c.column('name').doNothing())
    .execute();
  return Buffer.from((await readMeta(db, 'secret')) ?? '', 'hex');
}

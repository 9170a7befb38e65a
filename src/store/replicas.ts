import { sql, type Kysely, type Transaction } from 'kysely';
import { randomInt } from 'node:crypto';
import { LOCKS, type Connection, type Connections } from './postgres.ts';
import type { Tables } from './schema.ts';

/** What several processes on one store agree upon. */
export interface Replicas {
  /** Who we are, in every lease that we take. */
  readonly self: number;
  /** Waits until no other transaction of any replica decides; ends with the transaction. */
  takeTurn(tx: Transaction<Tables>): Promise<void>;
  /** Whether this one has been away for longer than the grace. The first to ask hears no, and asks again. */
  isGone(db: Kysely<Tables>, holder: number): Promise<boolean>;
  /** Makes due again what was leased by replicas that have gone for longer than the grace. */
  freeAbandoned(db: Kysely<Tables>): Promise<void>;
}

export interface JoinedReplicas extends Replicas {
  /** Ends our presence: what we still hold is freed by others. */
  leave(): Promise<void>;
}

/** A database that restarts cuts everybody off: whoever comes back within this keeps what it holds. */
const GRACE_MS = 5_000;
const LOOK_EVERY_MS = 1_000;

/**
 * Shows that we are here: a lock that lives as long as one connection, and so as long as this process. Leases of those
 * whose lock is gone are freed at once rather than when they run out, which for a fix is an hour.
 * @param connections one, of its own; ended by `leave`
 */
export async function joinReplicas(connections: Connections, graceMs = GRACE_MS): Promise<JoinedReplicas> {
  const self = randomInt(1, 2 ** 31 - 1);
  const presence = new Presence(connections, self);
  await presence.look().catch(async (error: unknown) => {
    await presence.leave();
    throw error;
  });
  const leasing = new Absences(graceMs);
  const asked = new Absences(graceMs);
  return {
    self,
    takeTurn: async (tx) =>
      void (await sql`select pg_advisory_xact_lock(${LOCKS.write}, hashtext(current_schema()))`.execute(tx)),
    async isGone(db, holder) {
      return asked.lasting((await isPresent(db, holder)) ? [] : [holder]).includes(holder);
    },
    async freeAbandoned(db) {
      for (const holder of leasing.lasting(await findGone(db))) await freeLeasesOf(db, holder);
    },
    leave: () => presence.leave(),
  };
}

/** Who is missed, and since when. */
class Absences {
  readonly #graceMs: number;
  readonly #since = new Map<number, number>();

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  /** @param gone all who are away now @returns those of them who have been for longer than the grace */
  lasting(gone: readonly number[]): number[] {
    const now = performance.now();
    for (const holder of this.#since.keys()) if (!gone.includes(holder)) this.#since.delete(holder);
    for (const holder of gone) if (!this.#since.has(holder)) this.#since.set(holder, now);
    return gone.filter((holder) => now - (this.#since.get(holder) ?? now) >= this.#graceMs);
  }
}

/** Takes the lock, and takes it again where the connection was lost. */
class Presence {
  readonly #connections: Connections;
  readonly #self: number;
  readonly #timer: NodeJS.Timeout;
  #held: Connection | null = null;
  #looking: Promise<void> | null = null;

  constructor(connections: Connections, self: number) {
    this.#connections = connections;
    this.#self = self;
    this.#timer = setInterval(() => {
      this.#looking ??= this.look()
        .catch(() => {}) // the database is away; the next look tries again
        .finally(() => (this.#looking = null));
    }, LOOK_EVERY_MS);
  }

  async look(): Promise<void> {
    const present = this.#held ?? (await this.#connections.connect());
    try {
      if (this.#held === null) {
        await present.query('select pg_advisory_lock($1, $2)', [LOCKS.replica, this.#self]);
        await enterHouse(present);
      } else await present.query('select 1', []);
      this.#held = present;
    } catch (error) {
      this.#held = null;
      present.release(true);
      throw error;
    }
  }

  async leave(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    this.#held?.release(true);
    this.#held = null;
    await this.#connections.end();
  }
}

/** Shared by all who run on these tables; whoever restores into them holds it alone. */
async function enterHouse(present: Connection): Promise<void> {
  const { rows } = await present.query<{ entered: boolean }>(
    'select pg_try_advisory_lock_shared($1, hashtext(current_schema())) as entered',
    [LOCKS.house],
  );
  if (rows[0]?.entered !== true)
    throw new Error('a backup is being restored into this database; start again when that has ended');
}

/** The locks by which replicas show that they are here. */
const PRESENT = sql<{ holder: number }>`
  select objid::bigint as holder from pg_locks
  where locktype = 'advisory' and classid = ${LOCKS.replica} and objsubid = 2 and granted
    and database = (select oid from pg_database where datname = current_database())`;

async function isPresent(db: Kysely<Tables>, holder: number): Promise<boolean> {
  return (await PRESENT.execute(db)).rows.some((one) => one.holder === holder);
}

/** Who holds leases and is not here. */
async function findGone(db: Kysely<Tables>): Promise<number[]> {
  const { rows } = await sql<{ holder: number }>`
    select distinct holder from jobs
    where state = 'leased' and holder is not null and holder not in (${PRESENT})`.execute(db);
  return rows.map(({ holder }) => holder);
}

async function freeLeasesOf(db: Kysely<Tables>, holder: number): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ state: 'due', lease_until: null })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('jobs')
        .select('id')
        .where('state', '=', 'leased')
        .where('holder', '=', holder)
        .forUpdate()
        .skipLocked(),
    )
    .execute();
}

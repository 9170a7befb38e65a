import { Kysely, sql } from 'kysely';
import { Pool, types, type PoolClient } from 'pg';
import { migrate } from './migrations.ts';
import { arrayDialect } from './postgres-arrays.ts';
import { migratePostgres } from './postgres-tables.ts';
import type { Tables } from './schema.ts';
import { StatementNames } from './statement-names.ts';

/** The PostgreSQL dialect: any number of processes, one of which writes at a time (`replicas.ts`). */

/** Advisory locks are pairs of numbers: one of these, and the schema or the replica that it is about. */
export const LOCKS = {
  migrate: 7_425_001,
  write: 7_425_002,
  receive: 7_425_003,
  replica: 7_425_004,
  house: 7_425_005,
} as const;

/** A connection that cannot be used: the server is away, unreachable, or gives no answer. The same may work later. */
export class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway';
  /** SQLSTATE "connection failure", as the server's own errors have theirs. */
  readonly code = '08006';
}

export interface Answer<R> {
  readonly command: 'UPDATE' | 'DELETE' | 'INSERT' | 'SELECT' | 'MERGE';
  readonly rowCount: number;
  readonly rows: R[];
}

/** A connection that is held; one that broke is thrown away when it is released. */
export interface Connection {
  query<R>(text: string, values: readonly unknown[]): Promise<Answer<R>>;
  /** The same, parsed once a connection. */
  prepared<R>(name: string, text: string, values: readonly unknown[]): Promise<Answer<R>>;
  release(discard?: boolean): void;
}

export interface Connections {
  /** @throws DatabaseAway */
  connect(): Promise<Connection>;
  end(): Promise<void>;
}

export interface ConnectionLimits {
  /** How many at most. */
  readonly connections: number;
  /** How long a statement may take before the server counts as gone, 0 for ever; a lock is waited for a little less. */
  readonly queryTimeoutMs: number;
  /** For who asks the same questions all the time: see {@link BY_INDEX}, and statements are parsed and planned once. */
  readonly repeats?: boolean;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** A replica that froze inside a transaction keeps its turn no longer than this. */
const IDLE_IN_TRANSACTION_MS = 30_000;
const INT8 = 20;

/** Counts and moments are far below 2^53. */
const NUMBERS = {
  getTypeParser: ((oid: number, format: 'text') =>
    oid === INT8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
};

/** Connections to the database of this address, made when they are needed. */
export function openConnections(url: string, limits: ConnectionLimits): Connections {
  const { connections, queryTimeoutMs, repeats = false } = limits;
  const pool = new Pool({
    ...{ connectionString: url, max: connections, types: NUMBERS, keepAlive: true, allowExitOnIdle: true },
    ...{ application_name: 'tierbell', connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: queryTimeoutMs },
    ...{ idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS, lock_timeout: Math.floor(queryTimeoutMs * 0.75) },
  });
  pool.on('error', () => {}); // an idle connection broke: the next query makes another
  const known = new WeakSet<PoolClient>();
  const names = repeats ? new StatementNames() : null;
  return {
    async connect() {
      const client = await pool.connect().catch((error: unknown) => {
        throw away(error);
      });
      try {
        if (!known.has(client)) await prepareSession(client, repeats);
        known.add(client);
        return hold(client, names);
      } catch (error) {
        client.release(true);
        throw away(error);
      }
    },
    end: () => pool.end(),
  };
}

/**
 * Whatever the store worker asks goes over an index, and must not depend on statistics: before a table was analysed for the
 * first time, a list of fingerprints was looked for in all alerts there were.
 */
const BY_INDEX = 'set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off';

/** What was answered with 200 must be on disk, also where the server's own default would not wait for it. */
async function prepareSession(client: PoolClient, repeats: boolean): Promise<void> {
  client.on('error', () => {}); // while it is held, the query that fails tells
  await client.query(
    "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
  );
  if (repeats) await client.query(BY_INDEX);
}

/** A statement that is kept ready does not fit the tables any more: a newer replica has changed them. */
const PLAN_CHANGED = '0A000';

function hold(client: PoolClient, names: StatementNames | null): Connection {
  let broken = false;
  const run = async <R>(query: { name?: string; text: string; values: unknown[] }): Promise<Answer<R>> => {
    try {
      return (await client.query(query)) as unknown as Answer<R>;
    } catch (error) {
      if (isOfServer(error) && !(query.name !== undefined && codeOf(error) === PLAN_CHANGED)) throw error;
      broken = true;
      throw away(error);
    }
  };
  const named = (text: string, values: readonly unknown[]): { name?: string } => {
    const name = names?.of(text, values);
    return name === undefined ? {} : { name };
  };
  return {
    query: (text, values) => run({ ...named(text, values), text, values: values.map(storable) }),
    prepared: (name, text, values) => run({ name, text, values: values.map(storable) }),
    release: (discard = false) => client.release(discard || broken),
  };
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

/** What PostgreSQL refuses in text, wherever it slipped through: one odd character must not stop a delivery. */
function storable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(storable);
  return typeof value === 'string' && value.includes('\u0000') ? value.replaceAll('\u0000', '\uFFFD') : value;
}

/** Whether the server itself said so, and may be asked something else. */
function isOfServer(error: unknown): boolean {
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && severity !== undefined && severity !== 'FATAL' && severity !== 'PANIC';
}

/** Never with the address, which holds the password. */
function away(error: unknown): DatabaseAway {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const why = first instanceof Error ? first.message : String(first);
  return new DatabaseAway(`the database cannot be used: ${why}`, { cause: error });
}

const LIMITS: ConnectionLimits = { connections: 4, queryTimeoutMs: 60_000 };

/** Tables over such connections; nothing is asked yet. */
export function openTables(connections: Connections): Kysely<Tables> {
  const pool = {
    ...{ options: {}, end: () => connections.end() },
    async connect() {
      const connection = await connections.connect();
      const query = (text: string, values: readonly unknown[]) => connection.query(text, values);
      // The dialect asks for a cursor's overload too, which is used for streaming alone.
      return { query: query as never, release: (discard?: boolean) => connection.release(discard) };
    },
  };
  return new Kysely<Tables>({ dialect: arrayDialect(pool) });
}

/** Opens the tables, brought up to date. @throws DatabaseAway */
export async function openPostgres(url: string): Promise<Kysely<Tables>> {
  await bringUpToDate(url);
  return openPostgresReader(url);
}

/** Opens the tables as they are. */
export function openPostgresReader(url: string): Kysely<Tables> {
  return openTables(openConnections(url, LIMITS));
}

/** Makes or changes the tables; several processes may ask for it at once. @throws DatabaseAway */
export async function bringUpToDate(url: string): Promise<void> {
  const db = openTables(openConnections(url, { connections: 1, queryTimeoutMs: 0 }));
  try {
    await db.connection().execute(async (one) => {
      // However long another one takes.
      await sql`select pg_advisory_lock(${LOCKS.migrate}, hashtext(current_schema()))`.execute(one);
      await migrate(one, { identity: 'bigserial' });
      await migratePostgres(one);
    });
  } finally {
    await db.destroy(); // with the session ends its lock
  }
}

import { LOCKS, type Connection, type Connections } from '../store/postgres.ts';
import { FORGET_ROWS, FORGOTTEN, firstKept, nextToForget, type Reasoned, type Weighed } from './forgotten.ts';
import {
  LOOK_BACK_ROWS,
  REFUSED_BYTES,
  REFUSED_ROWS,
  type Health,
  type Inbox,
  type Receipt,
  type Waiting,
} from './inbox.ts';
import { SIGNATURE_KEPT_MS } from './signatures.ts';
import { uuidv7 } from './uuidv7.ts';

/** Bodies of one commit: a single larger one goes alone. */
const BATCH_BYTES = 16 * 1024 * 1024;
/** `/-/ready` may be asked often; the database is not asked more often than this. */
const PROBE_EVERY_MS = 1_000;

/** @param connections two are enough; ended by `close` */
export function openPostgresInbox(connections: Connections, options: { readonly refusedBytes?: number } = {}): Inbox {
  return new PostgresInbox(connections, options.refusedBytes ?? REFUSED_BYTES);
}

/**
 * Raw deliveries in a table, many a commit: what comes while one commit is under way goes into the next. Numbers are given
 * under a lock that ends with the commit, so that they are seen in their order: a reader that has come to one has seen
 * all before it, whichever replica wrote them.
 */
class PostgresInbox implements Inbox {
  readonly #connections: Connections;
  readonly #refusedBytes: number;
  readonly #listeners: ((lastSeq: number) => void)[] = [];
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #trouble: string | null = null;
  #probed = { at: Number.NEGATIVE_INFINITY, health: { ok: true } as Health };

  constructor(connections: Connections, refusedBytes: number) {
    this.#connections = connections;
    this.#refusedBytes = refusedBytes;
  }

  append(source: string, body: Uint8Array, receivedAt: number, once: string | null = null): Promise<Receipt> {
    return this.#enqueue({ source, body, receivedAt, refusal: null, once });
  }

  refused(source: string, body: Uint8Array, receivedAt: number, reason: string): Promise<Receipt> {
    return this.#enqueue({ source, body, receivedAt, refusal: reason, once: null });
  }

  onCommit(listener: (lastSeq: number) => void): void {
    this.#listeners.push(listener);
  }

  async lastSeen(): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.#with((connection) =>
      connection.query<{ source: string; at: number }>(
        `select source, max(received_at) as at from
           (select source, received_at from deliveries where kind = 'accepted' order by seq desc limit $1) newest
         group by source`,
        [LOOK_BACK_ROWS],
      ),
    );
    return new Map(rows.map(({ source, at }) => [source, at]));
  }

  /** Deliveries and what was taken of them lie in one database: they are lost, or restored, together. */
  continueAfter(): boolean {
    return false;
  }

  async forget(before: number, upTo: number): Promise<number> {
    return this.#with(async (connection) => {
      const at = async (seq: number): Promise<Reasoned | undefined> =>
        (await connection.query<Reasoned>(ONE_FROM, [seq])).rows[0];
      const from = await firstKept(at, upTo);
      const { rows } = await connection.query<Weighed>(OLDEST, [from, upTo, FORGET_ROWS]);
      const due = nextToForget(rows, before);
      const last = due.at(-1);
      if (last !== undefined) await connection.query(FORGET, [from, last.seq, FORGOTTEN]);
      return due.length;
    });
  }

  async healthy(): Promise<Health> {
    const now = performance.now();
    if (this.#trouble === null && now - this.#probed.at < PROBE_EVERY_MS) return this.#probed.health;
    try {
      await this.#with((connection) => connection.query(this.#trouble === null ? 'select 1' : PROBE, []));
      this.#trouble = null;
      this.#probed = { at: now, health: { ok: true } };
    } catch (error) {
      this.#probed = { at: now, health: { ok: false, why: this.#failed(error).message } };
    }
    return this.#probed.health;
  }

  async close(): Promise<void> {
    while (this.#waiting.length > 0 || this.#writing !== null) await (this.#writing ?? this.#write());
    await this.#connections.end();
  }

  #enqueue(one: Omit<Waiting, 'id' | 'resolve' | 'reject'>): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...one, id: uuidv7(one.receivedAt), resolve, reject });
      // After the poll phase: all that the sockets had in this turn shares one commit.
      this.#writing ??= new Promise<void>((go) => setImmediate(go)).then(() => this.#write());
    });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commit(this.#next());
    this.#writing = null;
  }

  #next(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { body } of this.#waiting) {
      bytes += body.length;
      if (count > 0 && bytes > BATCH_BYTES) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** All of a batch are told, or none. */
  async #commit(batch: readonly Waiting[]): Promise<void> {
    let receipts: Receipt[];
    try {
      const plain = batch.every(({ refusal, once }) => refusal === null && once === null);
      receipts = await this.#with((connection) =>
        plain ? insert(connection, batch) : this.#insertWithCare(connection, batch),
      );
      this.#trouble = null;
    } catch (error) {
      const told = this.#failed(error);
      for (const { reject } of batch) reject(told);
      return;
    }
    batch.forEach(({ resolve }, index) => resolve(receipts[index] as Receipt));
    const last = receipts.reduce((most, { seq }) => Math.max(most, seq), 0);
    if (batch.some(({ refusal }) => refusal === null)) for (const listener of this.#listeners) listener(last);
  }

  /** With signatures that count once, and refused ones of which the oldest give way. */
  async #insertWithCare(connection: Connection, batch: readonly Waiting[]): Promise<Receipt[]> {
    await connection.query('begin', []);
    try {
      await connection.query('select pg_advisory_xact_lock($1, hashtext(current_schema()))', [LOCKS.receive]);
      const receipts = await insertOnce(connection, batch);
      if (batch.some(({ refusal }) => refusal !== null))
        await connection.query(DROP_OLD_REFUSALS, [this.#refusedBytes, REFUSED_ROWS]);
      await connection.query('commit', []);
      return receipts;
    } catch (error) {
      await connection.query('rollback', []).catch(() => {}); // a broken connection has rolled back by itself
      throw error;
    }
  }

  async #with<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#connections.connect();
    try {
      return await work(connection);
    } finally {
      connection.release();
    }
  }

  #failed(error: unknown): Error {
    const why = error instanceof Error ? error.message : String(error);
    const { code } = error as { code?: unknown };
    this.#trouble = code === '53100' ? "the database's disk is full" : why;
    return new Error(this.#trouble, { cause: error });
  }
}

const ONE_FROM = 'select seq, reason from deliveries where seq >= $1 order by seq limit 1';
const OLDEST = `
  select seq, received_at as at, octet_length(body) as bytes from deliveries
  where seq >= $1 and seq <= $2 order by seq limit $3`;
/** In the words of `tombstone`. Another replica may have done it since it was looked at. */
const FORGET = `
  update deliveries set body = '', reason = $3::text || octet_length(body) || ' bytes, sha256 '
    || encode(sha256(body), 'hex') || case reason when '' then '' else '; was: ' || reason end
  where seq >= $1 and seq <= $2 and not starts_with(reason, $3::text)`;

const PROBE = `insert into probe (id, at) values (1, extract(epoch from clock_timestamp())::bigint)
  on conflict (id) do update set at = excluded.at`;

const DROP_OLD_REFUSALS = `
  delete from deliveries where seq in (
    select seq from (
      select seq, sum(octet_length(body)) over newest_first as bytes, row_number() over newest_first as nth
      from deliveries where kind = 'refused' window newest_first as (order by seq desc)
    ) refused where nth > 1 and (bytes > $1 or nth > $2))`;

/**
 * One statement and one commit, however many. Bodies come as one run of bytes: an array of them would be sent as text.
 * The lock is taken before the sort ends, and numbers are given after the sort.
 */
const INSERT = `
  with turn as materialized (select 1 as here from pg_advisory_xact_lock($9, hashtext(current_schema())))
  insert into deliveries (id, source, received_at, kind, reason, body)
  select d.id, d.source, d.received_at, d.kind, d.reason, substring($1::bytea from d.start for d.size)
  from turn, unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::int[], $8::int[]) with ordinality
    as d(id, source, received_at, kind, reason, start, size, nth)
  order by d.nth
  returning seq`;

async function insert(connection: Connection, batch: readonly Waiting[]): Promise<Receipt[]> {
  if (batch.length === 0) return [];
  let end = 1; // the first byte is number 1
  const starts = batch.map(({ body }) => (end += body.length) - body.length);
  const { rows } = await connection.prepared<{ seq: number }>('receive', INSERT, [
    Buffer.concat(batch.map(({ body }) => body)),
    batch.map(({ id }) => id),
    batch.map(({ source }) => source),
    batch.map(({ receivedAt }) => receivedAt),
    batch.map(({ refusal }) => (refusal === null ? 'accepted' : 'refused')),
    batch.map(({ refusal }) => refusal ?? ''),
    starts,
    batch.map(({ body }) => body.length),
    LOCKS.receive,
  ]);
  return batch.map(({ id }, index) => ({ id, seq: rows[index]?.seq ?? 0 }));
}

/** Those whose signature has had its effect get the receipt of the first time. */
async function insertOnce(connection: Connection, batch: readonly Waiting[]): Promise<Receipt[]> {
  const known = await findSignatures(connection, batch);
  const fresh: Waiting[] = [];
  const firsts = new Map<string, Waiting>();
  for (const one of batch) {
    const key = keyOf(one);
    if (key !== null && (known.has(key) || firsts.has(key))) continue;
    if (key !== null) firsts.set(key, one);
    fresh.push(one);
  }
  const inserted = await insert(connection, fresh);
  const receipts = new Map(fresh.map((one, index) => [one, inserted[index] as Receipt]));
  const signed = [...firsts.values()];
  await keepSignatures(connection, signed, receipts);
  return batch.map((one) => {
    const key = keyOf(one);
    return (receipts.get(one) ?? known.get(key ?? '') ?? receipts.get(firsts.get(key ?? '') as Waiting)) as Receipt;
  });
}

function keyOf({ source, once }: Waiting): string | null {
  return once === null ? null : `${source}\n${once}`;
}

async function findSignatures(connection: Connection, batch: readonly Waiting[]): Promise<Map<string, Receipt>> {
  const signed = batch.filter(({ once }) => once !== null);
  if (signed.length === 0) return new Map();
  const { rows } = await connection.query<{ source: string; signature: string; delivery: string; seq: number }>(
    `select source, signature, delivery, seq from signatures
     where (source, signature) in (select * from unnest($1::text[], $2::text[]))`,
    [signed.map(({ source }) => source), signed.map(({ once }) => once)],
  );
  return new Map(
    rows.map(({ source, signature, delivery, seq }) => [`${source}\n${signature}`, { id: delivery, seq }]),
  );
}

/** Keeps them, and forgets the old. */
async function keepSignatures(
  connection: Connection,
  signed: readonly Waiting[],
  receipts: ReadonlyMap<Waiting, Receipt>,
): Promise<void> {
  if (signed.length === 0) return;
  await connection.query(
    `insert into signatures (source, signature, delivery, seq, at)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])`,
    [
      signed.map(({ source }) => source),
      signed.map(({ once }) => once),
      signed.map((one) => receipts.get(one)?.id),
      signed.map((one) => receipts.get(one)?.seq),
      signed.map(({ receivedAt }) => receivedAt),
    ],
  );
  const newest = signed.reduce((most, { receivedAt }) => Math.max(most, receivedAt), 0);
  await connection.query('delete from signatures where at < $1', [newest - SIGNATURE_KEPT_MS]);
}

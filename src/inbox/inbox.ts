import Database from 'better-sqlite3';
import { hash } from 'node:crypto';
import { nameFile } from '../store/name-file.ts';
import { Ballast } from './ballast.ts';
import { FORGET_ROWS, firstKept, nextToForget, tombstone, type Reasoned, type Weighed } from './forgotten.ts';
import { SameFiles } from './same-files.ts';
import { prepareSchema } from './schema.ts';
import { openSignatures, type Signatures } from './signatures.ts';
import { uuidv7 } from './uuidv7.ts';
import { syncNow, WalSync, type Sync } from './wal-sync.ts';

/** A delivery that is on disk: `id` is what its sender is told, `seq` its place in line. */
export interface Receipt {
  readonly id: string;
  readonly seq: number;
}

/** At once from a file, later from a server. */
export type Awaitable<T> = T | Promise<T>;

export type Health = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Where raw deliveries are kept: a file that one thread owns, or a table that replicas share (`postgres-inbox.ts`). */
export interface Inbox {
  /**
   * Resolves once the body is on disk (fsync). Rejects, with a sentence for the operator, when it cannot be stored.
   * @param once a signature that must have its effect only once: where it is on disk already, nothing is stored and the
   *   receipt is that of the first time
   */
  append(source: string, body: Uint8Array, receivedAt: number, once?: string | null): Promise<Receipt>;
  /** Keeps what a proven sender sent and we had to refuse; the oldest of these give way. Never seen by the worker. */
  refused(source: string, body: Uint8Array, receivedAt: number, reason: string): Promise<Receipt>;
  /** Called after each commit that brought deliveries, with the newest `seq`. */
  onCommit(listener: (lastSeq: number) => void): void;
  /** When each source last delivered (epoch milliseconds), as far as the newest {@link LOOK_BACK_ROWS} tell. */
  lastSeen(): Awaitable<ReadonlyMap<string, number>>;
  /**
   * Lets numbers go on after `seq`, up to which the store has taken. An inbox that was lost, or is older than the store,
   * would give numbers again that count as taken: what it answered with 200 would never be looked at.
   * @returns whether the numbers had fallen behind
   */
  continueAfter(seq: number): Awaitable<boolean>;
  /**
   * Lets the oldest bodies go, some of them: those received before `before` (epoch milliseconds), up to the number `upTo`.
   * Their rows stay (`forgotten.ts`).
   * @returns how many; 0 where none is left
   */
  forget(before: number, upTo: number): Promise<number>;
  /** Whether it can store. After a failure this tries a small write, so it recovers without any delivery. */
  healthy(): Awaitable<Health>;
  /** Stores what waits, then closes. */
  close(): Awaitable<void>;
}

export interface InboxOptions {
  /** Bytes of the file that is given back on a full disk. */
  readonly ballastBytes?: number;
  /** Bytes of refused bodies that are kept. */
  readonly refusedBytes?: number;
  readonly sync?: Sync;
  /** Another database that goes on with what is stored here: without it nothing is taken either. */
  readonly besides?: string;
}

const BALLAST_BYTES = 8 * 1024 * 1024;
/** Bodies and rows of refused ones that are kept. */
export const REFUSED_BYTES = 64 * 1024 * 1024;
export const REFUSED_ROWS = 1000;
const PAGE_BYTES = 32_768;
/** 8 MB: not more than the ballast, whose room a checkpoint on a full disk has to do with. */
const CHECKPOINT_PAGES = 250;
const BUSY_TIMEOUT_MS = 2_000;
/** How far a start looks back for when each source was last seen: bounded, so that a full inbox costs no start. */
export const LOOK_BACK_ROWS = 10_000;

/** A delivery that waits for the next commit. */
export interface Waiting {
  readonly id: string;
  readonly source: string;
  readonly body: Uint8Array;
  readonly receivedAt: number;
  /** null for accepted ones. */
  readonly refusal: string | null;
  readonly once: string | null;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: Error) => void;
}

/** Opens the inbox, making the file where there is none. @throws Error where it cannot be opened */
export function openInbox(path: string, options: InboxOptions = {}): SqliteInbox {
  return nameFile(path, () => new SqliteInbox(path, options));
}

/**
 * Answers at once, as nothing waits for another process. What came while the disk was busy is committed next, together:
 * the busier it is, the more share one sync.
 */
export class SqliteInbox implements Inbox {
  readonly #db: Database.Database;
  readonly #insert: Database.Statement<[string, string, number, string, string, Uint8Array]>;
  readonly #begin: Database.Statement;
  readonly #commitStatement: Database.Statement;
  readonly #signatures: Signatures;
  readonly #ballast: Ballast;
  readonly #sync: Sync;
  readonly #files: SameFiles;
  readonly #refusedBytes: number;
  readonly #listeners: ((lastSeq: number) => void)[] = [];
  #waiting: Waiting[] = [];
  #scheduled = false;
  #syncing = false;
  /** A sync failed: what was committed may be in memory only, and no later sync need bring it to the disk. */
  #doubtful = false;
  #full = false;
  #trouble: string | null = null;

  constructor(path: string, options: InboxOptions) {
    const { ballastBytes = BALLAST_BYTES, refusedBytes = REFUSED_BYTES, sync = new WalSync(path), besides } = options;
    this.#refusedBytes = refusedBytes;
    this.#db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
    // The page size counts only before the first table. Smaller pages are slower for large bodies (of 8 kB by a sixth), and
    // these cost small ones nothing that can be measured.
    this.#db.pragma(`page_size = ${PAGE_BYTES}`);
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    this.#db.pragma('synchronous = NORMAL'); // and each commit is synced below, before anybody is answered
    this.#sync = sync;
    prepareSchema(this.#db, path);
    this.#insert = this.#db.prepare(
      'INSERT INTO deliveries (id, source, received_at, kind, reason, body) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#begin = this.#db.prepare('BEGIN IMMEDIATE');
    this.#commitStatement = this.#db.prepare('COMMIT');
    this.#signatures = openSignatures(this.#db);
    this.#ballast = new Ballast(`${path}.ballast`, ballastBytes);
    this.#files = new SameFiles([path, ...(besides === undefined ? [] : [besides])].flatMap(withItsLog));
  }

  append(source: string, body: Uint8Array, receivedAt: number, once: string | null = null): Promise<Receipt> {
    return this.#enqueue(source, body, receivedAt, null, once);
  }

  refused(source: string, body: Uint8Array, receivedAt: number, reason: string): Promise<Receipt> {
    return this.#enqueue(source, body, receivedAt, reason, null);
  }

  onCommit(listener: (lastSeq: number) => void): void {
    this.#listeners.push(listener);
  }

  lastSeen(): ReadonlyMap<string, number> {
    const rows = this.#db
      .prepare<[number], { source: string; at: number }>(
        `SELECT source, max(received_at) AS at FROM
           (SELECT source, received_at FROM deliveries WHERE kind = 'accepted' ORDER BY seq DESC LIMIT ?) GROUP BY source`,
      )
      .all(LOOK_BACK_ROWS);
    return new Map(rows.map(({ source, at }) => [source, at]));
  }

  continueAfter(seq: number): boolean {
    const given = this.#db
      .prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'deliveries'")
      .get();
    if ((given?.seq ?? 0) >= seq) return false;
    this.#db.transaction(() => {
      this.#db.exec("DELETE FROM sqlite_sequence WHERE name = 'deliveries'");
      this.#db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('deliveries', ?)").run(seq);
    })();
    return true;
  }

  async forget(before: number, upTo: number): Promise<number> {
    const rows = await this.#oldest(upTo);
    const due = nextToForget(rows, before);
    const find = this.#db.prepare<[number], { reason: string; body: Buffer }>(
      'SELECT reason, body FROM deliveries WHERE seq = ?',
    );
    const empty = this.#db.prepare('UPDATE deliveries SET body = ?, reason = ? WHERE seq = ?');
    this.#db.transaction(() => {
      for (const { seq, bytes } of due) {
        const row = find.get(seq);
        if (row === undefined) continue;
        empty.run(Buffer.alloc(0), tombstone(bytes, hash('sha256', row.body), row.reason), seq);
      }
    })();
    return due.length;
  }

  async #oldest(upTo: number): Promise<readonly Weighed[]> {
    const at = this.#db.prepare<[number], Reasoned>(
      'SELECT seq, reason FROM deliveries WHERE seq >= ? ORDER BY seq LIMIT 1',
    );
    const from = await firstKept((seq) => at.get(seq), upTo);
    return this.#db
      .prepare<[number, number, number], Weighed>(
        `SELECT seq, received_at AS at, length(body) AS bytes FROM deliveries
         WHERE seq >= ? AND seq <= ? ORDER BY seq LIMIT ?`,
      )
      .all(from, upTo, FORGET_ROWS);
  }

  healthy(): Health {
    try {
      if (!this.#isInPlace() || !this.#hasSpace()) return { ok: false, why: this.#trouble ?? '' };
      if (this.#trouble === null) return { ok: true };
      this.#settleDoubt();
      this.#db.prepare('INSERT OR REPLACE INTO probe (id, at) VALUES (1, ?)').run(Date.now());
      this.#sync.now();
      this.#trouble = null;
      return { ok: true };
    } catch (error) {
      return { ok: false, why: this.#failed(error).message };
    }
  }

  close(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    const receipts = this.#tryToWrite(batch);
    if (receipts !== null) this.#tell(batch, receipts, syncNow(this.#sync));
    this.#db.close();
    this.#sync.close();
  }

  #enqueue(
    source: string,
    body: Uint8Array,
    receivedAt: number,
    refusal: string | null,
    once: string | null,
  ): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id: uuidv7(receivedAt), source, body, receivedAt, refusal, once, resolve, reject });
      this.#schedule();
    });
  }

  /** After the poll phase: all that the sockets had in this turn shares one sync. */
  #schedule(): void {
    if (this.#scheduled || this.#syncing) return;
    this.#scheduled = true;
    setImmediate(() => this.#commit());
  }

  /** Everything that waits goes into one transaction: all are told, or none. */
  #commit(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#scheduled = false;
    const receipts = this.#tryToWrite(batch);
    if (receipts === null) return;
    this.#syncing = true;
    this.#sync.start((error) => {
      this.#syncing = false;
      this.#tell(batch, receipts, error);
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  /** @returns null where there was nothing, or it could not be written, which everybody was told */
  #tryToWrite(batch: readonly Waiting[]): Receipt[] | null {
    if (batch.length === 0) return null;
    try {
      if (!this.#isInPlace() || !this.#hasSpace()) throw new Error(this.#trouble ?? '');
      this.#settleDoubt();
      return this.#write(batch);
    } catch (error) {
      const told = this.#failed(error);
      for (const { reject } of batch) reject(told);
      return null;
    }
  }

  #tell(batch: readonly Waiting[], receipts: readonly Receipt[], error: Error | null): void {
    if (error !== null) {
      this.#doubtful = true;
      const told = this.#failed(error);
      for (const { reject } of batch) reject(told);
      return;
    }
    this.#trouble = null;
    batch.forEach(({ resolve }, index) => resolve(receipts[index] as Receipt));
    const last = receipts.reduce((most, { seq }) => Math.max(most, seq), 0);
    if (batch.some(({ refusal }) => refusal === null)) for (const listener of this.#listeners) listener(last);
  }

  /** After a sync that failed a system may take its pages for written; a checkpoint writes them once more, elsewhere. */
  #settleDoubt(): void {
    if (!this.#doubtful) return;
    const [{ busy } = { busy: 1 }] = this.#db.pragma('wal_checkpoint(FULL)') as readonly { busy: number }[];
    if (busy !== 0) throw new Error(this.#trouble ?? '');
    this.#doubtful = false;
  }

  #write(batch: readonly Waiting[]): Receipt[] {
    this.#begin.run();
    const receipts = batch.map((one) => (one.once === null ? this.#store(one) : this.#storeOnce(one, one.once)));
    if (batch.some(({ refusal }) => refusal !== null)) this.#dropOldRefusals();
    this.#commitStatement.run();
    return receipts;
  }

  #store({ id, source, receivedAt, refusal, body }: Waiting): Receipt {
    const kind = refusal === null ? 'accepted' : 'refused';
    const { lastInsertRowid } = this.#insert.run(id, source, receivedAt, kind, refusal ?? '', body);
    return { id, seq: Number(lastInsertRowid) };
  }

  #storeOnce(one: Waiting, signature: string): Receipt {
    const first = this.#signatures.find(one.source, signature);
    if (first !== null) return first;
    const receipt = this.#store(one);
    this.#signatures.keep(one.source, signature, receipt, one.receivedAt);
    return receipt;
  }

  #dropOldRefusals(): void {
    this.#db
      .prepare(
        `DELETE FROM deliveries WHERE seq IN (
           SELECT seq FROM (
             SELECT seq, sum(length(body)) OVER newest_first AS bytes, row_number() OVER newest_first AS nth
             FROM deliveries WHERE kind = 'refused' WINDOW newest_first AS (ORDER BY seq DESC)
           ) WHERE nth > 1 AND (bytes > ? OR nth > ?))`,
      )
      .run(this.#refusedBytes, REFUSED_ROWS);
  }

  /** What has no place in the folder any more would be lost with this process. */
  #isInPlace(): boolean {
    const strayed = this.#files.strayed();
    if (strayed === null) return true;
    this.#trouble = `${strayed} was deleted, moved or replaced while Tierbell runs: put it back, or restart Tierbell to go on with what lies there now`;
    return false;
  }

  /** Once full, nothing is taken before there is room for the ballast again. */
  #hasSpace(): boolean {
    if (this.#full && this.#ballast.restore()) this.#full = false;
    return !this.#full;
  }

  #failed(error: unknown): Error {
    const code = (error as { code?: string }).code;
    if (this.#db.inTransaction) this.#rollBack();
    if (code === 'SQLITE_FULL') this.#makeRoom();
    if (code !== undefined || this.#trouble === null)
      this.#trouble = code === 'SQLITE_FULL' ? 'the disk is full' : `the inbox cannot be written (${code ?? 'bug'})`;
    return new Error(this.#trouble, { cause: error });
  }

  #rollBack(): void {
    try {
      this.#db.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself.
    }
  }

  #makeRoom(): void {
    this.#full = true;
    this.#ballast.release();
    try {
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // Still no room; the next attempt comes with the next delivery.
    }
  }
}

/** A database, and the log with what was committed last. */
function withItsLog(database: string): string[] {
  return [database, `${database}-wal`];
}

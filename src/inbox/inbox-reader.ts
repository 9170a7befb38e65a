import Database from 'better-sqlite3';
import type { Awaitable } from './inbox.ts';

/** A delivery as the worker reads it. `receivedAt` is epoch milliseconds. */
export interface Delivery {
  readonly seq: number;
  readonly id: string;
  readonly source: string;
  readonly receivedAt: number;
  readonly body: Buffer;
}

/** What a proven sender sent and we had to refuse; its body stays in the inbox. */
export interface Refused {
  readonly seq: number;
  readonly source: string;
  readonly reason: string;
}

/** The accepted deliveries, in the order of their commit; refused ones are shown apart. */
export interface InboxReader {
  /** Those after `seq`, at most `limit` and about `maxBytes` of bodies, but always the next one whatever its size. */
  after(seq: number, limit: number, maxBytes: number): Awaitable<Delivery[]>;
  /** The newest `seq`, 0 while there is none: who has read up to it has read all. */
  last(): Awaitable<number>;
  /** Of the refused ones those after `seq`, oldest first, at most `limit`. */
  refusedAfter(seq: number, limit: number): Awaitable<Refused[]>;
  close(): Awaitable<void>;
}

/** Answers at once. */
export interface SqliteInboxReader extends InboxReader {
  after(seq: number, limit: number, maxBytes: number): Delivery[];
  last(): number;
  refusedAfter(seq: number, limit: number): Refused[];
  close(): void;
}

/** Opens a read-only view of an inbox that exists; for any thread. @throws Error where it cannot be opened */
export function openInboxReader(path: string): SqliteInboxReader {
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: 2_000 });
  const after = db.prepare<[number, number], Delivery>(
    `SELECT seq, id, source, received_at AS receivedAt, body FROM deliveries
     WHERE seq > ? AND kind = 'accepted' ORDER BY seq LIMIT ?`,
  );
  const last = db.prepare<[], { seq: number }>(
    "SELECT seq FROM deliveries WHERE kind = 'accepted' ORDER BY seq DESC LIMIT 1",
  );
  const refused = db.prepare<[number, number], Refused>(
    "SELECT seq, source, reason FROM deliveries WHERE seq > ? AND kind = 'refused' ORDER BY seq LIMIT ?",
  );
  return {
    after(seq, limit, maxBytes) {
      const rows: Delivery[] = [];
      let bytes = 0;
      for (const row of after.iterate(seq, limit)) {
        bytes += row.body.length;
        if (rows.length > 0 && bytes > maxBytes) break;
        rows.push(row);
      }
      return rows;
    },
    last: () => last.get()?.seq ?? 0,
    refusedAfter: (seq, limit) => refused.all(seq, limit),
    close: () => void db.close(),
  };
}

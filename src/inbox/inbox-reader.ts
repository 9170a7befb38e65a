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

/** The accepted deliveries, in the order of their commit; refused ones are not shown. */
export interface InboxReader {
  /** Those after `seq`, at most `limit` and about `maxBytes` of bodies, but always the next one whatever its size. */
  after(seq: number, limit: number, maxBytes: number): Awaitable<Delivery[]>;
  /** The newest `seq`, 0 while there is none: who has read up to it has read all. */
  last(): Awaitable<number>;
  close(): Awaitable<void>;
}

/** Answers at once. */
export interface SqliteInboxReader extends InboxReader {
  after(seq: number, limit: number, maxBytes: number): Delivery[];
  last(): number;
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
    close: () => void db.close(),
  };
}

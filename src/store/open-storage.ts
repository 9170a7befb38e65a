import { sql, type Kysely } from 'kysely';
import { join } from 'node:path';
import { openInboxReader, type InboxReader } from '../inbox/inbox-reader.ts';
import { openInbox, type Inbox } from '../inbox/inbox.ts';
import { openBlobs, type Blobs, type SweepableBlobs } from './blobs.ts';
import type { ClockSources } from './clock.ts';
import { makeFolder } from './make-folder.ts';
import type { Replicas } from './replicas.ts';
import type { Tables } from './schema.ts';
import { lockFolder, openSqlite, openSqliteReader, refuseUnfinished, STORE_FILE } from './sqlite.ts';

/** The one place that chooses between files and a database; what PostgreSQL needs is loaded only where it is used. */

/** Where everything is kept: in files of a folder, or in a database that replicas share. */
export interface StorageAddress {
  readonly folder: string;
  /** `postgres://…`, which may hold a password; null for the folder. */
  readonly url: string | null;
}

/** What the receiving thread needs. */
export interface ReceivingStorage {
  readonly inbox: Inbox;
  readonly blobs: SweepableBlobs;
  /** Whether other processes may write the same store. */
  readonly shared: boolean;
  /** Reads what the store worker writes; opened once that has made the tables. */
  openReader(): Kysely<Tables>;
  /** After everything else was closed. */
  release(): Promise<void>;
}

/** What the store worker needs. */
export interface WorkerStorage {
  readonly db: Kysely<Tables>;
  readonly inbox: InboxReader;
  readonly blobs: Blobs;
  readonly clock: ClockSources;
  readonly replicas: Replicas | null;
  /** Before the tables are closed: ends our presence among the replicas. */
  readonly leave: () => Promise<void>;
}

/** @throws Error where another process holds the folder, or the database cannot be used */
export async function openReceivingStorage({ folder, url }: StorageAddress): Promise<ReceivingStorage> {
  if (url !== null) return (await import('./postgres-storage.ts')).openReceivingPostgres(url);
  makeFolder(folder);
  const lock = lockFolder(folder); // whoever restores holds it, so what has not ended now was cut off
  try {
    refuseUnfinished(folder);
  } catch (error) {
    lock.release();
    throw error;
  }
  const besides = join(folder, STORE_FILE);
  return {
    ...{ inbox: openInbox(join(folder, 'inbox.sqlite'), { besides }), blobs: openBlobs(folder), shared: false },
    openReader: () => openSqliteReader(folder),
    release: async () => lock.release(),
  };
}

/** The inbox must be there. */
export async function openWorkerStorage({ folder, url }: StorageAddress): Promise<WorkerStorage> {
  if (url !== null) return (await import('./postgres-storage.ts')).openWorkerPostgres(url);
  return {
    db: await openSqlite(folder),
    inbox: openInboxReader(join(folder, 'inbox.sqlite')),
    blobs: openBlobs(folder),
    clock: { wall: () => Date.now(), monotonic: () => performance.now() },
    replicas: null,
    leave: async () => {},
  };
}

/**
 * The tables alone, brought up to date, for the store verbs of the command line: made where there are none. Short writes
 * beside a running bridge are fine.
 */
export async function openStoreTables({ folder, url }: StorageAddress): Promise<Kysely<Tables>> {
  if (url !== null) return (await import('./postgres.ts')).openPostgres(url);
  makeFolder(folder);
  refuseUnfinished(folder);
  return openSqlite(folder);
}

/** The tables as they are, to be read. */
export async function openStoreReader({ folder, url }: StorageAddress): Promise<Kysely<Tables>> {
  if (url !== null) return (await import('./postgres.ts')).openPostgresReader(url);
  refuseUnfinished(folder);
  return openSqliteReader(folder);
}

/** All that is on record, to be read beside a running bridge: the tables, with `deliveries` among them, and the blobs. */
export interface Archive {
  readonly db: Kysely<Tables>;
  readonly blobs: Pick<Blobs, 'get'>;
  close(): Promise<void>;
}

/** @throws Error where there is nothing that could be read */
export async function openArchive({ folder, url }: StorageAddress): Promise<Archive> {
  const db = await openStoreReader({ folder, url });
  const close = (): Promise<void> => db.destroy();
  if (url !== null) return { db, blobs: (await import('./postgres-blobs.ts')).openPostgresBlobs(db), close };
  try {
    await sql`attach database ${join(folder, 'inbox.sqlite')} as inbox`.execute(db);
  } catch (error) {
    await close();
    throw error;
  }
  return { db, blobs: openBlobs(folder), close };
}

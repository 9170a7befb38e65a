import Database from 'better-sqlite3';
import { Kysely, SqliteDialect, type SqliteDatabase } from 'kysely';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from './migrations.ts';
import { nameFile } from './name-file.ts';
import type { Tables } from './schema.ts';

/** The SQLite dialect: one file, one writing thread, any number of readers. */

/** In the folder of the store. */
export const STORE_FILE = 'tierbell.sqlite';
/** Lies in a folder while a backup is restored into it. */
export const UNFINISHED = 'restore.unfinished';

/** @throws Error where a restore was cut off: what is there is no store */
export function refuseUnfinished(folder: string): void {
  if (existsSync(join(folder, UNFINISHED)))
    throw new Error(`a restore into ${folder} has not ended: run tierbell db restore again, or remove the folder`);
}

/** A lock on a data folder, held until `release` or the end of the process (`kill -9` included). */
export interface FolderLock {
  release(): void;
}

/** @throws Error where another process holds it */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, 'lock.sqlite');
  const lock = nameFile(path, () => new Database(path, { timeout: 0 }));
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new Error(`another Tierbell runs on ${folder}: stop it, or give this one its own --storage.path`, { cause });
  }
  return { release: () => void lock.close() };
}

/** Opens the file for writing and brings its tables up to date. Only one thread may do so. */
export async function openSqlite(folder: string): Promise<Kysely<Tables>> {
  const path = join(folder, STORE_FILE);
  const database = nameFile(path, () => {
    const opened = new Database(path);
    opened.pragma('journal_mode = WAL');
    return opened;
  });
  database.pragma('synchronous = FULL');
  database.pragma('busy_timeout = 5000');
  database.pragma('cache_size = -16000');
  database.pragma('wal_autocheckpoint = 8000'); // pages: in a storm the same ones are written again and again
  const how = { begin: 'begin immediate' }; // a verb and a bridge that start at once change the tables one after the other
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: seenByKysely(database, how) }) });
  await migrate(db, { identity: 'integer' });
  how.begin = 'begin';
  return db;
}

/** A connection that can only read, for the other threads. */
export function openSqliteReader(folder: string): Kysely<Tables> {
  const path = join(folder, STORE_FILE);
  const database = nameFile(path, () => new Database(path, { readonly: true, fileMustExist: true }));
  database.pragma('busy_timeout = 5000');
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
}

/** Statements kept ready: most queries come again and again, and making one ready takes as long as a small one takes to run. */
const STATEMENTS = 200;

/**
 * What Kysely sees of a database. On a full disk SQLite itself rolls back; a second rollback would fail, and its error
 * would hide what went wrong: the delivery at hand would look like poison rather than like one to be tried again.
 */
function seenByKysely(database: Database.Database, how: { readonly begin: string }): SqliteDatabase {
  const ready = new Map<string, Database.Statement>();
  return {
    close: () => database.close(),
    prepare(sql: string) {
      const wanted = sql === 'begin' ? how.begin : sql === 'rollback' && !database.inTransaction ? NOTHING : sql;
      if (SCHEMA.test(wanted)) ready.clear();
      const known = ready.get(wanted);
      if (known !== undefined) return known;
      const fresh = database.prepare(wanted);
      const [oldest] = ready.keys();
      if (ready.size >= STATEMENTS && oldest !== undefined) ready.delete(oldest);
      ready.set(wanted, fresh);
      return fresh;
    },
  };
}

/** What `*` stands for may be another afterwards. */
const SCHEMA = /^\s*(create|alter|drop)\b/i;

const NOTHING = 'select 0 where 0';

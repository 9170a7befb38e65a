import { sql, type Kysely } from 'kysely';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openInbox } from '../inbox/inbox.ts';
import { isBlobName } from '../store/blobs.ts';
import type { Tables } from '../store/schema.ts';
import { lockFolder, openSqlite, openSqliteReader, STORE_FILE, UNFINISHED } from '../store/sqlite.ts';
import { BlobWriter } from './blob-writer.ts';
import type { BlobPiece } from './blob-pieces.ts';
import { addRows, dropFixDeadlines, firstFilled, jumpNumbers } from './fill-tables.ts';
import type { BackupRows } from './read-backup.ts';
import type { Given, RestoreTarget } from './restore-backup.ts';

/**
 * Files of a folder. While they are filled a mark lies beside them, with which nothing opens them: so also after `kill -9`
 * there is no half of a store. The next restore begins anew.
 */
export function folderTarget(folder: string): RestoreTarget {
  return {
    async fill(rows, given) {
      mkdirSync(folder, { recursive: true });
      const lock = lockFolder(folder);
      const mark = join(folder, UNFINISHED);
      try {
        if (!existsSync(mark)) await refuseFilled(folder);
        writeFileSync(mark, 'A restore into this folder was begun and has not ended.\n', { flush: true });
        sync(folder);
        removeStore(folder);
        await fillFiles(folder, rows, given).catch((error: unknown) => {
          removeStore(folder);
          rmSync(mark);
          throw error;
        });
        rmSync(mark);
        sync(folder);
      } finally {
        lock.release();
      }
    },
  };
}

/** @throws Error where anything is in it that would be lost */
async function refuseFilled(folder: string): Promise<void> {
  const refuse = (what: string): never => {
    throw new Error(`${folder} is not empty (${what}): restore into an empty folder`);
  };
  const blobs = join(folder, 'blobs');
  if (existsSync(blobs) && readdirSync(blobs).some(isBlobName)) refuse('blobs');
  if (!existsSync(join(folder, STORE_FILE))) {
    if (existsSync(join(folder, 'inbox.sqlite'))) refuse('inbox.sqlite');
    return;
  }
  const db = openSqliteReader(folder);
  try {
    const inbox = join(folder, 'inbox.sqlite');
    const deliveries = existsSync(inbox);
    if (deliveries) await sql`attach database ${inbox} as inbox`.execute(db);
    const filled = await firstFilled(db, deliveries ? [] : ['deliveries']);
    if (filled !== null) refuse(filled);
  } finally {
    await db.destroy();
  }
}

function removeStore(folder: string): void {
  for (const name of [STORE_FILE, 'inbox.sqlite'])
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(join(folder, name + end), { force: true });
  rmSync(join(folder, 'blobs'), { recursive: true, force: true });
}

async function fillFiles(folder: string, rows: AsyncIterable<BackupRows>, given: Given): Promise<void> {
  const inbox = openInbox(join(folder, 'inbox.sqlite'));
  inbox.continueAfter(given.deliveries);
  inbox.close();
  const db = await openSqlite(folder);
  const blobs = new BlobWriter(folder, given.damaged);
  try {
    await sql`attach database ${join(folder, 'inbox.sqlite')} as inbox`.execute(db);
    await journal(db, 'off'); // the mark stands for it
    await db.transaction().execute(async (tx) => {
      await sql`delete from meta where name <> 'schema'`.execute(tx);
      for await (const { table, rows: some } of rows) {
        if (table === 'blobs') for (const piece of some) await blobs.add(piece as unknown as BlobPiece);
        else await addRows(tx, table, some);
      }
      await dropFixDeadlines(tx);
      await jumpNumbers(tx, given.takenAt, given.numbersFrom);
    });
    await blobs.end();
    await journal(db, 'wal');
  } finally {
    await blobs.close();
    await db.destroy();
  }
  for (const name of [STORE_FILE, 'inbox.sqlite']) sync(join(folder, name));
}

async function journal(db: Kysely<Tables>, mode: 'off' | 'wal'): Promise<void> {
  for (const schema of ['main', 'inbox'] as const) {
    await sql.raw(`pragma ${schema}.synchronous = ${mode === 'off' ? 'off' : 'full'}`).execute(db);
    await sql.raw(`pragma ${schema}.journal_mode = ${mode}`).execute(db);
  }
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}

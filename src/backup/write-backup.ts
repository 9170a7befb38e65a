import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { syncFolder } from '../store/blobs.ts';
import type { StorageAddress } from '../store/open-storage.ts';
import { checkPieces } from './blob-pieces.ts';
import { BLOBS, FORMAT, type BackupTable, type Header, type Row, type Trailer } from './format.ts';
import { withSnapshot, type Snapshot } from './snapshot.ts';

/** Half the time of the usual level for a tenth more of room. */
const GZIP_LEVEL = 3;

export interface BackupOptions {
  /** The Tierbell that writes. */
  readonly version: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface BackupDone {
  readonly header: Header;
  readonly trailer: Trailer;
}

/**
 * Writes a backup under a temporary name beside `file`, and gives it its name once all of it is on disk: an older one of
 * that name stays until then. The bridge may run, and so may another backup. Only the owner may read it, as it holds the store's secret.
 * @throws Error where the store cannot be read or the file not be written
 */
export async function writeBackup(
  address: StorageAddress,
  file: string,
  { version, now }: BackupOptions,
): Promise<BackupDone> {
  await refuseOtherThanFile(file);
  const draft = `${file}.${randomBytes(4).toString('hex')}.partial`; // of its own: another backup may run
  try {
    const done = await withSnapshot(address, async (snapshot) => {
      const header: Header = {
        ...{ tierbell: 'backup', format: FORMAT, version, ...snapshot.about },
        takenAt: new Date(now).toISOString(),
      };
      const trailer: Trailer = { rows: {}, damaged: [], sha256: '' };
      const output = createWriteStream(draft, { mode: 0o600, flush: true });
      await pipeline(linesOf(snapshot, header, trailer), createGzip({ level: GZIP_LEVEL }), output);
      return { header, trailer };
    });
    await rename(draft, file);
    await syncFolder(dirname(file));
    return done;
  } catch (error) {
    await rm(draft, { force: true });
    const { syscall, path, message } = error as NodeJS.ErrnoException;
    const isOurs = syscall === 'write' || syscall === 'fsync' || path === draft;
    throw isOurs ? new Error(`${file} could not be written (${message})`, { cause: error }) : error;
  }
}

/** Giving a device, a pipe or a folder the backup's name would take it away. @throws Error */
async function refuseOtherThanFile(file: string): Promise<void> {
  const there = await lstat(file).catch(() => null);
  if (there?.isFile() === false) throw new Error(`${file} is there and no ordinary file: name a file for the backup`);
}

/** All lines, a page at a time; `trailer` is filled on the way. */
async function* linesOf(snapshot: Snapshot, header: Header, trailer: Trailer): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const hashed = (text: string): Buffer => {
    const bytes = Buffer.from(text);
    hash.update(bytes);
    return bytes;
  };
  yield hashed(`${JSON.stringify(header)}\n`);
  const pages = async function* (table: BackupTable, rows: AsyncIterable<readonly Row[]>): AsyncGenerator<Buffer> {
    let count = 0;
    for await (const page of rows) {
      if (count === 0) yield hashed(sectionLine(table, page[0] ?? {}));
      count += page.length;
      yield hashed(page.map(rowLine).join(''));
    }
    trailer.rows[table.name] = count;
  };
  for (const table of snapshot.tables) yield* pages(table, snapshot.rows(table));
  yield* pages(BLOBS, blobPages(snapshot, trailer.damaged));
  trailer.sha256 = hash.digest('hex');
  yield Buffer.from(`${JSON.stringify({ end: trailer })}\n`);
}

async function* blobPages(snapshot: Snapshot, damaged: string[]): AsyncGenerator<readonly Row[]> {
  const note = (sha256: string, whole: boolean): void => void (whole || damaged.push(sha256));
  for await (const piece of checkPieces(snapshot.blobs(), note)) yield [{ ...piece }];
}

function sectionLine({ name, binary = [] }: BackupTable, first: Row): string {
  return `${JSON.stringify({ table: name, columns: Object.keys(first), binary })}\n`;
}

function rowLine(row: Row): string {
  const values = Object.values(row).map((value) => (Buffer.isBuffer(value) ? value.toString('base64') : value));
  return `${JSON.stringify(values)}\n`;
}

import { faultOf } from '../incidents/timeline.ts';
import { auditLedger, type Audit } from '../store/ledger.ts';
import { SCHEMA_VERSION } from '../store/migrations.ts';
import { openStoreReader, type StorageAddress } from '../store/open-storage.ts';
import { asRestored } from './as-restored.ts';
import type { Header, Trailer } from './format.ts';
import { BadBackup, readBackup, type BackupRows } from './read-backup.ts';

export interface Restored {
  readonly header: Header;
  readonly trailer: Trailer;
  readonly audit: Audit;
}

/** An empty store that nobody else may open while it is filled. */
export interface RestoreTarget {
  /** Everything that `rows` yields is there afterwards, or, on any error, nothing of it. */
  fill(rows: AsyncIterable<BackupRows>, given: Given): Promise<void>;
}

/** What the store must know besides its rows. */
export interface Given {
  /** The next delivery gets a higher number. */
  readonly deliveries: number;
  /** Large things that are left out. */
  readonly damaged: ReadonlySet<string>;
}

/**
 * Restores a backup into an empty store, of either kind. The file is read through before anything is written.
 * @throws BadBackup where the file is not used
 * @throws Error where the store is not empty, a bridge uses it, or it cannot be written; nothing was restored then
 */
export async function restoreBackup(address: StorageAddress, file: string): Promise<Restored> {
  const { header, trailer } = await readThrough(file);
  checkSchema(header);
  const target =
    address.url === null
      ? (await import('./restore-folder.ts')).folderTarget(address.folder)
      : (await import('./restore-database.ts')).databaseTarget(address.url);
  const given = { deliveries: header.deliveriesGiven, damaged: new Set(trailer.damaged) };
  await target.fill(restoredRows(file, header), given);
  return { header, trailer, audit: await audit(address) };
}

async function readThrough(file: string): Promise<Pick<Restored, 'header' | 'trailer'>> {
  let header: Header | null = null;
  const reading = readBackup(file, (found) => void (header = found));
  for (;;) {
    const next = await reading.next();
    if (next.done !== true) continue;
    if (header === null) throw new BadBackup('it is empty');
    return { header, trailer: next.value };
  }
}

/** Tables of another schema would have to be filled before their later steps are taken: the Tierbell of then can do that. */
function checkSchema({ schema, version }: Header): void {
  if (schema === SCHEMA_VERSION) return;
  const what = `it is of Tierbell ${version} (schema ${schema}), this one restores schema ${SCHEMA_VERSION}`;
  throw new BadBackup(
    schema > SCHEMA_VERSION
      ? `${what}: restore it with Tierbell ${version} or later`
      : `${what}: restore it with Tierbell ${version}; this one brings that store up to date when it starts`,
  );
}

async function* restoredRows(file: string, header: Header): AsyncGenerator<BackupRows> {
  for await (const { table, rows } of readBackup(file, () => {})) {
    yield { table, rows: rows.map((row) => asRestored(table, row, header)).filter((row) => row !== null) };
  }
}

async function audit(address: StorageAddress): Promise<Audit> {
  const db = await openStoreReader(address);
  try {
    return await auditLedger(db, faultOf, null);
  } finally {
    await db.destroy();
  }
}

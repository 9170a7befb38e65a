import { faultOf } from '../incidents/timeline.ts';
import { auditLedger, type Audit } from '../store/ledger.ts';
import { SCHEMA_VERSION } from '../store/migrations.ts';
import { openStoreReader, type StorageAddress } from '../store/open-storage.ts';
import { asRestored } from './as-restored.ts';
import type { Header, Trailer } from './format.ts';
import { BadBackup, readBackup, type BackupRows } from './read-backup.ts';
import { readMeta } from '../store/meta.ts';

export interface Restored {
  readonly header: Header;
  readonly trailer: Trailer;
  readonly audit: Audit;
  /** The numbers between what the backup holds and what comes next: they may have been given since. */
  readonly numbers: { readonly last: number; readonly next: number };
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
  /** When the backup was made, epoch milliseconds. */
  readonly takenAt: number;
  /** What the next incident is to be called; null for a number far above (`jumpNumbers`). */
  readonly numbersFrom: number | null;
  /** Large things that are left out. */
  readonly damaged: ReadonlySet<string>;
}

/**
 * Restores a backup into an empty store, of either kind. The file is read through before anything is written.
 * @param numbersFrom what the next incident is to be called; without it the numbers jump, as some may have been given since
 * @throws BadBackup where the file is not used
 * @throws Error where the store is not empty, a bridge uses it, or it cannot be written; nothing was restored then
 */
export async function restoreBackup(
  address: StorageAddress,
  file: string,
  { numbersFrom = null }: { readonly numbersFrom?: number | null } = {},
): Promise<Restored> {
  const { header, trailer } = await readThrough(file);
  checkSchema(header);
  const target =
    address.url === null
      ? (await import('./restore-folder.ts')).folderTarget(address.folder)
      : (await import('./restore-database.ts')).databaseTarget(address.url);
  const given = {
    ...{ deliveries: header.deliveriesGiven, damaged: new Set(trailer.damaged) },
    ...{ takenAt: Date.parse(header.takenAt), numbersFrom },
  };
  await target.fill(restoredRows(file, header), given);
  return { header, trailer, ...(await look(address)) };
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

/** What stands there now. */
async function look(address: StorageAddress): Promise<Pick<Restored, 'audit' | 'numbers'>> {
  const db = await openStoreReader(address);
  try {
    const last = await db
      .selectFrom('incidents')
      .select('number')
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst();
    const given = await readMeta(db, 'incident_number');
    const numbers = { last: Number(last?.number ?? 0), next: Number(given ?? 0) + 1 };
    return { audit: await auditLedger(db, faultOf, null), numbers };
  } finally {
    await db.destroy();
  }
}

import { sql, type Kysely } from 'kysely';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SCHEMA_VERSION } from '../store/migrations.ts';
import { STORE_FILE } from '../store/sqlite.ts';
import { openStoreReader, type StorageAddress } from '../store/open-storage.ts';
import type { Tables } from '../store/schema.ts';
import { blobFiles, blobRows, type BlobPiece } from './blob-pieces.ts';
import { INBOX_TABLES, STORE_TABLES, type BackupTable, type Header, type Row } from './format.ts';
import { readMeta } from '../store/meta.ts';

/** Rows that are read at once. */
const PAGE = 200;
/** Bytes of large rows that are read at once. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** A store as it stood at one moment, while others go on writing. */
export interface Snapshot {
  readonly about: Pick<Header, 'dialect' | 'schema' | 'deliveriesGiven'>;
  /** The tables that there are, the store's first. */
  readonly tables: readonly BackupTable[];
  rows(table: BackupTable): AsyncGenerator<readonly Row[]>;
  blobs(): AsyncGenerator<BlobPiece>;
}

/**
 * Reads a store in one transaction, the inbox after the tables: so the inbox holds at least what the store has taken.
 * @throws Error where there is no store, or one of a newer Tierbell
 */
export async function withSnapshot<T>(address: StorageAddress, work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  const { folder, url } = address;
  if (url === null && !existsSync(join(folder, STORE_FILE))) throw new Error(`there is no store in ${folder}`);
  const db = await openStoreReader(address);
  try {
    if (url !== null) {
      const frozen = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
      return await frozen.execute(async (tx) => work(await look(tx, 'postgres', folder)));
    }
    const inbox = join(folder, 'inbox.sqlite');
    if (existsSync(inbox)) await sql`attach database ${inbox} as inbox`.execute(db);
    return await db.transaction().execute(async (tx) => work(await look(tx, 'sqlite', folder)));
  } finally {
    await db.destroy();
  }
}

async function look(tx: Kysely<Tables>, dialect: Header['dialect'], folder: string): Promise<Snapshot> {
  const present = await namesOfTables(tx, dialect);
  if (!present.has('meta')) throw new Error('there are no tables of Tierbell yet');
  // The first read: from here on the store's tables stand still.
  const schema = Number((await readMeta(tx, 'schema')) ?? 0);
  if (schema > SCHEMA_VERSION) throw new Error('the store is of a newer Tierbell: back it up with that one');
  const given = present.has('deliveries') ? await deliveriesGiven(tx, dialect) : 0;
  return {
    about: { dialect, schema, deliveriesGiven: given },
    tables: [...STORE_TABLES, ...INBOX_TABLES].filter(({ name }) => present.has(name)),
    rows: (table) => (table.large === undefined ? pagesOf(tx, table) : largePagesOf(tx, table, table.large)),
    blobs: () => (dialect === 'sqlite' ? blobFiles(folder) : blobRows(tx)),
  };
}

async function namesOfTables(tx: Kysely<Tables>, dialect: Header['dialect']): Promise<ReadonlySet<string>> {
  const query =
    dialect === 'sqlite'
      ? sql<{ name: string }>`select name from pragma_table_list where type = 'table'`
      : sql<{ name: string }>`select tablename as name from pg_tables where schemaname = current_schema()`;
  return new Set((await query.execute(tx)).rows.map(({ name }) => name));
}

async function deliveriesGiven(tx: Kysely<Tables>, dialect: Header['dialect']): Promise<number> {
  const query =
    dialect === 'sqlite'
      ? sql<{ given: number }>`select seq as given from inbox.sqlite_sequence where name = 'deliveries'`
      : sql<{ given: number | null }>`
          select pg_sequence_last_value(pg_get_serial_sequence('deliveries', 'seq')::regclass) as given`;
  return (await query.execute(tx)).rows[0]?.given ?? 0;
}

/** By the primary key, so that no more than a page is in memory and each is found at once. */
async function* pagesOf(tx: Kysely<Tables>, { name, key }: BackupTable): AsyncGenerator<readonly Row[]> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  for (let last: readonly unknown[] | null = null; ;) {
    const after: ReturnType<typeof sql> = last === null ? sql`` : sql`where (${columns}) > (${sql.join(last)})`;
    const page: { rows: Row[] } = await sql<Row>`
      select * from ${sql.table(name)} ${after} order by ${columns} limit ${PAGE}`.execute(tx);
    if (page.rows.length > 0) yield page.rows;
    const end = page.rows.at(-1);
    if (end === undefined || page.rows.length < PAGE) return;
    last = key.map((column) => end[column]);
  }
}

interface Measured {
  readonly seq: number;
  readonly size: number;
}

/** As many rows at once as fit, at least one. The key is one number. */
async function* largePagesOf(
  tx: Kysely<Tables>,
  { name, key }: BackupTable,
  large: string,
): AsyncGenerator<readonly Row[]> {
  const seq = sql.ref(key[0] ?? '');
  for (let last = -1; ;) {
    const { rows } = await sql<Measured>`
      select ${seq} as seq, length(${sql.ref(large)}) as size from ${sql.table(name)}
      where ${seq} > ${last} order by ${seq} limit ${PAGE}`.execute(tx);
    if (rows.length === 0) return;
    for (const part of partsOf(rows)) {
      const [first, end] = [part[0]?.seq, part.at(-1)?.seq];
      const page = await sql<Row>`
        select * from ${sql.table(name)} where ${seq} >= ${first} and ${seq} <= ${end} order by ${seq}`.execute(tx);
      yield page.rows;
    }
    last = rows.at(-1)?.seq ?? last;
  }
}

function partsOf(rows: readonly Measured[]): Measured[][] {
  const parts: Measured[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    bytes += row.size;
    if (bytes > PAGE_BYTES) {
      parts.push([]);
      bytes = row.size;
    }
    parts.at(-1)?.push(row);
  }
  return parts;
}

import { z } from 'zod';

/**
 * A backup is a gzip of lines of JSON, the same for SQLite and PostgreSQL:
 *
 *     {"tierbell":"backup","format":1,…}        what it is of
 *     {"table":"meta","columns":[…],"binary":[…]}   begins a table
 *     ["secret","…"]                            a row; bytes are base64
 *     {"end":{"rows":{…},"sha256":"…",…}}       how much there was, and the SHA-256 of everything before this line
 */
export const FORMAT = 1;

export interface BackupTable {
  readonly name: string;
  /** Its primary key: the order in which rows are read. */
  readonly key: readonly string[];
  /** The column that may be large; then few rows are read at once. */
  readonly large?: string;
  /** Columns of bytes. */
  readonly binary?: readonly string[];
}

/** Of the store; read first. A test compares these with the tables that there are. */
export const STORE_TABLES: readonly BackupTable[] = [
  { name: 'meta', key: ['name'] },
  { name: 'incidents', key: ['number'] },
  { name: 'alerts', key: ['incident', 'source', 'fingerprint'] },
  { name: 'timeline', key: ['incident', 'seq'] },
  { name: 'jobs', key: ['id'] },
  { name: 'attempts', key: ['id'] },
  { name: 'bundles', key: ['incident', 'n'] },
  { name: 'set_aside', key: ['id'] },
  { name: 'threads', key: ['incident', 'channel'] },
  { name: 'tokens', key: ['name'] },
  { name: 'corrections', key: ['identity'] },
  { name: 'spent', key: ['key'] },
  { name: 'likenesses', key: ['incident'] },
  { name: 'incident_templates', key: ['incident', 'template'] },
  { name: 'changes', key: ['source', 'key'] },
];

/** Of the inbox; read after the store, so that nothing that was taken is missing. */
export const INBOX_TABLES: readonly BackupTable[] = [
  { name: 'deliveries', key: ['seq'], large: 'body', binary: ['body'] },
  { name: 'signatures', key: ['source', 'signature'] },
];

/** Large things, in pieces; on SQLite these are files. Read last, as they are only ever added before a row names them. */
export const BLOBS: BackupTable = { name: 'blobs', key: ['sha256', 'n'], binary: ['bytes'] };

export const BACKUP_TABLES: readonly BackupTable[] = [...STORE_TABLES, ...INBOX_TABLES, BLOBS];

/** A piece of a large thing. */
export const BLOB_PIECE_BYTES = 1024 * 1024;

export type Row = Readonly<Record<string, unknown>>;

const count = z.int().min(0);

export const header = z.object({
  tierbell: z.literal('backup'),
  format: count,
  /** The Tierbell that wrote it. */
  version: z.string(),
  /** Of the store's tables (`store/migrations.ts`). */
  schema: count,
  /** RFC 3339. */
  takenAt: z.iso.datetime(),
  dialect: z.enum(['sqlite', 'postgres']),
  /** The newest number that was given to a delivery; the next must be higher. */
  deliveriesGiven: count,
});
export type Header = z.output<typeof header>;

export const section = z.object({
  table: z.enum(BACKUP_TABLES.map(({ name }) => name)),
  columns: z.array(z.string().regex(/^[a-z][a-z0-9_]*$/)).min(1),
});
export type Section = z.output<typeof section>;

export const trailer = z.object({
  end: z.object({
    rows: z.record(z.string(), count),
    /** Large things that were no longer what their name says when this was written; they are not restored. */
    damaged: z.array(z.string()),
    sha256: z.string(),
  }),
});
export type Trailer = z.output<typeof trailer>['end'];

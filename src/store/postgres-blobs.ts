import { sql, type Kysely } from 'kysely';
import { createHash } from 'node:crypto';
import { isBlobName, type SweepableBlobs } from './blobs.ts';
import type { Tables } from './schema.ts';

/** A row's size: what one statement carries without holding up others. */
const CHUNK_BYTES = 1024 * 1024;

/** Large things as rows of 1 MB under their SHA-256, committed before any other row names them. */
export function openPostgresBlobs(db: Kysely<Tables>): SweepableBlobs {
  return {
    async put(bytes) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const { rows } = await sql`select 1 from blobs where sha256 = ${sha256} limit 1`.execute(db);
      if (rows.length > 0) return sha256;
      await db.transaction().execute(async (tx) => {
        for (const [n, chunk] of chunksOf(bytes).entries())
          await sql`insert into blobs (sha256, n, bytes) values (${sha256}, ${n}, ${chunk}) on conflict do nothing`.execute(
            tx,
          );
      });
      return sha256;
    },
    async get(sha256) {
      if (!isBlobName(sha256)) throw new Error('not a blob name');
      const { rows } = await sql<{ bytes: Buffer }>`
        select bytes from blobs where sha256 = ${sha256} order by n`.execute(db);
      if (rows.length === 0) throw new Error(`the blob ${sha256} is missing`);
      return Buffer.concat(rows.map(({ bytes }) => bytes));
    },
    async names() {
      const { rows } = await sql<{ sha256: string }>`select sha256 from blobs where n = 0`.execute(db);
      return rows.map(({ sha256 }) => sha256);
    },
    async remove(sha256) {
      await sql`delete from blobs where sha256 = ${sha256}`.execute(db);
    },
  };
}

/** One at least: nothing at all is a blob too. */
function chunksOf(bytes: Uint8Array): Buffer[] {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Buffer[] = [whole.subarray(0, CHUNK_BYTES)];
  for (let start = CHUNK_BYTES; start < whole.length; start += CHUNK_BYTES)
    chunks.push(whole.subarray(start, start + CHUNK_BYTES));
  return chunks;
}

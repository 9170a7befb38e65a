import { sql, type Kysely } from 'kysely';
import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isBlobName } from '../store/blobs.ts';
import type { Tables } from '../store/schema.ts';
import { BLOB_PIECE_BYTES } from './format.ts';

/** One piece of a large thing; the pieces of one come one after the other. */
export interface BlobPiece {
  readonly sha256: string;
  readonly n: number;
  readonly bytes: Buffer;
}

/** Files `blobs/<sha256>`, by name. One that retention takes away meanwhile is left out. */
export async function* blobFiles(folder: string): AsyncGenerator<BlobPiece> {
  const root = join(folder, 'blobs');
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const sha256 of names.filter(isBlobName).toSorted()) yield* piecesOf(join(root, sha256), sha256);
}

async function* piecesOf(path: string, sha256: string): AsyncGenerator<BlobPiece> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return;
  try {
    for (let n = 0; ; n++) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(BLOB_PIECE_BYTES));
      if (bytesRead === 0 && n > 0) return;
      yield { sha256, n, bytes: buffer.subarray(0, bytesRead) }; // one at least: nothing at all is a blob too
    }
  } finally {
    await file.close();
  }
}

/** Rows of PostgreSQL. */
export async function* blobRows(tx: Kysely<Tables>): AsyncGenerator<BlobPiece> {
  for (let last: BlobPiece | null = null; ;) {
    const after: ReturnType<typeof sql> = last === null ? sql`` : sql`where (sha256, n) > (${last.sha256}, ${last.n})`;
    const page: { rows: BlobPiece[] } = await sql<BlobPiece>`
      select sha256, n, bytes from blobs ${after} order by sha256, n limit 4`.execute(tx);
    yield* page.rows;
    last = page.rows.at(-1) ?? null;
    if (last === null) return;
  }
}

/** Hands pieces on; `done` is told of each blob that ended whether it is what its name says. */
export async function* checkPieces(
  pieces: AsyncIterable<BlobPiece>,
  done: (sha256: string, whole: boolean) => void,
): AsyncGenerator<BlobPiece> {
  let name: string | null = null;
  let hash = createHash('sha256');
  const finish = (): void => {
    if (name !== null) done(name, hash.digest('hex') === name);
  };
  for await (const piece of pieces) {
    if (piece.sha256 !== name) {
      finish();
      name = piece.sha256;
      hash = createHash('sha256');
    }
    hash.update(piece.bytes);
    yield piece;
  }
  finish();
}

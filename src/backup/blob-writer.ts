import { createHash, type Hash } from 'node:crypto';
import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isBlobName } from '../store/blobs.ts';
import { BadBackup } from './read-backup.ts';
import type { BlobPiece } from './blob-pieces.ts';

/** Makes files of pieces that come one after the other, each synced and checked against its name. */
export class BlobWriter {
  readonly #root: string;
  readonly #left: ReadonlySet<string>;
  #open: { readonly sha256: string; readonly file: FileHandle; readonly hash: Hash } | null = null;

  /** @param left names that are not written */
  constructor(folder: string, left: ReadonlySet<string>) {
    this.#root = join(folder, 'blobs');
    this.#left = left;
  }

  async add({ sha256, bytes }: BlobPiece): Promise<void> {
    if (this.#left.has(sha256)) return;
    if (this.#open?.sha256 !== sha256) {
      await this.end();
      if (!isBlobName(sha256)) throw new BadBackup('it names a blob as none is named');
      await mkdir(this.#root, { recursive: true });
      this.#open = { sha256, file: await open(this.#draft(sha256), 'w'), hash: createHash('sha256') };
    }
    this.#open.hash.update(bytes);
    await this.#open.file.writeFile(bytes);
  }

  /** The last one is whole. @throws BadBackup where it is not what its name says */
  async end(): Promise<void> {
    const whole = this.#open;
    if (whole === null) return;
    this.#open = null;
    await whole.file.sync();
    await whole.file.close();
    if (whole.hash.digest('hex') !== whole.sha256) throw new BadBackup(`the blob ${whole.sha256} in it is damaged`);
    await rename(this.#draft(whole.sha256), join(this.#root, whole.sha256));
  }

  async close(): Promise<void> {
    await this.#open?.file.close();
    this.#open = null;
  }

  #draft(sha256: string): string {
    return join(this.#root, `.${sha256}.restored`);
  }
}

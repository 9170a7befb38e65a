import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Space that must be free beyond the ballast before it counts as returned: else it would be full again at once. */
const MARGIN_BYTES = 4 * 1024 * 1024;

/**
 * A file that only takes up room. On a full disk SQLite cannot even delete or check-point: giving this room back lets
 * the databases on the same disk do that, while new deliveries wait until there is real space again.
 */
export class Ballast {
  readonly #path: string;
  readonly #bytes: number;

  /** Takes the room if there is enough of it. */
  constructor(path: string, bytes: number) {
    this.#path = path;
    this.#bytes = bytes;
    this.restore();
  }

  get held(): boolean {
    return (statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0) >= this.#bytes;
  }

  release(): void {
    rmSync(this.#path, { force: true });
  }

  /** Takes the room again; false while there is too little of it. */
  restore(): boolean {
    if (this.held) return true;
    try {
      const { bavail, bsize } = statfsSync(dirname(this.#path));
      if (bavail * bsize < this.#bytes + MARGIN_BYTES) return false;
      this.#write();
      return true;
    } catch {
      this.release();
      return false;
    }
  }

  #write(): void {
    const file = openSync(this.#path, 'w');
    try {
      // Not zeros: some file systems store a run of zeros as nothing.
      const block = Buffer.alloc(1024 * 1024, 'tierbell keeps this room free. ');
      for (let written = 0; written < this.#bytes;) {
        written += writeSync(file, block, 0, Math.min(block.length, this.#bytes - written));
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}

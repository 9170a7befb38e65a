import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Large things by their SHA-256, on disk before any row names them. Never changed, only added. */
export interface Blobs {
  /** @returns the SHA-256 in hex, once the bytes are on disk */
  put(bytes: Uint8Array): Promise<string>;
  /** @throws Error where it is missing */
  get(sha256: string): Promise<Uint8Array>;
}

/** For retention, which alone removes any. */
export interface SweepableBlobs extends Blobs {
  /** All that there are. */
  names(): Promise<readonly string[]>;
  /** One that is not there is removed already. */
  remove(sha256: string): Promise<void>;
}

/** As files `blobs/<sha256>` in the store's folder. */
export function openBlobs(folder: string): SweepableBlobs {
  const root = join(folder, 'blobs');
  let serial = 0;
  return {
    async put(bytes) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const path = join(root, sha256);
      if (await exists(path)) return sha256;
      await mkdir(root, { recursive: true });
      const draft = join(root, `.${sha256}.${++serial}`);
      await writeSynced(draft, bytes);
      await rename(draft, path);
      await syncFolder(root);
      return sha256;
    },
    async get(sha256) {
      if (!isBlobName(sha256)) throw new Error('not a blob name');
      return readFile(join(root, sha256));
    },
    async names() {
      if (!(await exists(root))) return [];
      return (await readdir(root)).filter(isBlobName);
    },
    async remove(sha256) {
      if (!isBlobName(sha256)) throw new Error('not a blob name');
      await rm(join(root, sha256), { force: true });
    },
  };
}

export function isBlobName(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes sure that what was made or renamed in a folder outlives a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

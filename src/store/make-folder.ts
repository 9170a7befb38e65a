import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const WHY: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file',
  ENOTDIR: 'a part of it is a file',
  ELOOP: 'a link in it leads back to itself',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it lies on a file system that can only be read',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'the disk is full',
  ENOENT: 'nothing can be made there',
};

/** Makes the folder of the store with those above it, where they are missing. @throws Error with the next step */
export function makeFolder(folder: string): void {
  try {
    make(resolve(folder));
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Error(
      `the folder of the store ${folder} cannot be used: ${WHY[code] ?? message}; name another with --storage.path, or make it for this user`,
      { cause: error },
    );
  }
}

/** By ourselves: with `recursive`, Node tries for ever where the folder above is there and nothing can be made in it (`/proc`). */
function make(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const above = dirname(folder);
    if (isFolder(folder)) return;
    if (code !== 'ENOENT' || isFolder(above)) throw error;
    make(above);
    make(folder);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

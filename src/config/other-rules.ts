import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadOptions } from './load.ts';

/** The name of the main file in a folder of rules. */
const MAIN = 'tierbell.yaml';

/**
 * What is loaded where people name other rules: a main file; a folder with one; or a folder with rule files alone, which
 * then take the place of those beside the present main file.
 * @param path as it was named
 * @param main the present main file
 * @returns null where there is nothing at this path
 */
export async function findOtherRules(
  path: string,
  main: string,
): Promise<Pick<LoadOptions, 'file' | 'rulesFolder'> | null> {
  const what = await kindOf(path);
  if (what === 'file') return { file: path };
  if (what === 'nothing') return null;
  const own = join(path, MAIN);
  return (await kindOf(own)) === 'file' ? { file: own } : { file: main, rulesFolder: path };
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'nothing'> {
  const found = await stat(path).catch(() => null);
  if (found === null) return 'nothing';
  return found.isDirectory() ? 'folder' : 'file';
}

import { realpathSync } from 'node:fs';
import { basename, isAbsolute, resolve } from 'node:path';

/** `file`: the program with every `..` and symbolic link resolved; null where there is none at that path yet. */
export type Allowance =
  { readonly ok: true; readonly file: string | null } | { readonly ok: false; readonly reason: string };

/**
 * Whether a program may be started under an allow-list of files and of folders ending in `/`.
 * Links are resolved on both sides, so a link inside an allowed folder cannot lead out of it. An allowed file must also be
 * called by its own name: programs such as busybox do what their name says.
 */
export function allowProgram(program: string, allow: readonly string[]): Allowance {
  if (!isAbsolute(program) || program.includes('\0'))
    return { ok: false, reason: `${JSON.stringify(program)} is not an absolute path` };
  const file = realPath(program);
  if (file === undefined)
    return { ok: false, reason: `${program} cannot be looked at; check the rights of its folders` };
  if (allow.some((entry) => covers(entry, program, file))) return { ok: true, file };
  const leads = file === null || file === program ? '' : ` (it leads to ${file})`;
  return { ok: false, reason: `${program}${leads} is not on the executor's allow list: ${allow.join(', ')}` };
}

/** A program that is not there yet is compared as it is written. */
function covers(entry: string, program: string, file: string | null): boolean {
  const path = file ?? resolve(program);
  const there = file === null ? resolve(entry) : (realPath(entry) ?? resolve(entry));
  if (entry.endsWith('/')) return path.startsWith(there.endsWith('/') ? there : `${there}/`);
  return path === there && basename(program) === basename(entry);
}

/** Null where there is nothing, undefined where one may not look. */
function realPath(path: string): string | null | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : undefined;
  }
}

import { glob } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { Problem } from './problem.ts';
import { speakValue } from './secrecy.ts';
import { valueAt, type YamlFile } from './yaml-file.ts';

/** Reads a whole text file; throws as `node:fs` does. */
export type ReadFile = (path: string) => Promise<string>;

/** What reading a file gave: its text, or why there is none, in words that hold no text of it. */
export type Reading = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

export async function tryRead(path: string, readFile: ReadFile): Promise<Reading> {
  try {
    return { ok: true, text: await readFile(path) };
  } catch (error) {
    return { ok: false, reason: speakFileError(error) };
  }
}

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'this file may not be read',
  EPERM: 'this file may not be read',
  EISDIR: 'this is a folder, not a file',
  ENOTDIR: 'no such file',
  ELOOP: 'this link leads back to itself',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'this file is not UTF-8 text',
};

/** Why a file cannot be read, for people. */
export function speakFileError(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
  return FILE_ERRORS[code] ?? `this file cannot be read (${code})`;
}

export interface RuleText {
  readonly name: string;
  readonly text: string;
}

/**
 * The rule files that the main file names, beside it, each once and in order: a name must exist, a pattern
 * (`*`, `?`, `[…]`, `{…}`) may match nothing.
 * @param folder where they are looked for in place of beside the main file
 */
export async function readRuleFiles(
  main: YamlFile,
  readFile: ReadFile,
  folder: string = dirname(main.name),
): Promise<{ texts: readonly RuleText[]; problems: readonly Problem[] }> {
  const texts = new Map<string, RuleText>();
  const problems: Problem[] = [];
  const entries = valueAt(main.data, ['rule_files']);
  for (const [index, entry] of (Array.isArray(entries) ? entries : []).entries()) {
    if (typeof entry !== 'string' || entry === '') continue;
    for (const name of await expand(folder, entry)) {
      if (texts.has(name)) continue;
      const reading = await tryRead(name, readFile);
      if (reading.ok) texts.set(name, { name, text: reading.text });
      else problems.push(...unreadable(main, index, name, reading.reason));
    }
  }
  return { texts: [...texts.values()], problems };
}

async function expand(folder: string, entry: string): Promise<string[]> {
  const beside = (name: string): string => (isAbsolute(name) ? name : join(folder, name));
  if (!/[*?[\]{}]/.test(entry)) return [beside(entry)];
  const names: string[] = [];
  for await (const name of glob(entry, { cwd: folder })) names.push(beside(name));
  return names.sort();
}

function unreadable(main: YamlFile, index: number, name: string, reason: string): Problem[] {
  const path = ['rule_files', index];
  const found = main.speak(path);
  const filled = found !== speakValue(valueAt(main.data, path));
  const hint = filled ? 'name a file beside this one' : `looked for ${name}`;
  const problem = main.problem({ path, message: reason, found, hint });
  return problem === null ? [] : [problem];
}

import { dirname, resolve } from 'node:path';
import type { Path, Problem } from './problem.ts';
import { speakFileError } from './rule-files.ts';
import { valueAt, type YamlFile } from './yaml-file.ts';

/** Every `…_file` and `…_files` below the top of the main file: where secrets and certificates lie. */
function fileFields(data: unknown, path: Path = []): Path[] {
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([key, value]: [string, unknown]) => {
    const here = [...path, Array.isArray(data) ? Number(key) : key];
    if (path.length > 0 && key.endsWith('_file') && typeof value === 'string') return [here];
    if (path.length > 0 && key.endsWith('_files') && Array.isArray(value))
      return value.map((_item, index) => [...here, index]);
    return fileFields(value, here);
  });
}

/** The paths of log files. */
function logPaths(data: unknown): Path[] {
  const stores = (data as { logs?: unknown } | null)?.logs;
  if (!Array.isArray(stores)) return [];
  return stores.flatMap((store: { paths?: unknown } | null, index) =>
    Array.isArray(store?.paths) ? store.paths.map((_path, at) => ['logs', index, 'paths', at]) : [],
  );
}

/** Relative paths, in `…_file` fields and of log files, lie beside the main file, as Prometheus has it; here they become whole. */
export function anchorFiles(main: YamlFile): void {
  for (const path of [...fileFields(main.data), ...logPaths(main.data)]) {
    const parent = valueAt(main.data, path.slice(0, -1)) as Record<string | number, unknown>;
    const last = path.at(-1) ?? '';
    const value = parent[last];
    if (typeof value === 'string' && value !== '') parent[last] = resolve(dirname(main.name), value);
  }
}

/** Which of the files that hold secrets cannot be read now. They are read when they are used, so a start does not need them. */
export async function secretFileProblems(main: YamlFile, access: (path: string) => Promise<void>): Promise<Problem[]> {
  const problems: (Problem | null)[] = [];
  for (const path of fileFields(main.data)) {
    const value = valueAt(main.data, path);
    if (typeof value !== 'string') continue;
    try {
      await access(value);
    } catch (error) {
      const hint = 'create it, and let the account that runs Tierbell read it';
      problems.push(main.problem({ path, message: speakFileError(error), found: main.speak(path), hint }));
    }
  }
  return problems.filter((problem) => problem !== null);
}

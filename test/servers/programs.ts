import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** The full path of the first of these programs that is on the PATH, or null. */
export function findProgram(...names: readonly string[]): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // not here
      }
    }
  }
  return null;
}

/** Debian calls it prometheus-alertmanager, its makers alertmanager. */
export function findAlertmanager(): string | null {
  return findProgram('prometheus-alertmanager', 'alertmanager');
}

export function findPrometheus(): string | null {
  return findProgram('prometheus');
}

/** The folder of PostgreSQL's server programs, the newest release first, or null. Debian keeps them off the PATH. */
export function findPostgres(): string | null {
  const debian = '/usr/lib/postgresql';
  const releases = ls(debian).toSorted((a, b) => Number(b) - Number(a));
  const folders = releases.map((release) => join(debian, release, 'bin'));
  const onPath = findProgram('initdb');
  if (onPath !== null) folders.push(dirname(onPath));
  return folders.find((folder) => ls(folder).includes('initdb') && ls(folder).includes('postgres')) ?? null;
}

function ls(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The feature release of `java`, e.g. 17; null without a Java. */
export function javaRelease(): number | null {
  const java = findProgram('java');
  if (java === null) return null;
  const { stdout, stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  const match = /version "(\d+)/.exec(`${stdout}${stderr}`);
  return match === null ? null : Number(match[1]);
}

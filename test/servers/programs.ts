import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
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

/** A `java` of this feature release or later: that of the PATH, else of JAVA_HOME, or one that Debian keeps beside it; or null. */
export function findJava(least: number): string | null {
  const onPath = findProgram('java');
  if (onPath === null) return null;
  const debian = '/usr/lib/jvm';
  const homes = [process.env['JAVA_HOME'] ?? '', ...ls(debian).map((name) => join(debian, name))];
  const others = homes.map((home) => join(home, 'bin', 'java')).filter((java) => existsSync(java));
  return [onPath, ...others].find((java) => (releaseOf(java) ?? 0) >= least) ?? null;
}

const releases = new Map<string, number | null>();

/** The feature release of a `java`, e.g. 17. */
function releaseOf(java: string): number | null {
  const known = releases.get(java);
  if (known !== undefined) return known;
  const { stdout, stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  const match = /version "(\d+)/.exec(`${stdout}${stderr}`);
  const release = match === null ? null : Number(match[1]);
  releases.set(java, release);
  return release;
}

/** A folder with this shared library, of those in which Debian keeps them; or null. */
export function findLibrary(name: string): string | null {
  const folders = [
    '/usr/lib',
    ...ls('/usr/lib')
      .filter((folder) => folder.endsWith('-linux-gnu'))
      .map((folder) => join('/usr/lib', folder)),
  ];
  const folder = folders.find((one) => existsSync(join(one, name)));
  return folder === undefined ? null : join(folder, name);
}

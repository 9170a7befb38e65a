import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

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

/** The feature release of `java`, e.g. 17; null without a Java. */
export function javaRelease(): number | null {
  const java = findProgram('java');
  if (java === null) return null;
  const { stdout, stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  const match = /version "(\d+)/.exec(`${stdout}${stderr}`);
  return match === null ? null : Number(match[1]);
}

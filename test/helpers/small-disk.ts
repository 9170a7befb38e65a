import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Disks of a few megabytes in memory, which vanish with their process; needs no rights where user namespaces are allowed. */

const IN_NAMESPACE = ['--user', '--map-root-user', '--mount', '--fork', '--kill-child'];

/**
 * The words before a command that runs it with a small disk mounted on `folder`. A file `filler` takes up part of it, to
 * be deleted when room shall come back: from outside it lies at `insideOf(pid, folder)`.
 */
export function onSmallDisk(folder: string, sizeMb: number, fillerMb: number): readonly string[] {
  const mount = `mount -t tmpfs -o size=${sizeMb}m tmpfs "$1" && head -c ${fillerMb}M /dev/zero > "$1/filler"`;
  return ['unshare', ...IN_NAMESPACE, 'sh', '-c', `${mount} && shift && exec "$@"`, 'sh', folder];
}

/** A folder as the process `pid` sees it. */
export function insideOf(pid: number, folder: string): string {
  return join('/proc', String(pid), 'root', folder);
}

/** `it`, or `it.skip` under a name that says why; with CI=true never skipped. */
export function itOnSmallDisk(name: string, test: () => Promise<void>): void {
  if (canMount() || process.env['CI'] === 'true') it(name, test);
  else it.skip(`${name} [skipped: no small disk can be mounted here (unshare --user --mount)]`, test);
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'tierbell-mount-'));
  const [command, ...args] = onSmallDisk(folder, 2, 1);
  const tried = spawnSync(command ?? '', [...args, 'true']);
  rmSync(folder, { recursive: true, force: true });
  return tried.status === 0;
}

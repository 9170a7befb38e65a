import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../helpers/wait-for.ts';

const WRITER = join(import.meta.dirname, '..', 'helpers', 'inbox-writer.ts');
/** A disk of 40 MB that is taken away with the process; needs no rights where user namespaces are allowed. */
const SMALL_DISK =
  'mount -t tmpfs -o size=40m tmpfs "$1" && mkdir "$1/data" && head -c 14M /dev/zero > "$1/data/filler"';
const IN_NAMESPACE = ['--user', '--map-root-user', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c'];

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'tierbell-mount-'));
  const tried = spawnSync('unshare', [...IN_NAMESPACE, SMALL_DISK, 'sh', folder]);
  rmSync(folder, { recursive: true, force: true });
  return tried.status === 0;
}

const REASON = 'no small disk can be mounted here (unshare --user --mount)';
const test = canMount() || process.env['CI'] === 'true' ? it : it.skip;

test(`on a full disk the inbox says so, loses nothing, and recovers by itself${test === it ? '' : ` [skipped: ${REASON}]`}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tierbell-full-'));
  // Room comes back when the filler is deleted, which the shell does on a line of input.
  const run = `${SMALL_DISK} && { "$2" --no-warnings "$3" "$1/data/inbox.sqlite" 20000 20 & } && read line && rm "$1/data/filler" && echo freed && wait`;
  const writer = spawn('unshare', [...IN_NAMESPACE, run, 'sh', folder, process.execPath, WRITER], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const said = listen(writer);
    await waitFor('the disk to be full', () => said.count('failed the disk is full; the disk is full') >= 20);
    expect(said.count('stored')).toBeGreaterThan(100);
    expect(said.lines.filter((line) => !/^(stored |failed the disk is full)/.test(line))).toEqual([]);
    const before = said.count('stored');
    writer.stdin?.write('\n');
    await waitFor('it to store again', () => said.count('stored') > before + 20);
    expect(writer.exitCode).toBeNull();
  } finally {
    writer.kill('SIGKILL');
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
});

function listen(child: ChildProcess): { lines: string[]; count(begin: string): number } {
  const lines: string[] = [];
  let rest = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return { lines, count: (begin) => lines.filter((line) => line.startsWith(begin)).length };
}

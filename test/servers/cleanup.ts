import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Nothing of a test outlives it, however it ends. `stopEverything` is the orderly way (call it in `afterAll`).
 * The other way is a watchdog, a tiny shell that is told of each process and folder and cleans up when its input
 * closes: jest gives test files a copy of `process`, so exit handlers set there never run, and nothing runs at all
 * after kill -9.
 */
const WATCHDOG = `
pids=''
while read -r what value; do
  case $what in
    +pid) pids="$pids $value" ;;
    -pid) kept=''; for pid in $pids; do [ "$pid" = "$value" ] || kept="$kept $pid"; done; pids=$kept ;;
    +folder) set -- "$@" "$value" ;;
  esac
done
[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
for folder in "$@"; do rm -rf -- "$folder"; done
`;

const guarded = new Set<string>();
const stops = new Set<() => Promise<void>>();
let watchdog: ChildProcess | undefined;

function tellWatchdog(line: string): void {
  if (watchdog === undefined) {
    // A session of its own, or Ctrl-C in the terminal would end it before it has cleaned up.
    watchdog = spawn('/bin/sh', ['-c', WATCHDOG], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: { PATH: '/usr/bin:/bin' },
    });
    watchdog.stdin?.on('error', () => undefined);
    watchdog.unref();
    const input = watchdog.stdin as unknown as { unref?: () => void };
    input.unref?.();
  }
  watchdog.stdin?.write(`${line}\n`);
}

function guard(kind: 'pid' | 'folder', value: string): void {
  guarded.add(`${kind} ${value}`);
  tellWatchdog(`+${kind} ${value}`);
}

function release(kind: 'pid' | 'folder', value: string): void {
  if (!guarded.delete(`${kind} ${value}`)) return;
  tellWatchdog(`-${kind} ${value}`);
  if (guarded.size > 0) return;
  watchdog?.stdin?.end();
  watchdog = undefined;
}

/** From now on the process is killed when the test process ends. The answer takes that back, once it has exited. */
export function guardProcess(pid: number): () => void {
  guard('pid', String(pid));
  return () => release('pid', String(pid));
}

export interface TemporaryFolder {
  readonly path: string;
  /** Deletes it with all that is in it; a second call does nothing. */
  remove(): void;
}

/** A fresh folder in the system's temporary one, gone when the test process ends at the latest. */
export function temporaryFolder(purpose: string): TemporaryFolder {
  const path = mkdtempSync(join(realpathSync(tmpdir()), `tierbell-${purpose}-`));
  guard('folder', path);
  const remove = (): void => {
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    release('folder', path);
    stops.delete(stop);
  };
  const stop = async (): Promise<void> => remove();
  stops.add(stop);
  return { path, remove };
}

/** Has `stopEverything` call this too. The answer takes it off the list. */
export function stopLater(stop: () => Promise<void>): () => void {
  stops.add(stop);
  return () => {
    stops.delete(stop);
  };
}

/** Stops what this test file started and has not stopped yet, the newest first; folders go as well. For `afterAll`. */
export async function stopEverything(): Promise<void> {
  const problems: unknown[] = [];
  for (const stop of [...stops].toReversed()) {
    stops.delete(stop);
    try {
      await stop();
    } catch (error) {
      problems.push(error);
    }
  }
  if (problems.length > 0) throw new AggregateError(problems, 'something did not stop');
}

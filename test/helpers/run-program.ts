import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guardProcess } from '../servers/cleanup.ts';

const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface RunOptions {
  /** Goes to standard input. */
  readonly input?: string;
  /** The whole environment; without it the test's own. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function runProgram(command: string, args: readonly string[], { input, env }: RunOptions = {}): Promise<Ran> {
  const child = spawn(command, [...args], { cwd: PROJECT, stdio: 'pipe', ...(env === undefined ? {} : { env }) });
  const release = child.pid === undefined ? () => undefined : guardProcess(child.pid);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => (said[name] += text));
  }
  child.stdin.on('error', () => undefined); // it may end without reading
  child.stdin.end(input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      release();
      resolve({ code, ...said });
    });
  });
}

/** `tierbell <args>` of the last build, with no `TIERBELL_…` set but those given. */
export function runTierbell(args: readonly string[], { env, ...more }: RunOptions = {}): Promise<Ran> {
  const own = { PATH: process.env['PATH'] ?? '', ...env };
  return runProgram(process.execPath, [join(PROJECT, 'dist', 'bin.js'), ...args], { ...more, env: own });
}

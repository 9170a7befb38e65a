import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { guardProcess, stopLater } from './cleanup.ts';

export interface ProcessOptions {
  /** For error messages, e.g. `Prometheus`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** The whole environment; without it the test's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Who it runs as; without it whoever runs the tests. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** What asks it to end; default TERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** The process is ready at the first line that matches. */
  readonly ready: RegExp;
  /** Which stream that line comes on; either without it. */
  readonly readyOn?: 'stdout' | 'stderr';
  /** Default 240 s: a busy machine is slow, and a process that dies is noticed at once. */
  readonly readyWithinMs?: number;
  /** After the signal and this long comes KILL; default 100 s. */
  readonly stopWithinMs?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningProcess {
  readonly pid: number;
  /** The match of `ready`, with its groups. */
  readonly ready: RegExpExecArray;
  /** Milliseconds from the start to the ready line. */
  readonly readyAfterMs: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Both streams as they came, the last 4 MB. */
  readonly output: () => string;
  /** Settles when the process has ended by itself, by `stop` or by `kill9`. */
  readonly exited: Promise<Exit>;
  /** `stopSignal`, then KILL. Ends at once when the process has gone already. */
  readonly stop: () => Promise<Exit>;
  /** `kill -9`, and waits until it is gone. */
  readonly kill9: () => Promise<Exit>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** A busy machine may hand over the last lines late. */
const OUTPUT_ENDS_WITHIN_MS = 10_000;
const KEPT_CHARACTERS = 4_000_000;
const TAIL_CHARACTERS = 4_000;

/**
 * Starts a program and waits for the line that says it is ready.
 * Its input stays open until the test process ends, for programs that end with it.
 * @throws when it cannot be started, ends before, or is not ready in time; the message has the end of its output.
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const startedAt = performance.now();
  const child: Child = spawn(options.command, [...options.args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...options.user,
  });
  child.stdin.on('error', () => undefined); // EPIPE of a process that has ended
  const logs = collectOutput(child);
  const exited = whenExited(child);
  const stop = stopper(child, exited, options.stopWithinMs ?? 100_000);
  const { stopSignal = 'SIGTERM' } = options;
  const forget = stopLater(async () => void (await stop(stopSignal)));
  if (child.pid !== undefined) {
    const release = guardProcess(child.pid);
    void exited.finally(() => {
      release();
      forget();
    });
  }
  try {
    const ready = await readyLine(child, exited, options);
    return {
      pid: child.pid ?? -1,
      ready,
      readyAfterMs: performance.now() - startedAt,
      ...logs,
      exited,
      stop: () => stop(stopSignal),
      kill9: () => stop('SIGKILL'),
    };
  } catch (error) {
    forget();
    if (child.pid !== undefined) await stop('SIGKILL');
    const tail = logs.output().slice(-TAIL_CHARACTERS) || '(no output)';
    throw new Error(`${(error as Error).message}\n--- the end of its output ---\n${tail}`, { cause: error });
  }
}

function collectOutput(child: Child): Pick<RunningProcess, 'stdout' | 'stderr' | 'output'> {
  const texts = { stdout: '', stderr: '', both: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      texts[name] = (texts[name] + text).slice(-KEPT_CHARACTERS);
      texts.both = (texts.both + text).slice(-KEPT_CHARACTERS);
    });
  }
  return { stdout: () => texts.stdout, stderr: () => texts.stderr, output: () => texts.both };
}

/** Waits for the end of the output too, but not for long: a grandchild may hold the pipes open. */
function whenExited(child: Child): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', () => {
      if (child.pid === undefined) resolve({ code: null, signal: null });
    });
    child.once('exit', (code, signal) => {
      const timer = setTimeout(() => resolve({ code, signal }), OUTPUT_ENDS_WITHIN_MS);
      child.once('close', () => {
        clearTimeout(timer);
        resolve({ code, signal });
      });
    });
  });
}

function stopper(child: Child, exited: Promise<Exit>, stopWithinMs: number) {
  return async (signal: NodeJS.Signals): Promise<Exit> => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
    try {
      return await exited;
    } finally {
      clearTimeout(timer);
    }
  };
}

function readyLine(child: Child, exited: Promise<Exit>, options: ProcessOptions): Promise<RegExpExecArray> {
  const limitMs = options.readyWithinMs ?? 240_000;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(`${options.name} was not ready within ${limitMs / 1000} s`), limitMs);
    const fail = (message: string, cause?: unknown): void => {
      clearTimeout(timer);
      reject(new Error(message, { cause }));
    };
    for (const name of ['stdout', 'stderr'] as const) {
      if (options.readyOn !== undefined && options.readyOn !== name) continue;
      onLines(child[name], (line) => {
        const match = options.ready.exec(line);
        if (match === null) return false;
        clearTimeout(timer);
        resolve(match);
        return true;
      });
    }
    child.once('error', (error) => fail(`${options.name} could not be started: ${error.message}`, error));
    void exited.then(({ code, signal }) => fail(`${options.name} ended before it was ready (${signal ?? code})`));
  });
}

/** Hands over whole lines until `take` says that it has seen enough. */
function onLines(stream: Readable, take: (line: string) => boolean): void {
  let rest = '';
  const listen = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (lines.some(take)) stream.off('data', listen);
  };
  stream.on('data', listen);
}

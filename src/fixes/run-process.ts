import { spawn, type ChildProcess } from 'node:child_process';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { speakDuration } from '../domain/duration.ts';
import { cleanLine } from '../domain/text.ts';
import type { RunResult } from './executor.ts';
import { signalGroup } from './process-group.ts';
import { RunOutput } from './run-output.ts';

export interface ProcessSpec {
  /** The program, links resolved. `argv[0]` is only what it is told that it is called. */
  readonly file: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Between TERM and KILL. */
  readonly graceMs: number;
  readonly redact?: ((text: string) => string) | undefined;
}

/** How long a pipe is read on once the program has ended: a grandchild that keeps it open must not hold us. */
const DRAIN_MS = 2_000;
/** After KILL; a process that is stuck in the kernel does not even end then. */
const KILL_WAIT_MS = 5_000;
/** What `setTimeout` can count; above it fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

type Ending = { readonly code: number | null; readonly signal: string | null } | { readonly error: Error };

/**
 * Runs a program once, in a process group of its own, without a shell, with nothing but the given environment.
 * Never throws. Ended by our time limit, by `signal` or by any other signal means `unknown`.
 */
export async function runProcess(spec: ProcessSpec, signal: AbortSignal): Promise<RunResult> {
  const output = new RunOutput();
  const started = start(spec);
  if ('error' in started) return notStarted(spec, started.error);
  const { child } = started;
  const ended = whenEnded(child);
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  // Without a free file descriptor there are no pipes, and `error` follows.
  for (const stream of [child.stdout, child.stderr]) if (stream) output.capture(stream);
  const limit = new Limit(spec.timeoutMs, signal);
  const first = await Promise.race([ended, limit.reached]);
  limit.cancel();
  const stopped = typeof first === 'string' ? first : null;
  const ending = typeof first === 'string' ? await stop(child.pid, ended, spec.graceMs) : first;
  await drain(child, closed);
  if (ending !== null && 'error' in ending) return notStarted(spec, ending.error);
  return judge(ending, stopped, output.text(spec.redact));
}

function start({ file, argv, env }: ProcessSpec): { child: ChildProcess } | { error: Error } {
  try {
    const child = spawn(file, argv.slice(1), {
      argv0: argv[0],
      cwd: '/',
      env: { ...env },
      shell: false,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { child };
  } catch (error) {
    return { error: error as Error };
  }
}

function whenEnded(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** Becomes a sentence when the time is over or the caller stops it. */
class Limit {
  readonly reached: Promise<string>;
  readonly #controller = new AbortController();

  constructor(timeoutMs: number, signal: AbortSignal) {
    this.reached = new Promise((resolve) => {
      const timer = setTimeout(
        () => resolve(`it did not end within ${speakDuration(timeoutMs)}`),
        Math.min(timeoutMs, LONGEST_TIMER_MS),
      );
      const abort = (): void => resolve('Tierbell had to stop it');
      this.#controller.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      });
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
    });
  }

  cancel(): void {
    this.#controller.abort();
  }
}

/** TERM to the group, then KILL to whoever is left of it. Null where even that did not end the program. */
async function stop(leader: number | undefined, ended: Promise<Ending>, graceMs: number): Promise<Ending | null> {
  if (leader === undefined) return ended;
  let ending: Ending | null = null;
  void ended.then((value) => (ending = value));
  const gone = (): boolean => ending !== null && !signalGroup(leader, 0);
  signalGroup(leader, 'SIGTERM');
  if (!(await waitUntil(gone, graceMs))) {
    signalGroup(leader, 'SIGKILL');
    await waitUntil(() => ending !== null, KILL_WAIT_MS);
  }
  return ending;
}

async function waitUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
  const until = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() >= until) return false;
    await sleep(25);
  }
  return true;
}

/** Reads what is still in the pipes, then lets go of them. */
async function drain(child: ChildProcess, closed: Promise<void>): Promise<void> {
  const enough = new AbortController();
  const late = sleep(DRAIN_MS, undefined, { signal: enough.signal })
    // Where our own loop was busy, the timer comes before the last reading: give that its turn.
    .then(() => nextTurn())
    .catch(() => undefined);
  await Promise.race([closed, late]);
  enough.abort();
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}

function judge(ending: Exclude<Ending, { error: Error }> | null, stopped: string | null, output: string): RunResult {
  const exitCode = ending?.code ?? null;
  if (ending === null)
    return {
      state: 'unknown',
      exitCode,
      output,
      reason: `${stopped ?? 'it was stopped'}, and did not end even when killed`,
    };
  const how = ending.signal === null ? `ended with status ${exitCode}` : `was ended by ${ending.signal}`;
  if (stopped !== null)
    return {
      state: 'unknown',
      exitCode,
      output,
      reason: `${stopped}; it ${how}, and may or may not have taken effect`,
    };
  if (ending.signal !== null)
    return { state: 'unknown', exitCode, output, reason: `it ${how}, and may or may not have taken effect` };
  return { state: exitCode === 0 ? 'succeeded' : 'failed', exitCode, output, reason: `it ${how}` };
}

const START_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such program, or the interpreter on its first line is missing',
  EACCES: 'it may not be run by this user; check its rights (chmod +x)',
  ENOEXEC: 'it is no program; a script needs a first line such as #!/bin/sh',
  ERR_INVALID_ARG_VALUE: 'an argument holds a NUL character',
  E2BIG: 'its arguments are too long',
};

/** Nothing ran, so nothing is unknown. */
function notStarted({ file }: ProcessSpec, error: Error): RunResult {
  const { code = error.name } = error as NodeJS.ErrnoException;
  const why = START_ERRORS[code] ?? cleanLine(code);
  return { state: 'failed', exitCode: null, output: '', reason: `${file} could not be started: ${why}` };
}

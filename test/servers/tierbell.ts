import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './cleanup.ts';
import { startProcess } from './start-process.ts';
import type { Exit } from './start-process.ts';

const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface TierbellOptions {
  /** The main YAML file. */
  readonly configFile: string;
  /** Keeps the store, also after `stop`, so that the next start finds it. Without it a fresh one that goes with the test. */
  readonly dataDir?: string;
  /** Comes on top of the test's environment, of which no `TIERBELL_…` is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** More flags of `serve`, e.g. `--log.level=debug`; one of ours is replaced by the same flag here. */
  readonly flags?: readonly string[];
  /** Another build than this checkout's `dist/bin.js`. */
  readonly program?: string;
  /** Default 240 s. */
  readonly readyWithinMs?: number;
  /** A command and its arguments that starts the bridge as its last words, e.g. `unshare … sh -c '…; exec "$@"' sh`. */
  readonly within?: readonly string[];
}

export interface ApiAnswer<T> {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON of the answer; undefined where it is none. */
  readonly body: T;
  readonly text: string;
}

export interface Tierbell {
  readonly url: string;
  readonly pid: number;
  readonly readyAfterMs: number;
  readonly dataDir: string;
  /** All of standard output: by the contract the ready line alone. */
  stdout(): string;
  /** The log. */
  stderr(): string;
  output(): string;
  /** Settles when the process has ended, however. */
  readonly exited: Promise<Exit>;
  /** A request of any path, e.g. `/api/v1/incidents`; GET, or POST where there is a body. No status is an error. */
  api<T>(path: string, init?: ApiRequest): Promise<ApiAnswer<T>>;
  /** SIGTERM, as an operator's system would; the exit status is 0 when it ended in order. */
  stop(): Promise<Exit>;
  /** `kill -9`: nothing runs in it any more. */
  kill9(): Promise<Exit>;
}

export interface ApiRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string, or bytes, go as they are (type JSON), all else is made JSON. */
  readonly body?: unknown;
}

/** The real bridge as a process: `node dist/bin.js serve` of the last build, on a free port. */
export async function startTierbell(options: TierbellOptions): Promise<Tierbell> {
  const program = options.program ?? join(PROJECT, 'dist', 'bin.js');
  if (!existsSync(program)) throw new Error(`${program} is missing: run \`npm run build\` (npm test does it)`);
  const dataDir = options.dataDir ?? temporaryFolder('data').path;
  const words = [...(options.within ?? []), process.execPath, program, 'serve', ...flagsOf(options, dataDir)];
  const running = await startProcess({
    name: 'Tierbell',
    command: words[0] as string,
    args: words.slice(1),
    cwd: PROJECT,
    env: { ...cleanEnvironment(), ...options.env },
    ready: /^\{"ready":true,.*\}$/,
    readyOn: 'stdout',
    readyWithinMs: options.readyWithinMs ?? 240_000,
  });
  const { url } = JSON.parse(running.ready[0]) as { url: string };
  return {
    url,
    pid: running.pid,
    readyAfterMs: running.readyAfterMs,
    dataDir,
    stdout: running.stdout,
    stderr: running.stderr,
    output: running.output,
    exited: running.exited,
    api: (path, init) => request(url + path, init),
    stop: running.stop,
    kill9: running.kill9,
  };
}

function flagsOf(options: TierbellOptions, dataDir: string): string[] {
  const given = options.flags ?? [];
  const ours: Record<string, string> = {
    '--config.file': options.configFile,
    '--web.listen-address': '127.0.0.1:0',
    '--storage.path': dataDir,
  };
  const replaced = (flag: string): boolean => given.some((other) => other === flag || other.startsWith(`${flag}=`));
  const kept = Object.entries(ours).filter(([flag]) => !replaced(flag));
  return [...kept.map(([flag, value]) => `${flag}=${value}`), ...given];
}

/** What the operator of a test machine may have set must not change the outcome. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const dropped = /^(TIERBELL_|JEST_|NODE_OPTIONS$|NODE_ENV$|npm_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !dropped.test(name)));
}

async function request<T>(url: string, { method, headers, body }: ApiRequest = {}): Promise<ApiAnswer<T>> {
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    redirect: 'manual',
    signal: AbortSignal.timeout(100_000),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: wireBody(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parsed(text) as T, text };
}

function wireBody(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

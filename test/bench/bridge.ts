import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../servers/postgres.ts';
import { BENCH_TOKEN } from './load.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface BenchBridge {
  readonly url: string;
  readonly readyAfterMs: number;
  /** Resident memory in MB, as the kernel counts it. */
  rssMb(): number;
  /** Resolves once it has worked off what it took: whoever is measured next shall have the processors for itself. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/** A folder on the project's own disk: a temporary one may be in memory, where fsync costs nothing. */
export function benchFolder(): { path: string; remove(): void } {
  mkdirSync(`${ROOT}data`, { recursive: true });
  const path = mkdtempSync(`${ROOT}data/bench-`);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Where the bridges of a run keep everything: in files, or in a PostgreSQL that is started for each on the same disk. */
export type BenchStorage = 'sqlite' | 'postgres';
const chosen: { storage: BenchStorage } = { storage: 'sqlite' };

export function useStorage(storage: BenchStorage): void {
  chosen.storage = storage;
}

async function openStorage(folder: string): Promise<{ env: Readonly<Record<string, string>>; close(): Promise<void> }> {
  if (chosen.storage === 'sqlite') return { env: {}, close: async () => {} };
  chmodSync(folder, 0o755); // its server runs as somebody else
  const server = await startPostgres(folder);
  return { env: { TIERBELL_STORAGE_URL: await server.freshUrl() }, close: () => server.stop() };
}

export interface BenchOptions {
  /** YAML at the end of the configuration. */
  readonly more?: string;
  readonly nodeFlags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The whole bridge, as users start it, with one channel. @param channel a channel's YAML, in one line */
export async function startBridge(folder: string, channel: string, options: BenchOptions = {}): Promise<BenchBridge> {
  writeFileSync(`${folder}/bench.yaml`, configuration(channel) + (options.more ?? ''));
  writeFileSync(`${folder}/escalation.yaml`, ESCALATION);
  const args = [
    'serve',
    `--config.file=${folder}/bench.yaml`,
    '--web.listen-address=127.0.0.1:0',
    `--storage.path=${folder}/store`,
    '--log.level=error',
  ];
  const storage = await openStorage(folder);
  const begun = performance.now();
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), `${ROOT}dist/bin.js`, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...storage.env, ...options.env },
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    url: (JSON.parse(line) as { url: string }).url,
    readyAfterMs: performance.now() - begun,
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    caughtUp: () => untilIdle(child.pid ?? 0),
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      await storage.close();
    },
  };
}

const LOOK_MS = 300;
/** Of a processor, in a look. */
const IDLE_SHARE = 0.1;

async function untilIdle(pid: number): Promise<void> {
  for (let before = cpuMs(pid); ;) {
    await sleep(LOOK_MS);
    const now = cpuMs(pid);
    if (now - before < LOOK_MS * IDLE_SHARE) return;
    before = now;
  }
}

/** What a process has used of processors: fields 14 and 15 of its stat, in ticks of 10 ms (man proc_pid_stat). */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function configuration(channel: string): string {
  return `sources:
  - { name: alertmanager, kind: alertmanager, auth: { bearer_token: ${BENCH_TOKEN} } }
channels:
  - ${channel}
fallback: { notify: [bench] }
rule_files: [${ROOT}rules/categories.yaml, ${ROOT}rules/products/*.yaml, escalation.yaml]
`;
}

const ESCALATION = `escalation_policies:
  - name: default
    steps: [{ level: 2, notify: [bench], ack_timeout: 15m }, { level: 3, notify: [bench], ack_timeout: 15m }]
`;

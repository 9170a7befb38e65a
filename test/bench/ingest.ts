/**
 * Durable ingest: requests a second of a server against the reference (reference.ts), as ratios.
 *
 *     node test/bench/ingest.ts [--url http://127.0.0.1:9096/webhooks/alertmanager] [--express] [--rounds 5] [--seconds 3] [--connections 32]
 *
 * Without `--url` it measures the webhook handler and the inbox alone. Rounds alternate between the two, so that a
 * machine that gets slower in between slows both; the figures are medians.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { load, type LoadResult } from './load.ts';

const ALERTS = [1, 10, 100];

export interface IngestSettings {
  /** Where the measured server listens, path included. */
  readonly url: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  /** Awaited before each turn of the reference: it shall not share the processors with what we took before. */
  readonly caughtUp?: () => Promise<void>;
}

export interface IngestRow {
  readonly alerts: number;
  readonly reference: number;
  readonly measured: number;
  readonly ratio: number;
  readonly p99: number;
  readonly failed: number;
}

/** Starts a bench server on a file in `folder`; it prints `{"port":N}` when it listens. */
export async function startServer(
  script: string,
  folder: string,
  args: readonly string[] = [],
): Promise<{ port: number; stop(): Promise<void> }> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const options = { stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'] };
  const child: ChildProcess = spawn(process.execPath, [file, `${folder}/${script}.sqlite`, ...args], options);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, 'line')) as [string];
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  };
  return { port: (JSON.parse(line) as { port: number }).port, stop };
}

/** Measures a server against a fresh reference on the same disk. @param folder where the reference writes */
export async function measureIngest(settings: IngestSettings, folder: string): Promise<IngestRow[]> {
  const { port, pathname } = new URL(settings.url);
  const reference = await startServer('reference.ts', folder);
  const { connections, rounds, seconds, caughtUp = async () => {} } = settings;
  const run = (target: { port: number; path: string }, alerts: number, seed: number, durationMs = seconds * 1000) =>
    load({ ...target, alerts, seed, connections, durationMs });
  const ours = { port: Number(port), path: pathname };
  const theirs = { port: reference.port, path: '/' };
  const rows: IngestRow[] = [];
  for (const alerts of ALERTS) {
    const results: { reference: LoadResult; measured: LoadResult }[] = [];
    await run(theirs, alerts, 0, 1000);
    await run(ours, alerts, 0, 1000);
    for (let round = 1; round <= rounds; round++) {
      await caughtUp();
      results.push({ reference: await run(theirs, alerts, round), measured: await run(ours, alerts, round) });
    }
    rows.push(summarise(alerts, results));
  }
  await reference.stop();
  return rows;
}

function summarise(alerts: number, results: readonly { reference: LoadResult; measured: LoadResult }[]): IngestRow {
  const reference = median(results.map((round) => round.reference.requestsPerSecond));
  const measured = median(results.map((round) => round.measured.requestsPerSecond));
  return {
    alerts,
    reference,
    measured,
    ratio: median(results.map((round) => round.measured.requestsPerSecond / round.reference.requestsPerSecond)),
    p99: median(results.map((round) => round.measured.p99)),
    failed: results.reduce((sum, round) => sum + round.measured.failed + round.reference.failed, 0),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The table that people read. */
export function ingestTable(rows: readonly IngestRow[]): string {
  const lines = rows.map(({ alerts, reference, measured, ratio, p99, failed }) =>
    [alerts, reference.toFixed(0), measured.toFixed(0), ratio.toFixed(2), p99.toFixed(1), failed]
      .map((cell) => String(cell).padStart(12))
      .join(''),
  );
  const head = ['alerts', 'reference/s', 'tierbell/s', 'ratio', 'p99 ms', 'failed'].map((cell) => cell.padStart(12));
  return [head.join(''), ...lines].join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      express: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '32' },
      folder: { type: 'string', default: fileURLToPath(new URL('../../data/bench', import.meta.url)) },
    },
  });
  mkdirSync(values.folder, { recursive: true });
  const folder = mkdtempSync(`${values.folder}/ingest-`);
  const own =
    values.url === undefined
      ? await startServer('webhooks-only.ts', folder, values.express ? ['--express'] : [])
      : null;
  try {
    const url = values.url ?? `http://127.0.0.1:${own?.port}/webhooks/alertmanager`;
    const numbers = {
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      connections: Number(values.connections),
    };
    process.stdout.write(`${ingestTable(await measureIngest({ url, ...numbers }, folder))}\n`);
  } finally {
    await own?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) await main();

import { readFileSync } from 'node:fs';
import { startAlertmanager } from '../servers/alertmanager.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { benchFolder, startBridge } from './bridge.ts';
import { load, type LoadResult } from './load.ts';

const ALERTS = [1, 10, 100];
const ROUNDS = 3;
const SECONDS = 3;

interface Row {
  readonly alerts: number;
  readonly theirs: number;
  readonly ours: number;
  readonly p99: number;
  readonly rss: readonly [number, number];
}

/**
 * The same alerts to Alertmanager's API, which keeps them in memory, and to the bridge, which has them on disk before it
 * answers; rounds by turns, the median of alerts a second counts. Messages go nowhere in both. @returns the table
 */
export async function benchAlertmanager(): Promise<string> {
  const folder = benchFolder();
  const alertmanager = await startAlertmanager({ webhook: { url: 'http://127.0.0.1:9/' } });
  const bridge = await startBridge(folder.path, '{ name: bench, kind: webhook, url: "http://127.0.0.1:9/" }');
  const theirs = { port: portOf(alertmanager.url), path: '/api/v2/alerts', shape: 'alerts' } as const;
  const ours = { port: portOf(bridge.url), path: '/webhooks/alertmanager' };
  const rows: Row[] = [];
  for (const alerts of ALERTS) {
    const [them, us]: [LoadResult[], LoadResult[]] = [[], []];
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const settings = { alerts, seed: alerts * 10 + seed, connections: 32, durationMs: SECONDS * 1000 };
      await bridge.caughtUp();
      them.push(await load({ ...theirs, ...settings }));
      // It goes on notifying for what it took, and has no end of it: it stands still while it is our turn.
      process.kill(alertmanager.pid, 'SIGSTOP');
      us.push(await load({ ...ours, ...settings }));
      process.kill(alertmanager.pid, 'SIGCONT');
    }
    rows.push({
      alerts,
      theirs: rate(them, alerts),
      ours: rate(us, alerts),
      p99: Math.max(...us.map(({ p99 }) => p99)),
      rss: [rssMb(alertmanager.pid), bridge.rssMb()],
    });
  }
  await bridge.stop();
  await stopEverything();
  folder.remove();
  return table(rows);
}

/** Alerts a second that were taken. */
function rate(results: readonly LoadResult[], alerts: number): number {
  const rates = results.map(({ requests, failed, seconds }) => ((requests - failed) * alerts) / seconds);
  return rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)] ?? 0;
}

function table(rows: readonly Row[]): string {
  const head = '  alerts   alertmanager/s   tierbell/s   ratio   p99 ms   RSS alertmanager   RSS tierbell';
  const lines = rows.map(({ alerts, theirs, ours, p99, rss: [them, us] }) =>
    [
      String(alerts).padStart(8),
      theirs.toFixed(0).padStart(16),
      ours.toFixed(0).padStart(12),
      (ours / theirs).toFixed(2).padStart(7),
      p99.toFixed(0).padStart(8),
      `${them.toFixed(0)} MB`.padStart(18),
      `${us.toFixed(0)} MB`.padStart(14),
    ].join(' '),
  );
  return [head, ...lines].join('\n');
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function rssMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFaultProxy } from '../helpers/fault-proxy.ts';
import type { Elasticsearch } from '../servers/elasticsearch.ts';
import { benchFolder, startBridge, type BenchBridge } from './bridge.ts';
import { BENCH_TOKEN } from './load.ts';
import { indexLogs } from './log-documents.ts';

const DOCUMENTS = 10_000;
const SERVICES = ['cart', 'catalog', 'checkout', 'payment', 'shipping', 'stock'];
const ALERTS = 50;
const WINDOWS = 3;
const SETTLE_MS = 3_000;

interface Shown {
  readonly id: string;
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[];
  readonly evidence?: readonly { readonly lines: readonly unknown[] }[];
}

/**
 * The whole bridge while it collects evidence: how late its threads are, and how often fifty alerts of one service ask.
 * @returns the table
 */
export async function benchBridge(server: Elasticsearch): Promise<string> {
  const now = Date.now();
  for (const service of SERVICES) await indexLogs(server, 'logs-bridge', DOCUMENTS, now, service);
  const proxy = await startFaultProxy(server.url);
  const folder = benchFolder();
  const delays = `${folder.path}/delays`;
  mkdirSync(delays);
  const bridge = await startBridge(folder.path, '{ name: bench, kind: webhook, url: "http://127.0.0.1:9/" }', {
    more: `logs:\n  - { name: elk, kind: elasticsearch, nodes: ["${proxy.url}"], index: logs-bridge }\n`,
    nodeFlags: [`--import=${fileURLToPath(new URL('./thread-delay.js', import.meta.url))}`],
    env: { BENCH_DELAYS: delays },
  });
  let watching: NodeJS.Timeout | undefined;
  try {
    await sleep(SETTLE_MS);
    const idle = bridge.rssMb();
    writeFileSync(`${delays}/begin`, '');
    let highest = idle;
    watching = setInterval(() => (highest = Math.max(highest, bridge.rssMb())), 20);
    const several = await collectFor(bridge, SERVICES, 'Several');
    const threads = readDelays(delays);
    const before = proxy.requests.length;
    const fifty = await collectFor(
      bridge,
      Array.from({ length: ALERTS }, () => 'cart'),
      'Fifty',
    );
    const searches = proxy.requests.slice(before).filter(({ path }) => path.includes('_search')).length;
    return [
      `whole bridge, evidence of ${SERVICES.length} incidents of ${DOCUMENTS} documents each: ${several.excerpts} excerpts after ${several.ms.toFixed(0)} ms, memory above idle (${idle.toFixed(0)} MB) ${(highest - idle).toFixed(0)} MB`,
      `event-loop delay meanwhile: ${threads}`,
      `${ALERTS} alerts of one service within a minute: ${fifty.excerpts} excerpts after ${fifty.ms.toFixed(0)} ms, ${searches} searches, ${(searches / WINDOWS).toFixed(1)} a window (wanted: at most 2)`,
    ].join('\n');
  } finally {
    clearInterval(watching);
    await bridge.stop();
    await proxy.stop();
    folder.remove();
  }
}

/** One alert for each of these services, all at once. @returns how many incidents have lines, and when the last had */
async function collectFor(
  bridge: BenchBridge,
  services: readonly string[],
  name: string,
): Promise<{ ms: number; excerpts: number }> {
  const began = performance.now();
  const wanted = (await collections(bridge.url)) + services.length;
  // As if they had fired within the last minute.
  const startsAt = (index: number): number => Date.now() - 60_000 + (index * 60_000) / services.length;
  await Promise.all(services.map((service, index) => post(bridge.url, `${name}${index}`, service, startsAt(index))));
  while ((await collections(bridge.url)) < wanted && performance.now() - began < 60_000) await sleep(50);
  const ms = performance.now() - began;
  const { items } = await getJson<{ items: readonly Shown[] }>(`${bridge.url}/api/v1/incidents?limit=500`);
  let excerpts = 0;
  for (const { id, alerts } of items) {
    if (!alerts[0]?.labels['alertname']?.startsWith(name)) continue;
    const { evidence = [] } = await getJson<Shown>(`${bridge.url}/api/v1/incidents/${id}`);
    if (evidence.some(({ lines }) => lines.length > 0)) excerpts += 1;
  }
  return { ms, excerpts };
}

/** How often logs have been collected so far. */
async function collections(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = text.matchAll(/^tierbell_enrichment_duration_seconds_count\{.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function getJson<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

async function post(url: string, alertname: string, service: string, startsAt: number): Promise<void> {
  const labels = { alertname, severity: 'critical', service };
  const alert = { status: 'firing', labels, annotations: {}, startsAt: new Date(startsAt).toISOString() };
  const groupKey = `{}:{alertname="${alertname}"}`;
  const body = { version: '4', groupKey, status: 'firing', receiver: 'bench', alerts: [alert] };
  const headers = { authorization: `Bearer ${BENCH_TOKEN}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/webhooks/alertmanager`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (answer.status !== 200) throw new Error(`the bridge answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

/** Thread 0 is the receiving one, 1 the store's; another one is ours to know by its number only. */
function readDelays(folder: string): string {
  const names = ['receiving', 'store', 'evidence'];
  return names
    .flatMap((name, thread) => {
      try {
        const { p99, max } = JSON.parse(readFileSync(`${folder}/${thread}.json`, 'utf8')) as {
          p99: number;
          max: number;
        };
        return [`${name} p99 ${p99.toFixed(1)} ms, max ${max.toFixed(0)} ms`];
      } catch {
        return [];
      }
    })
    .join('; ');
}

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { logStoreConfig } from '../../src/evidence/registry.ts';
import { startCollector } from '../../src/evidence/thread/start-collector.ts';
import { startElasticsearch, type Elasticsearch } from '../servers/elasticsearch.ts';
import { indexLogs } from './log-documents.ts';
import { benchBridge } from './search-bridge.ts';

const STARTS_AT = Date.parse('2026-01-05T03:00:00Z');
const DOCUMENTS = 10_000;
const WANTED =
  '10,000 documents in three windows (wanted: p95 < 1.5 s, < 120 MB above idle, event-loop delay of the receiving thread p99 < 20 ms)';
const ROUNDS = 40;
const WARM_UP = 3;
/** The thread as it is built: TypeScript would count for memory. */
const ENTRY = new URL('../../dist/evidence/thread/collector-thread.js', import.meta.url);

/** Elasticsearch → excerpt: the collector alone, then the whole bridge. @returns the tables */
export async function benchSearch(): Promise<string> {
  const server = await startElasticsearch().catch((error: unknown) => String(error));
  if (typeof server === 'string') return `Elasticsearch → excerpt: absent (${server})`;
  try {
    return `Elasticsearch → excerpt, ${WANTED}\n${await benchCollector(server)}\n${await benchBridge(server)}`;
  } finally {
    await server.stop();
  }
}

/** From the question to the excerpt over 10,000 documents in three windows, asked as the store worker asks. */
export async function benchCollector(server: Elasticsearch): Promise<string> {
  await indexLogs(server, 'logs-bench', DOCUMENTS, STARTS_AT);
  const store = { name: 'bench', kind: 'elasticsearch', nodes: [server.url], index: 'logs-bench' };
  // A pod that nobody knows makes each question a new one; else the second would be answered from memory.
  const stores = [logStoreConfig.parse({ ...store, scope: { pod: ['round'], service: ['service'] } })];
  await sleep(1_000);
  const idle = process.memoryUsage.rss();
  let highest = idle;
  const watching = setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), 20);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const collector = startCollector({ stores, secret: Buffer.from('a key for the bench') }, { entry: ENTRY });
  const times: number[] = [];
  let said = '';
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const labels = { service: 'checkout', round: `round${round}x` };
    const facts = { id: 'e', labels, startsAt: STARTS_AT, now: STARTS_AT + 300_000 };
    const began = performance.now();
    const { evidence } = await collector.collect(facts, new AbortController().signal);
    if (round >= WARM_UP) times.push(performance.now() - began);
    const read = evidence.windows.reduce((sum, { records }) => sum + records, 0);
    said = `${ROUNDS} times, ${read} documents, ${evidence.state}, ${evidence.lines.length} lines`;
  }
  delay.disable();
  clearInterval(watching);
  await collector.close();
  times.sort((a, b) => a - b);
  const at = (share: number): string =>
    (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(0).padStart(8);
  return [
    '             p50     p95     max',
    `ms      ${at(0.5)}${at(0.95)}${at(1)}   (${said})`,
    `memory above idle ${((highest - idle) / 1e6).toFixed(0)} MB, event-loop delay of the receiving thread p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
  ].join('\n');
}

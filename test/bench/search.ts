import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { startElasticsearch } from '../servers/elasticsearch.ts';

const STARTS_AT = Date.parse('2026-01-05T03:00:00Z');
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** As in src/engine/start-engine.ts. */
const YOUNG_MB = 24;
const ROUNDS = 40;
const WARM_UP = 3;

interface Answer {
  readonly ms: number;
  readonly state: string;
  readonly lines: number;
  readonly documents: number;
}

/** From the question to the excerpt over 10,000 documents in three windows, as the store worker does it. @returns the table */
export async function benchSearch(): Promise<string> {
  const server = await startElasticsearch();
  const documents = documentsOf(10_000);
  for (let index = 0; index < documents.length; index += 2_000)
    await server.index('logs-bench', documents.slice(index, index + 2_000));
  const config = { name: 'bench', kind: 'elasticsearch', nodes: [server.url], index: 'logs-bench' };
  const worker = new Worker(new URL('./search-worker.ts', import.meta.url), {
    workerData: { config, startsAt: STARTS_AT },
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const ask = (): Promise<Answer> =>
    new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.postMessage('run');
    });
  await sleep(1_000);
  const idle = process.memoryUsage().rss;
  let highest = idle;
  const watching = setInterval(() => (highest = Math.max(highest, process.memoryUsage().rss)), 20);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const answers: Answer[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const answer = await ask();
    if (round >= WARM_UP) answers.push(answer);
  }
  delay.disable();
  clearInterval(watching);
  worker.postMessage('end');
  await server.stop();
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number): string =>
    (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(0).padStart(8);
  const [last] = answers.slice(-1);
  return [
    '             p50     p95     max',
    `ms      ${at(0.5)}${at(0.95)}${at(1)}   (${ROUNDS} times, ${last?.documents} documents, ${last?.state}, ${last?.lines} lines)`,
    `memory above idle ${((highest - idle) / 1e6).toFixed(0)} MB, event-loop delay of the receiving thread p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
  ].join('\n');
}

/** Six tenths in the incident window, two in each of the others; forty kinds of lines, one of them new. */
function documentsOf(count: number): object[] {
  return Array.from({ length: count }, (_, index) => {
    const part = index % 10;
    const minutes = part < 6 ? -10.5 + (index % 1_200) / 100 : part < 8 ? -23.5 + (index % 1_200) / 100 : -10.5;
    const at = STARTS_AT + minutes * MINUTE_MS - (part >= 8 ? DAY_MS : 0) + index;
    const isNew = part < 6 && index % 50 === 0;
    const kind = index % 39;
    const message = isNew
      ? `cannot reach psp-${index % 4}.example.org: no such host (request ${index.toString(16)})`
      : `worker ${kind} handled order ${index} of customer ${(index * 7919) % 10_007} in ${index % 400} ms from 10.0.${index % 256}.${kind} via route_${kind}`;
    return {
      ...{ '@timestamp': new Date(at).toISOString(), message, service: { name: 'checkout' } },
      ...{ log: { level: isNew ? 'error' : kind === 7 ? 'warn' : 'info' }, host: { name: `h${index % 3}` } },
      kubernetes: { pod: { name: `checkout-7d4b9c6f5d-x2x7${index % 9}` }, namespace: 'shop' },
    };
  });
}

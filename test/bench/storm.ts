import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { benchFolder, startBridge, type BenchBridge } from './bridge.ts';
import { BENCH_TOKEN, payload, percentile } from './load.ts';

const ALERTS = Number(process.env['TIERBELL_STORM'] ?? 100_000);
const CONNECTIONS = 16;
/** Alerts a group: each group is an incident of its own. */
const SHAPES = (process.env['TIERBELL_SHAPES'] ?? '1,10,100').split(',').map(Number);

interface Storm {
  readonly perGroup: number;
  readonly postedMs: number;
  readonly takenMs: number;
  readonly incidents: number;
  readonly p99: number;
  readonly rssMb: number;
  readonly told: number;
}

/**
 * 100,000 alerts as fast as they are taken: until each is on record in an incident with its category and its notice
 * queued, while messages go out to a sink. @returns the table
 */
export async function benchStorm(): Promise<string> {
  const rows: string[] = [];
  for (const perGroup of SHAPES) rows.push(row(await storm(perGroup)));
  const burst = await benchBurst();
  return [
    'alerts a group   incidents   alerts/s   answered in   taken in   answers p99   messages meanwhile   RSS at most',
    ...rows,
    burst,
  ].join('\n');
}

function row({ perGroup, postedMs, takenMs, incidents, p99, rssMb, told }: Storm): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return [
    String(perGroup).padStart(14),
    String(incidents).padStart(11),
    ((ALERTS / takenMs) * 1000).toFixed(0).padStart(10),
    seconds(postedMs).padStart(13),
    seconds(takenMs).padStart(10),
    `${p99.toFixed(0)} ms`.padStart(13),
    String(told).padStart(20),
    `${rssMb.toFixed(0)} MB`.padStart(13),
  ].join(' ');
}

async function storm(perGroup: number): Promise<Storm> {
  return withBridge(async (bridge, sink) => {
    const port = Number(new URL(bridge.url).port);
    let rssMb = 0;
    const watch = setInterval(() => (rssMb = Math.max(rssMb, bridge.rssMb())), 200);
    const begin = performance.now();
    const latencies = await post(port, perGroup);
    const postedMs = performance.now() - begin;
    const incidents = ALERTS / perGroup;
    while ((await received(bridge)) < ALERTS) await sleep(200); // asking costs the bridge something too
    const takenMs = performance.now() - begin;
    clearInterval(watch);
    return { perGroup, postedMs, takenMs, incidents, p99: percentile(latencies, 0.99), rssMb, told: sink.count };
  });
}

/** Posts every group once over a few connections. @returns the milliseconds of each answer, sorted */
async function post(port: number, perGroup: number): Promise<number[]> {
  const latencies: number[] = [];
  let next = 0;
  const one = (done: () => void): void => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let sentAt = 0;
    const send = (): void => {
      if (next >= ALERTS) {
        socket.destroy();
        return done();
      }
      const body = group(next, perGroup);
      next += perGroup;
      sentAt = performance.now();
      socket.write(body);
    };
    socket.on('connect', send);
    socket.on('data', (answer: Buffer) => {
      if (answer.toString('latin1', 9, 12) !== '200') throw new Error(`answered ${answer.toString('latin1', 0, 300)}`);
      latencies.push(performance.now() - sentAt);
      send();
    });
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, () => new Promise<void>((resolve) => one(resolve))));
  return latencies.sort((a, b) => a - b);
}

function group(first: number, count: number): Buffer {
  const body = Buffer.from(JSON.stringify({ ...payload(first, count), groupKey: `{}:{storm="${first}"}` }));
  const head = [
    'POST /webhooks/alertmanager HTTP/1.1',
    'Host: 127.0.0.1',
    `Content-Length: ${body.length}`,
    `Authorization: Bearer ${BENCH_TOKEN}`,
    'Content-Type: application/json',
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

async function received(bridge: BenchBridge): Promise<number> {
  const text = await (await fetch(`${bridge.url}/metrics`)).text();
  return [...text.matchAll(/^tierbell_alerts_received_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

const BURST = 60;

/** 60 alerts of different groups at once: until the last Level 2 notice has reached its channel. */
async function benchBurst(): Promise<string> {
  return withBridge(async (bridge, sink) => {
    const port = Number(new URL(bridge.url).port);
    const begin = performance.now();
    await Promise.all(
      Array.from({ length: BURST }, (_, index) => {
        const socket = connect({ port, host: '127.0.0.1', noDelay: true });
        socket.write(group(index, 1));
        return new Promise<void>((resolve) => socket.once('data', () => resolve(void socket.destroy())));
      }),
    );
    while (sink.count < BURST && performance.now() - begin < 60_000) await sleep(5);
    const ms = (performance.now() - begin).toFixed(0);
    return `${BURST} alerts of different groups at once: all ${sink.count} Level 2 notices out after ${ms} ms (wanted: < 2,000)`;
  });
}

interface Sink {
  readonly count: number;
}

async function withBridge<T>(work: (bridge: BenchBridge, sink: Sink) => Promise<T>): Promise<T> {
  const folder = benchFolder();
  let count = 0;
  const server: Server = createServer((req, res) => {
    count += 1;
    req.resume().on('end', () => res.end('ok'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const bridge = await startBridge(folder.path, `{ name: bench, kind: webhook, url: "${url}" }`);
  try {
    return await work(bridge, {
      get count() {
        return count;
      },
    });
  } finally {
    await bridge.stop();
    server.closeAllConnections();
    server.close();
    folder.remove();
  }
}

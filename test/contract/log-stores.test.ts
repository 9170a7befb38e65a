import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Failure } from '../../src/domain/result.ts';
import { collectLogs } from '../../src/evidence/collect.ts';
import type { CollectedLogs } from '../../src/evidence/collected.ts';
import type { LogStore } from '../../src/evidence/log-store.ts';
import { createRedactor } from '../../src/evidence/redact.ts';
import { createLogStore } from '../../src/evidence/create-log-store.ts';
import { logStoreConfig, logStoreKinds } from '../../src/evidence/registry.ts';
import { startLokiDouble } from '../doubles/loki.ts';
import { startFaultProxy } from '../helpers/fault-proxy.ts';
import { PATIENT } from '../helpers/log-house.ts';
import { describeWith, type Requirement } from '../helpers/requires.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startElasticsearch, type Elasticsearch } from '../servers/elasticsearch.ts';
import { startOpensearch } from '../servers/opensearch.ts';
import { countAwakeMs } from '../helpers/awake-time.ts';

const SECRET = 'Tr0ub4dor-3f9c';
const FIRED = Date.parse('2026-01-05T03:00:00Z');
const MINUTE = 60_000;

/** What is in every store: a service with an error that is new, one that was always there, and a neighbour. */
interface Line {
  readonly at: number;
  readonly level: string;
  readonly service: string;
  readonly message: string;
}
const line = (minutes: number, level: string, message: string, service = 'checkout'): Line => ({
  at: FIRED + minutes * MINUTE,
  level,
  service,
  message,
});
const LINES: readonly Line[] = [
  ...Array.from({ length: 30 }, (_, index) => line(-10 + index / 3, 'info', `order ${index} placed`)),
  ...Array.from({ length: 5 }, (_, index) =>
    line(-4 + index / 2, 'error', `cannot reach psp: no such host psp-${index}.example.org`),
  ),
  ...[-9, -5, -1, -15, -20, -12 - 24 * 60 + 4].map((minutes) => line(minutes, 'error', 'cache miss')),
  line(-3, 'warn', `login with password=${SECRET} for ada@example.org`),
  ...Array.from({ length: 20 }, (_, index) => line(-10 + index / 2, 'error', `lost parcel ${index}`, 'shipping')),
];

interface Bench {
  /** A configuration of this kind that reads these lines. */
  readonly config: Record<string, unknown>;
  /** The same, looking where there is nothing. */
  readonly missing: Record<string, unknown>;
  /** The same, before something so slow that the budget ends it. */
  readonly slow: Record<string, unknown>;
}

/** One a kind: a real store with the lines above. A new kind adds itself here. */
const BENCHES: Readonly<
  Record<string, { readonly needs: readonly Requirement[]; readonly start: () => Promise<Bench> }>
> = {
  elasticsearch: { needs: ['elasticsearch'], start: benchElasticsearch },
  file: { needs: [], start: benchFile },
  loki: { needs: [], start: benchLoki },
  opensearch: { needs: ['opensearch'], start: benchOpensearch },
};

async function benchElasticsearch(): Promise<Bench> {
  return benchSearch('elasticsearch', await startElasticsearch());
}

async function benchOpensearch(): Promise<Bench> {
  return benchSearch('opensearch', await startOpensearch());
}

async function benchSearch(kind: string, server: Pick<Elasticsearch, 'url' | 'index'>): Promise<Bench> {
  await server.index(
    'logs-shop',
    LINES.map(({ at, level, service, message }) => ({
      '@timestamp': new Date(at).toISOString(),
      message,
      log: { level },
      service: { name: service },
    })),
  );
  const hanging = await startFaultProxy(server.url);
  hanging.behave('hang');
  const config = {
    kind,
    name: 'logs',
    nodes: [server.url],
    index: 'logs-shop',
    auth: { basic: { username: 'ada', password: SECRET } },
  };
  return {
    config,
    missing: { ...config, index: 'logs-none' },
    slow: { ...config, nodes: [hanging.url], budget: { time: '1s' } },
  };
}

async function benchLoki(): Promise<Bench> {
  const [server, empty] = [await startLokiDouble(), await startLokiDouble()];
  server.add(
    LINES.map(({ at, level, service, message }) => ({ at, labels: { service_name: service, level }, text: message })),
  );
  // Its check asks what was shipped lately.
  server.add([{ at: Date.now() - MINUTE, labels: { service_name: 'shipping' }, text: 'parcel sent' }]);
  const hanging = await startFaultProxy(server.url);
  hanging.behave('hang');
  const auth = { basic: { username: 'ada', password: SECRET } };
  const config = { kind: 'loki', name: 'logs', url: server.url, auth };
  return {
    config,
    missing: { ...config, url: empty.url },
    slow: { ...config, url: hanging.url, budget: { time: '1s' } },
  };
}

async function benchFile(): Promise<Bench> {
  const folder = temporaryFolder('logs').path;
  const path = join(folder, 'shop.log');
  const json = LINES.toSorted((a, b) => a.at - b.at).map(({ at, level, service, message }) =>
    JSON.stringify({ time: new Date(at).toISOString(), level, service, msg: message }),
  );
  writeFileSync(path, `${json.join('\n')}\n`);
  const large = join(folder, 'large');
  mkdirSync(large);
  const block = `${new Date(FIRED).toISOString()} INFO checkout x\n`.repeat(20_000);
  for (let count = 0; count < 20; count += 1) appendFileSync(join(large, 'large.log'), block);
  const config = { kind: 'file', name: 'logs', paths: [join(folder, '*.log')] };
  return {
    config,
    missing: { ...config, paths: [join(folder, '*.none')] },
    slow: { ...config, paths: [join(large, '*.log')], budget: { time: '1ms', bytes: '100MB' } },
  };
}

const redact = createRedactor(Buffer.from('a key for tests'));
const facts = (labels: Record<string, string>) => ({ id: 'e-1', labels, startsAt: FIRED, now: FIRED + 5 * MINUTE });
const collect = (store: LogStore, labels: Record<string, string>): Promise<CollectedLogs> =>
  collectLogs(facts(labels), [store], redact, new AbortController().signal);
const storeOf = (config: Record<string, unknown>): LogStore =>
  createLogStore(logStoreConfig.parse({ budget: PATIENT, ...config }));
const rowsOf = (raw: Uint8Array | null): readonly Record<string, unknown>[] =>
  raw === null
    ? []
    : gunzipSync(raw)
        .toString('utf8')
        .trim()
        .split('\n')
        .map((row) => JSON.parse(row) as Record<string, unknown>);

describe('log stores', () => {
  afterAll(stopEverything, 300_000);

  it('are one file each, all of them in the registry and in this suite', () => {
    const files = readdirSync(fileURLToPath(new URL('../../src/evidence/stores', import.meta.url)));
    expect(files.map((name) => name.replace(/\.ts$/, '')).toSorted()).toEqual(
      logStoreKinds.map(({ kind }) => kind).toSorted(),
    );
    expect(Object.keys(BENCHES).toSorted()).toEqual(files.map((name) => name.replace(/\.ts$/, '')).toSorted());
  });

  for (const [kind, { needs, start }] of Object.entries(BENCHES)) {
    describeWith(needs, kind, () => {
      let bench: Bench;
      beforeAll(async () => {
        bench = await start();
      }, 300_000);

      it('answers with the lines that tell most, of the service that the alert names', async () => {
        const store = storeOf(bench.config);
        const { evidence, raw, records } = await collect(store, { service: 'checkout', instance: 'nowhere:80' });
        expect(evidence).toMatchObject({
          id: 'e-1',
          kind: 'logs',
          state: 'complete',
          store: 'logs',
          scope: 'service = checkout',
          rawBlob: null,
          at: FIRED + 5 * MINUTE,
        });
        expect(evidence.windows.map(({ name, records: count, sampled }) => [name, count, sampled])).toEqual([
          ['incident', 39, false],
          ['before', 2, false],
          ['day_before', 1, false],
        ]);
        expect(evidence.counts).toEqual({ info: 30, error: 8, warn: 1 });
        expect(evidence.lines.map(({ text, count }) => [text.replace(/\[\w+:\w+\]/g, '[…]'), count])).toEqual([
          ['cannot reach psp: no such host psp-4.example.org', 5],
          ['login with password=[…] for […]', 1],
          ['order 29 placed', 30],
          ['cache miss', 3],
        ]);
        expect(evidence.reason).toMatch(/^39 lines of service = checkout, 02:49–03:02 UTC, against/);
        expect(rowsOf(raw)).toHaveLength(42);
        expect(rowsOf(raw)[0]).toEqual({
          at: expect.any(String) as unknown,
          level: expect.any(String) as unknown,
          service: 'checkout',
          text: expect.any(String) as unknown,
          window: 'incident',
        });
        expect(records).toContain('cannot reach psp: no such host psp-4.example.org');
        expect(records[0]).toMatch(/psp|cache/);
        await store.close();
      });

      it('lets no secret out: not of the lines, not of its own login', async () => {
        const store = storeOf(bench.config);
        const collected = await collect(store, { service: 'checkout' });
        const all = [
          JSON.stringify(collected.evidence),
          JSON.stringify(rowsOf(collected.raw)),
          JSON.stringify(collected.records),
        ].join();
        expect(all).not.toContain(SECRET);
        expect(all).not.toContain('ada@example.org');
        expect(JSON.stringify([await store.check(new AbortController().signal), store])).not.toContain(SECRET);
        await store.close();
      });

      it('hides addresses in its lines where it is told to', async () => {
        const [plain, hiding] = [storeOf(bench.config), storeOf({ ...bench.config, redact_addresses: true })];
        expect([plain.hidesAddresses ?? false, hiding.hidesAddresses]).toEqual([false, true]);
        await Promise.all([plain.close(), hiding.close()]);
      });

      it('says that the service wrote nothing, though others did', async () => {
        const store = storeOf(bench.config);
        const { evidence, raw } = await collect(store, { service: 'nobody' });
        expect(evidence).toMatchObject({ state: 'unavailable', store: 'logs', lines: [], windows: [] });
        expect(evidence.reason).toMatch(
          /^No line of service = nobody at 02:49–03:02 UTC in .* though (?:others wrote|they hold) 5\d /,
        );
        expect(raw).toBeNull();
        await store.close();
      });

      it('says that nobody wrote anything', async () => {
        const store = storeOf(bench.config);
        const { evidence } = await collectLogs(
          { ...facts({ service: 'checkout' }), startsAt: FIRED + 9e7, now: FIRED + 10e7 },
          [store],
          redact,
          new AbortController().signal,
        );
        expect(evidence.state).toBe('unavailable');
        expect(evidence.reason).toMatch(
          /^(?:Nobody wrote a line into|Loki "logs" holds no stream|The log files "logs" hold no line at all)/,
        );
        await store.close();
      });

      it('says that what it should read is not there', async () => {
        const store = storeOf(bench.missing);
        expect(await store.check(new AbortController().signal)).toMatchObject({
          ok: false,
          reason: 'not_found',
          retryable: false,
        });
        const { evidence } = await collect(store, { service: 'checkout' });
        expect(evidence.state).toBe('unavailable');
        expect(evidence.reason).toMatch(/has no index|no file fits|holds no stream/);
        await store.close();
      });

      it('is cut at its budget, and says so', async () => {
        const store = storeOf(bench.slow);
        const passed = countAwakeMs();
        const { evidence } = await collect(store, { service: 'checkout' });
        expect(passed()).toBeLessThan(store.budget.timeMs + 30_000);
        expect(evidence.state).not.toBe('complete');
        expect(evidence.reason).toContain('`budget.time`');
        await store.close();
      });

      it('stops when it is called off', async () => {
        const store = storeOf(bench.slow);
        const answer = await store.fetch(
          {
            scope: [{ name: 'service', value: 'checkout' }],
            windows: [{ name: 'incident', from: 0, to: FIRED + 1 }],
            budget: { ...store.budget, timeMs: 60_000 },
          },
          AbortSignal.abort(),
        );
        expect(answer).toMatchObject({ ok: false, reason: 'timed_out' });
        expect((answer as Failure).detail.length).toBeGreaterThan(20);
        await store.close();
      });

      it('checks itself without a secret, and serves the alerts that its matchers name', async () => {
        const store = storeOf({ ...bench.config, matchers: ['environment="prod"'] });
        expect(await store.check(new AbortController().signal)).toMatchObject({ ok: true });
        expect([store.serves({ environment: 'prod' }), store.serves({})]).toEqual([true, false]);
        expect((await collect(store, { environment: 'test', service: 'checkout' })).evidence).toMatchObject({
          state: 'unavailable',
          store: '',
        });
        await store.close();
      });
    });
  }
});

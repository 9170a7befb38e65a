import type { EvidenceState } from '../../src/domain/incident.ts';
import { startLokiDouble } from '../doubles/loki.ts';
import { startFaultProxy, type Fault, type FaultProxy } from '../helpers/fault-proxy.ts';
import { ecs, evidenceFrom, FIRED, MINUTE, type StoreConfig } from '../helpers/log-house.ts';
import { describeWith, type Requirement } from '../helpers/requires.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startElasticsearch, type Elasticsearch } from '../servers/elasticsearch.ts';
import { startOpensearch } from '../servers/opensearch.ts';
import { countAwakeMs } from '../helpers/awake-time.ts';

afterAll(stopEverything, 300_000);

/** What a server does, what its evidence then is, and what is said. */
type Row = readonly [what: string, fault: Fault, state: EvidenceState, says: RegExp, paths?: RegExp];

const half = (body: unknown): unknown => ({
  ...(body as object),
  _shards: {
    total: 4,
    successful: 2,
    failed: 2,
    failures: [{ index: 'ecs', reason: { type: 'node_disconnected_exception' } }],
  },
});

/** The same of both: they share their API. */
const SEARCH: readonly Row[] = [
  ['is slow, and answers in time', { delayMs: 150 }, 'complete', /^2 lines of service = checkout/],
  [
    'answers after our budget of time',
    { delayMs: 120_000 },
    'unavailable',
    /did not answer within (?:its budget of )?3 s: see whether it is overloaded|overloaded, or allow more/,
  ],
  ['never answers', 'hang', 'unavailable', /did not answer within (?:its budget of )?3 s/],
  ['answers a byte a second', 'trickle', 'unavailable', /did not answer within (?:its budget of )?3 s/, /_search/],
  ['cuts its answer', 'cut', 'unavailable', /closed the connection before its answer was whole/, /_search/],
  ['answers no JSON', 'no json', 'unavailable', /sent something that is no answer of its API/, /_search/],
  ['says 401', { status: 401 }, 'unavailable', /refused the login \(401\): check `auth`/],
  [
    'says 403',
    { status: 403 },
    'unavailable',
    /may not read "ecs" \(403\): grant it the privilege `read`/,
    /_field_caps|_search/,
  ],
  [
    'says 429',
    { status: 429, body: { error: { type: 'es_rejected_execution_exception' } } },
    'unavailable',
    /too busy to search \(429 es_rejected_execution_exception\)/,
    /_search/,
  ],
  ['says 503', { status: 503 }, 'unavailable', /failed \(503\): look at the health of the cluster/, /_search/],
  [
    'says 400',
    { status: 400, body: { error: { root_cause: [{ type: 'media_type_header_exception' }] } } },
    'unavailable',
    /does not speak this version of the API/,
    /_field_caps/,
  ],
  [
    'has lost half of its shards',
    { change: half },
    'partial',
    /2 of 4 shards failed of ecs \(node_disconnected_exception\)/,
    /_search/,
  ],
  [
    'fails at every second search',
    'every second 503',
    'unavailable',
    /failed \(503\): look at the health of the cluster/,
    /_search/,
  ],
];

const LOKI: readonly Row[] = [
  ['is slow, and answers in time', { delayMs: 100 }, 'complete', /^1 line of service = checkout/],
  ['answers after our budget of time', { delayMs: 120_000 }, 'unavailable', /did not answer within 3 s/],
  ['never answers', 'hang', 'unavailable', /did not answer within 3 s: see whether it is overloaded/],
  ['answers a byte a second', 'trickle', 'unavailable', /did not answer within 3 s/],
  ['cuts its answer', 'cut', 'unavailable', /closed the connection before its answer was whole/],
  ['answers no JSON', 'no json', 'unavailable', /sent something that is no answer of its API/],
  ['says 401', { status: 401 }, 'unavailable', /refused the login \(401\): check `auth`/],
  ['says 403', { status: 403 }, 'unavailable', /\(403\)/],
  ['says 429', { status: 429 }, 'unavailable', /too busy to search \(429\): look at its limits/],
  ['says 500', { status: 500 }, 'unavailable', /failed \(500\): look at its health/],
  ['says 503', { status: 503 }, 'unavailable', /failed \(503\): look at its health/],
  ['says 404', { status: 404 }, 'unavailable', /has no API at .*: correct `url`/],
  ['says 400', { status: 400, body: 'max_entries_limit' }, 'unavailable', /make `budget\.documents` smaller/],
  ['fails at every second request', 'every second 503', 'unavailable', /failed \(503\): look at its health/],
];

interface Bench {
  readonly needs: readonly Requirement[];
  readonly rows: readonly Row[];
  readonly start: () => Promise<{ readonly url: string; readonly config: (url: string) => StoreConfig }>;
}

async function filled(kind: string, server: Pick<Elasticsearch, 'url' | 'index'>) {
  await server.index('ecs', [ecs(-3, 'error', 'no such host'), ecs(-2, 'info', 'order placed')]);
  return { url: server.url, config: (url: string) => ({ kind, nodes: [url], index: 'ecs' }) };
}

const BENCHES: Readonly<Record<string, Bench>> = {
  Elasticsearch: {
    ...{ needs: ['elasticsearch'], rows: SEARCH },
    start: async () => filled('elasticsearch', await startElasticsearch()),
  },
  OpenSearch: {
    ...{ needs: ['opensearch'], rows: SEARCH.filter(([what]) => what !== 'says 400') },
    start: async () => filled('opensearch', await startOpensearch()),
  },
  Loki: {
    ...{ needs: [], rows: LOKI },
    async start() {
      const server = await startLokiDouble();
      server.add([{ at: FIRED - 3 * MINUTE, labels: { service_name: 'checkout' }, text: 'no such host' }]);
      return { url: server.url, config: (url: string) => ({ kind: 'loki', url }) };
    },
  },
};

for (const [name, { needs, rows, start }] of Object.entries(BENCHES))
  describeWith(needs, `${name} behind a proxy: what it does is told, within the budget, when it`, () => {
    let proxy: FaultProxy;
    let config: StoreConfig;
    beforeAll(async () => {
      const bench = await start();
      proxy = await startFaultProxy(bench.url);
      config = bench.config(proxy.url);
    }, 300_000);

    it.each(rows.map((row) => [row[0], row] as const))('%s', async (_what, row) => {
      const [, fault, state, says, paths = /^/] = row;
      proxy.behave(fault, paths);
      const isLate = /within .*3 s/.test(says.source);
      const passed = countAwakeMs();
      const evidence = await evidenceFrom({ ...config, ...(isLate ? { budget: { time: '3s' } } : {}) });
      expect(evidence.reason).toMatch(says);
      expect(evidence).toMatchObject({ state, store: 'elk' });
      expect(evidence.lines.length > 0).toBe(state !== 'unavailable');
      if (isLate) expect(passed()).toBeLessThan(40_000);
    });
  });

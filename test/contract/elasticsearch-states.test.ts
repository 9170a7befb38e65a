import type { EvidenceState } from '../../src/domain/incident.ts';
import { startFaultProxy, type Fault, type FaultProxy } from '../helpers/fault-proxy.ts';
import { ecs, evidenceFrom, FIRED, MINUTE, type StoreConfig } from '../helpers/log-house.ts';
import { describeWith } from '../helpers/requires.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startElasticsearch, type Elasticsearch } from '../servers/elasticsearch.ts';

afterAll(stopEverything, 300_000);

interface Case {
  readonly name: string;
  readonly state: EvidenceState;
  /** What is said, and how it can be mended. */
  readonly says: RegExp;
  readonly mend: RegExp;
  readonly config?: StoreConfig;
  readonly labels?: Record<string, string>;
  readonly startsAt?: number;
  readonly fault?: Fault;
  readonly on?: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: 'complete',
    state: 'complete',
    says: /^2 lines of service = checkout, \d\d:\d\d–\d\d:\d\d UTC,/,
    mend: /each with how often/,
  },
  {
    name: 'complete: the service fell silent',
    ...{ state: 'complete', labels: { service: 'mailer' } },
    ...{
      says: /^There is not one line of service = mailer in the incident window/,
      mend: /stopped writing or running/,
    },
  },
  {
    name: 'partial: shards failed',
    ...{ state: 'partial', config: { index: 'mixed-*' } },
    ...{ says: /1 of 2 shards failed of mixed-long/, mend: /look at the health and the mapping of these indices/ },
  },
  {
    name: 'partial: the time limit of the server',
    ...{ state: 'partial', fault: { change: (body) => ({ ...(body as object), timed_out: true }) }, on: /_search/ },
    ...{ says: /stopped searching at its time limit/, mend: /allow more under `budget\.time`/ },
  },
  {
    name: 'partial: the budget of documents, with the rate',
    ...{ state: 'partial', config: { index: 'many', budget: { documents: 100 } } },
    ...{
      says: /Of 400 records in the incident window about 100 \(25 %\) were read/,
      mend: /budget: 100 documents/,
    },
  },
  {
    name: 'partial: one of several indices is missing',
    ...{ state: 'partial', config: { index: 'ecs,gone' } },
    ...{ says: /The index "gone" does not exist, the others were read/, mend: /correct `index`/ },
  },
  {
    name: 'unavailable: refused',
    ...{ state: 'unavailable', config: { nodes: ['http://127.0.0.1:1'] } },
    ...{ says: /refused the connection/, mend: /see whether it runs and whether the address is right/ },
  },
  {
    name: 'unavailable: timed out',
    ...{ state: 'unavailable', fault: 'hang', config: { budget: { time: '1s' } } },
    ...{ says: /did not answer within 1 s/, mend: /overloaded, or allow more under `budget\.time`/ },
  },
  {
    name: 'unavailable: the index is missing',
    ...{ state: 'unavailable', config: { index: 'gone' } },
    ...{ says: /has no index "gone"/, mend: /correct `index`, or see why nothing is shipped there/ },
  },
  {
    name: 'unavailable: no index fits the pattern',
    ...{ state: 'unavailable', config: { index: 'gone-*' } },
    ...{ says: /has no index that fits "gone-\*"/, mend: /correct `index`, or grant it `read`/ },
  },
  {
    name: 'unavailable: the login is refused',
    ...{ state: 'unavailable', fault: { status: 401 } },
    ...{ says: /refused the login \(401\)/, mend: /check `auth`/ },
  },
  {
    name: 'unavailable: no permission',
    ...{ state: 'unavailable', fault: { status: 403 }, on: /_field_caps|_search/ },
    ...{ says: /may not read "ecs" \(403\)/, mend: /grant it the privilege `read` on these indices/ },
  },
  {
    name: 'unavailable: no label says whose lines',
    ...{ state: 'unavailable', labels: { severity: 'critical' } },
    ...{ says: /^No label of this alert says whose lines to read/, mend: /map one under its `scope`/ },
  },
  {
    name: 'unavailable: no field for what the labels say',
    ...{ state: 'unavailable', config: { index: 'plain' }, labels: { pod: 'checkout-0' } },
    ...{ says: /has no field for pod or workload/, mend: /name one under `fields`/ },
  },
  {
    name: 'unavailable: no field for the time',
    ...{ state: 'unavailable', config: { index: 'timeless' } },
    ...{ says: /has no known field for a date/, mend: /name it, `fields: \{ time: … \}`/ },
  },
  {
    name: 'unavailable: zero lines in scope',
    ...{ state: 'unavailable', labels: { service: 'nobody' } },
    ...{
      says: /^No line of service = nobody at .* UTC in .* though others wrote 2 lines/,
      mend: /check that `scope` and `fields`/,
    },
  },
  {
    name: 'unavailable: zero lines of anybody in the window',
    ...{ state: 'unavailable', startsAt: FIRED + 9_000 * MINUTE },
    ...{
      says: /^Nobody wrote a line into "ecs".*the newest is of 2026-01-05/,
      mend: /see whether the shippers have stopped/,
    },
  },
  {
    name: 'unavailable: zero lines in the whole index',
    ...{ state: 'unavailable', config: { index: 'empty' } },
    ...{
      says: /^"empty" in Elasticsearch "elk" holds no line at all/,
      mend: /check `index`, and that logs are being shipped/,
    },
  },
  {
    name: 'unavailable: too busy',
    ...{ state: 'unavailable', fault: { status: 429 }, on: /_search/ },
    ...{ says: /too busy to search \(429\)/, mend: /look at its search queue, or make the budget smaller/ },
  },
  {
    name: 'unavailable: failing',
    ...{ state: 'unavailable', fault: { status: 503 }, on: /_search/ },
    ...{ says: /failed \(503\)/, mend: /look at the health of the cluster and at its log/ },
  },
  {
    name: 'unavailable: cut in the middle',
    ...{ state: 'unavailable', fault: 'cut', on: /_search/ },
    ...{
      says: /closed the connection before its answer was whole/,
      mend: /see the log of the server, or of the proxy/,
    },
  },
  {
    name: 'unavailable: no answer of its API',
    ...{ state: 'unavailable', fault: 'no json', on: /_search/ },
    ...{ says: /sent something that is no answer of its API/, mend: /see what stands between it and the bridge/ },
  },
];

describeWith('elasticsearch', 'states of evidence from Elasticsearch', () => {
  let server: Elasticsearch;
  let proxy: FaultProxy;
  beforeAll(async () => {
    server = await startElasticsearch();
    proxy = await startFaultProxy(server.url);
    await server.index('ecs', [
      ecs(-3, 'error', 'no such host'),
      ecs(-2, 'info', 'order placed'),
      ecs(-20, 'info', 'mail sent', 'mailer'),
    ]);
    await server.request('PUT', '/mixed-keyword', { mappings: { properties: { service: { type: 'keyword' } } } });
    await server.request('PUT', '/mixed-long', { mappings: { properties: { service: { type: 'long' } } } });
    const flat = { '@timestamp': new Date(FIRED - MINUTE).toISOString(), message: 'no such host', level: 'error' };
    await server.index('mixed-keyword', [{ ...flat, service: 'checkout' }]);
    await server.index('mixed-long', [{ ...flat, service: 7 }]);
    await server.index(
      'many',
      Array.from({ length: 400 }, (_, index) => ecs(-9 + index / 100, 'info', `line ${index}`)),
    );
    await server.index('plain', [{ ...flat, service: 'checkout' }]);
    await server.index('timeless', [{ message: 'no such host', service: 'checkout' }]);
    const properties = { '@timestamp': { type: 'date' }, message: { type: 'text' }, service: { type: 'keyword' } };
    await server.request('PUT', '/empty', { mappings: { properties } });
  }, 300_000);
  beforeEach(() => proxy.behave('none'));

  it.each(CASES)('$name', async ({ state, says, mend, config, labels, startsAt, fault = 'none', on = /^/ }) => {
    proxy.behave(fault, on);
    const evidence = await evidenceFrom({ nodes: [proxy.url], index: 'ecs', ...config }, labels, startsAt);
    expect(evidence.state).toBe(state);
    expect(evidence.reason).toMatch(says);
    expect(evidence.reason).toMatch(mend);
    expect(evidence.reason).toMatch(/^[A-Z"0-9].*\.$/s);
    expect(evidence.lines.length > 0 || evidence.reason.length > 40).toBe(true);
  });

  it('says each in words of its own', () => {
    expect(new Set(CASES.map(({ says }) => says.source)).size).toBe(CASES.length);
  });
});

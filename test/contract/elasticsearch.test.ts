import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createServer as createPlainServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { collectLogs } from '../../src/evidence/collect.ts';
import type { LogStore } from '../../src/evidence/log-store.ts';
import type { Evidence } from '../../src/domain/incident.ts';
import { createRedactor } from '../../src/evidence/redact.ts';
import { createLogStore } from '../../src/evidence/create-log-store.ts';
import { logStoreConfig } from '../../src/evidence/registry.ts';
import { startFaultProxy, type FaultProxy } from '../helpers/fault-proxy.ts';
import { PATIENT } from '../helpers/log-house.ts';
import { describeWith } from '../helpers/requires.ts';
import { stopEverything, stopLater, temporaryFolder } from '../servers/cleanup.ts';
import { startElasticsearch, type Elasticsearch } from '../servers/elasticsearch.ts';

const FIRED = Date.parse('2026-01-05T03:00:00Z');
const MINUTE = 60_000;
const iso = (minutes: number): string => new Date(FIRED + minutes * MINUTE).toISOString();
const never = (): AbortSignal => new AbortController().signal;
const redact = createRedactor(Buffer.from('a key for tests'));

type Config = Record<string, unknown>;
const storeOf = ({ budget, ...config }: Config): LogStore =>
  createLogStore(
    logStoreConfig.parse({
      ...{ name: 'elk', kind: 'elasticsearch', ...config },
      budget: { ...PATIENT, ...(budget as object | undefined) },
    }),
  );

/** One evidence from a store that lives only for it. */
async function evidenceOf(config: Config, labels: Record<string, string> = { service: 'checkout' }): Promise<Evidence> {
  const store = storeOf(config);
  const { evidence } = await collectLogs(
    { id: 'e', labels, startsAt: FIRED, now: FIRED + 5 * MINUTE },
    [store],
    redact,
    never(),
  );
  await store.close();
  return evidence;
}

const ecs = (minutes: number, level: string, message: string, service = 'checkout'): object => ({
  '@timestamp': iso(minutes),
  message,
  log: { level },
  service: { name: service },
  host: { name: 'h1' },
  kubernetes: { pod: { name: `${service}-7d4b9c6f5d-x2x7k` }, namespace: 'shop' },
});

afterAll(stopEverything, 300_000);

describeWith('elasticsearch', 'Elasticsearch without accounts', () => {
  let server: Elasticsearch;
  let proxy: FaultProxy;
  let good: Config;
  beforeAll(async () => {
    // The first setting makes the server look at its clock, so that a limit of a millisecond is kept.
    server = await startElasticsearch({ settings: { 'thread_pool.estimated_time_interval': '0' } });
    proxy = await startFaultProxy(server.url);
    await server.index('ecs', [
      ecs(-3, 'error', 'no such host'),
      ecs(-2, 'info', 'order placed'),
      ecs(-20, 'error', 'cache miss'),
    ]);
    good = { nodes: [proxy.url], index: 'ecs' };
  }, 300_000);
  beforeEach(() => proxy.behave('none'));

  it('takes fields that are named by hand', async () => {
    await server.index('odd', [{ when: iso(-3), txt: 'no such host', lvl: 'error', unit: 'checkout' }]);
    expect((await evidenceOf({ nodes: [server.url], index: 'odd' })).reason).toContain('`fields: { time: … }`');
    const named = {
      nodes: [server.url],
      index: 'odd',
      fields: { time: 'when', message: 'txt', level: 'lvl', service: 'unit' },
    };
    expect(await evidenceOf(named)).toMatchObject({
      state: 'complete',
      lines: [{ text: 'no such host', level: 'error' }],
    });
    expect((await evidenceOf(named, { namespace: 'shop' })).reason).toMatch(
      /has no field for namespace: name one under `fields`/,
    );
  });

  it('relaxes the scope step by step and names the one that it used', async () => {
    const labels = { pod: 'checkout-7d4b9c6f5d-zzzzz', service: 'checkout', namespace: 'shop' };
    expect(await evidenceOf(good, labels)).toMatchObject({ scope: 'service = checkout', state: 'complete' });
    expect(await evidenceOf(good, { pod: 'other-0', namespace: 'shop' })).toMatchObject({
      scope: 'namespace = shop',
      state: 'complete',
    });
  });

  it('says that a service fell silent', async () => {
    await server.index('silent', [ecs(-20, 'info', 'order placed'), ecs(-2, 'info', 'label printed', 'shipping')]);
    const evidence = await evidenceOf({ nodes: [server.url], index: 'silent' });
    expect(evidence).toMatchObject({ state: 'complete', scope: 'service = checkout', lines: [] });
    expect(evidence.reason).toMatch(
      /^There is not one line of service = checkout in the incident window, though there were 1/,
    );
  });

  it('never lets the text of an alert become a query', async () => {
    for (const value of ['*', 'check*', 'checkout OR 1', '"checkout"', '{"match_all":{}}', 'CHECKOUT'])
      expect((await evidenceOf(good, { service: value })).reason).toMatch(/^No line of /);
  });

  it('says when no label says whose lines to read', async () => {
    expect((await evidenceOf(good, { severity: 'critical' })).reason).toMatch(
      /^No label of this alert says whose lines to read .* map one under its `scope`/,
    );
  });

  it('keeps to its budget of documents, errors first, and says what it left out', async () => {
    const many = Array.from({ length: 3_000 }, (_, index) =>
      ecs(-9 + index / 1_000, index % 300 === 0 ? 'error' : 'info', `line ${index}`),
    );
    await server.index('many', [
      ...many,
      ...Array.from({ length: 500 }, (_, index) => ecs(-20, 'info', `line ${index}`)),
    ]);
    const evidence = await evidenceOf({ nodes: [server.url], index: 'many', budget: { documents: 1_000 } });
    expect(evidence.state).toBe('partial');
    expect(evidence.counts).toEqual({ info: 2_990, error: 10 });
    expect(evidence.windows.map(({ records, sampled }) => [records, sampled])).toEqual([
      [3_000, true],
      [500, true],
      [0, false],
    ]);
    expect(evidence.reason).toContain('Of 3000 records in the incident window');
    expect(evidence.lines[0]).toMatchObject({ level: 'error', count: 10 });
    const whole = await evidenceOf({ nodes: [server.url], index: 'many' });
    expect(whole).toMatchObject({ state: 'complete', lines: [{ count: 10 }, { count: 2_990 }] });
  });

  it('keeps to its budget of bytes, also where a single line is larger', async () => {
    await server.index('large', [
      ...Array.from({ length: 300 }, (_, index) => ecs(-2, 'info', `${index} ${'x'.repeat(5_000)}`)),
      ecs(-1, 'error', `huge ${'y'.repeat(3_000_000)}`),
    ]);
    const evidence = await evidenceOf({ nodes: [server.url], index: 'large', budget: { bytes: 300_000 } });
    expect(evidence.state).toBe('partial');
    expect(evidence.reason).toContain('too large for the budget of bytes');
    expect(evidence.counts).toEqual({ info: 300, error: 1 });
    expect(evidence.lines.length).toBeGreaterThan(0);
  });

  it('reads on where one of several indices is missing, and says which', async () => {
    const evidence = await evidenceOf({ nodes: [server.url], index: 'ecs,gone' });
    expect(evidence.state).toBe('partial');
    expect(evidence.reason).toContain('The index "gone" does not exist, the others were read');
    expect((await evidenceOf({ nodes: [server.url], index: 'gone-*' })).reason).toMatch(
      /has no index that fits "gone-\*"/,
    );
  });

  it('names the index whose shards failed, as its lines are missing', async () => {
    await server.request('PUT', '/mixed-keyword', { mappings: { properties: { service: { type: 'keyword' } } } });
    await server.request('PUT', '/mixed-long', { mappings: { properties: { service: { type: 'long' } } } });
    await server.index('mixed-keyword', [
      { '@timestamp': iso(-3), message: 'no such host', level: 'error', service: 'checkout' },
    ]);
    await server.index('mixed-long', [{ '@timestamp': iso(-3), message: 'x', level: 'error', service: 7 }]);
    const evidence = await evidenceOf({ nodes: [server.url], index: 'mixed-*' });
    expect(evidence).toMatchObject({ state: 'partial', lines: [{ text: 'no such host' }] });
    expect(evidence.reason).toMatch(/1 of 2 shards failed of mixed-long \(\w+\), so their records are missing/);
    expect((await evidenceOf({ nodes: [server.url], index: 'mixed-*' }, { service: 'nobody' })).reason).toMatch(
      /found nothing, and did not search everything\. 1 of 2 shards failed/,
    );
  });

  it('asks once for fifty alerts of one service within a minute, whatever else their labels say', async () => {
    const store = storeOf(good);
    const before = proxy.requests.length;
    const alertAt = (index: number): Promise<Evidence> => {
      const startsAt = FIRED + index * 1_200;
      const labels = { service: 'checkout', instance: `h${index}:9100` };
      const facts = { id: `e${index}`, labels, startsAt, now: startsAt + 1_000 };
      return collectLogs(facts, [store], redact, never()).then(({ evidence }) => evidence);
    };
    const storm = await Promise.all(Array.from({ length: 40 }, (_, index) => alertAt(index)));
    for (let index = 40; index < 50; index += 1) storm.push(await alertAt(index));
    await store.close();
    for (const [index, evidence] of storm.entries())
      expect(evidence).toMatchObject({ id: `e${index}`, state: 'complete', lines: [{ text: 'no such host' }, {}] });
    const searches = proxy.requests.slice(before).filter(({ path }) => path.includes('_search'));
    // One that counts all three windows, and one for each that holds anything.
    expect(searches).toHaveLength(3);
  });

  it('leaves a cluster that fails alone for a while, and says so', async () => {
    const store = storeOf(good);
    proxy.behave({ status: 503 });
    const ask = async (service: string): Promise<Evidence> => {
      const facts = { id: 'e', labels: { service }, startsAt: FIRED, now: FIRED + 5 * MINUTE };
      return (await collectLogs(facts, [store], redact, never())).evidence;
    };
    for (const service of ['a', 'b', 'c']) expect((await ask(service)).reason).toMatch(/failed \(503\): look at/);
    const before = proxy.requests.length;
    const { state, reason } = await ask('d');
    expect([state, reason]).toEqual([
      'unavailable',
      expect.stringMatching(/failed \(503\): look at .* \(not asked again for 30 s after 3 failures\)\.$/),
    ]);
    expect(proxy.requests.length).toBe(before);
    await store.close();
  });

  it('says when the server stopped searching at its time limit', async () => {
    proxy.behave({ change: (body) => ({ ...(body as object), timed_out: true }) }, /_search/);
    const evidence = await evidenceOf(good);
    expect(evidence).toMatchObject({ state: 'partial', lines: [{ text: 'no such host' }, { text: 'order placed' }] });
    expect(evidence.reason).toContain('stopped searching at its time limit (timed_out)');
  });

  it('reads documents whose keys are names of the prototype', async () => {
    const document = `{"@timestamp":"${iso(-3)}","message":"no such host","service":{"name":"checkout"},"host":{"__proto__":"x","name":"h1"}}`;
    await server.request('PUT', '/proto', {
      mappings: {
        dynamic: false,
        properties: {
          '@timestamp': { type: 'date' },
          message: { type: 'text' },
          'service.name': { type: 'keyword' },
          'host.name': { type: 'keyword' },
        },
      },
    });
    await fetch(`${server.url}/proto/_doc?refresh=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: document,
    });
    proxy.behave(
      {
        change: (body) =>
          JSON.parse(JSON.stringify(body).replaceAll('"h1"', '"h1","__proto__":{"level":"fatal"}')) as unknown,
      },
      /_search/,
    );
    const evidence = await evidenceOf({ ...good, index: 'proto' });
    expect(evidence).toMatchObject({ state: 'complete', lines: [{ level: '', text: 'no such host' }] });
  });

  it('keeps what it had read when the server breaks in the middle', async () => {
    let searches = 0;
    proxy.behave({ change: (body) => ((searches += 1) > 2 ? Object.fromEntries([]) : body) }, /_search/);
    const evidence = await evidenceOf(good);
    expect(evidence.lines).toMatchObject([{ text: 'no such host' }, { text: 'order placed' }]);
    expect(evidence).toMatchObject({
      state: 'partial',
      reason: expect.stringContaining('Not everything was read. Elasticsearch "elk" sent something') as unknown,
    });
  });

  it('says when nobody listens, or when the name does not resolve', async () => {
    expect((await evidenceOf({ ...good, nodes: ['http://ada:hunter2@127.0.0.1:1'] })).reason).toMatch(
      /^Elasticsearch "elk" refused the connection \(http:\/\/127\.0\.0\.1:1\)/,
    );
    expect((await evidenceOf({ ...good, nodes: ['http://nobody.invalid:9200'] })).reason).toMatch(
      /does not resolve|refused the connection/,
    );
  });

  it('asks the next node where one is down', async () => {
    for (let round = 0; round < 3; round += 1)
      expect(await evidenceOf({ ...good, nodes: ['http://127.0.0.1:1', proxy.url] })).toMatchObject({
        state: 'complete',
      });
  });

  it('speaks the version of the API that the server has, or that is configured', async () => {
    const saidTo = async (config: Config): Promise<string | undefined> => {
      const before = proxy.requests.length;
      await evidenceOf({ ...good, ...config });
      return proxy.requests.slice(before).find(({ path }) => path.includes('/_search'))?.headers['content-type'];
    };
    expect(await saidTo({})).toBe('application/vnd.elasticsearch+json; compatible-with=8');
    expect(await saidTo({ compatibility: 8 })).toBe('application/vnd.elasticsearch+json; compatible-with=8');
    expect(await saidTo({ compatibility: 7 })).toBe('application/json');
    proxy.behave({ change: (body) => ({ ...(body as object), version: { number: '9.1.0' } }) }, /^\/$/);
    // A server 8 refuses 9, which shows that it was said.
    expect((await evidenceOf(good)).reason).toContain('set `compatibility` to the major version of the server');
    proxy.behave({ status: 403 }, /^\/$/);
    expect(await saidTo({})).toBe('application/json');
  });

  it('says that OpenSearch is none', async () => {
    const { reason } = await evidenceOf({ ...good, nodes: [await createServerWithoutProduct()] });
    expect(reason).toMatch(/is not Elasticsearch: for OpenSearch write `kind: opensearch`/);
  });

  it('reads through without a point in time where the cluster gives none', async () => {
    proxy.behave({ status: 503 }, /_pit/);
    expect(await evidenceOf(good)).toMatchObject({
      state: 'complete',
      lines: [{ text: 'no such host' }, { text: 'order placed' }],
    });
  });

  it('links to Kibana with the same scope and window, and tells the query without secrets', async () => {
    const evidence = await evidenceOf({
      ...good,
      auth: { basic: { username: 'ada', password: 'hunter2' } },
      kibana: { url: 'https://kibana:5601', space: 'sre', data_view: 'logs' },
    });
    expect(decodeURIComponent(evidence.url)).toContain(`query:'service.name : "checkout"'`);
    expect(decodeURIComponent(evidence.url)).toContain("from:'2026-01-05T02:49:00.000Z',to:'2026-01-05T03:02:00.000Z'");
    expect(evidence.query).toMatchObject({
      index: 'ecs',
      profile: 'ecs',
      searches: [{ window: 'incident' }, { window: 'before' }, { window: 'day_before' }],
    });
    expect(JSON.stringify(evidence)).not.toContain('hunter2');
  });

  it('joins the lines of a stack trace that were shipped one by one', async () => {
    const lines = [
      'java.io.IOException: no such host',
      '\tat a.B.c(B.java:1)',
      '\tat d.E.f(E.java:2)',
      'Caused by: gone',
    ];
    await server.index(
      'trace',
      lines.map((text, index) => ({
        '@timestamp': new Date(FIRED - 3 * MINUTE + index).toISOString(),
        message: text,
        service: { name: 'checkout' },
      })),
    );
    expect((await evidenceOf({ nodes: [server.url], index: 'trace' })).lines).toMatchObject([
      { level: 'error', text: lines.join('\n'), count: 1 },
    ]);
  });
});

/** Answers as OpenSearch does: without the header that names the product. */
async function createServerWithoutProduct(): Promise<string> {
  const server = createPlainServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"version":{"number":"2.19.1","distribution":"opensearch"}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stopLater(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describeWith('elasticsearch', 'Elasticsearch with accounts', () => {
  let server: Elasticsearch;
  beforeAll(async () => {
    server = await startElasticsearch({ security: true });
    await server.index('logs-shop', [ecs(-3, 'error', 'no such host')]);
    await server.index('logs-hr', [ecs(-3, 'error', 'not for everybody')]);
  }, 300_000);

  it('logs in with a password, with a key, and with a key from a file that is read anew', async () => {
    const base = { nodes: [server.url], index: 'logs-shop' };
    const { username, password } = server.login ?? { username: '', password: '' };
    expect(await evidenceOf({ ...base, auth: { basic: { username, password } } })).toMatchObject({ state: 'complete' });
    const key = await server.createApiKey('tierbell');
    expect(await evidenceOf({ ...base, auth: { api_key: key } })).toMatchObject({ state: 'complete' });
    expect(await evidenceOf({ ...base, auth: { api_key: Buffer.from(key, 'base64').toString() } })).toMatchObject({
      state: 'complete',
    });
    const file = join(temporaryFolder('key').path, 'es.key');
    writeFileSync(file, 'bm90OnJpZ2h0\n');
    const store = storeOf({ ...base, auth: { api_key_file: file } });
    expect(await store.check(never())).toMatchObject({ ok: false, reason: 'unauthorized' });
    writeFileSync(file, `${key}\n`);
    expect(await store.check(never())).toMatchObject({ ok: true });
    await store.close();
    expect((await evidenceOf({ ...base, auth: { api_key_file: `${file}.gone` } })).reason).toMatch(
      /needs the file .*es\.key\.gone, which cannot be read \(ENOENT\)/,
    );
  });

  it('tells a wrong key from a key that may not read this index', async () => {
    const wrong = await evidenceOf({ nodes: [server.url], index: 'logs-shop', auth: { api_key: 'bm90OnJpZ2h0' } });
    expect(wrong.reason).toMatch(/refused the login \(401\)/);
    const { encoded } = await server.request<{ encoded: string }>('POST', '/_security/api_key', {
      name: 'narrow',
      role_descriptors: { narrow: { indices: [{ names: ['logs-shop'], privileges: ['read'] }] } },
    });
    const narrow = { nodes: [server.url], auth: { api_key: encoded } };
    expect((await evidenceOf({ ...narrow, index: 'logs-hr' })).reason).toMatch(/may not read "logs-hr" \(403\)/);
    // It may not even ask for the version, and needs no more than `read`.
    expect(await evidenceOf({ ...narrow, index: 'logs-shop' })).toMatchObject({
      state: 'complete',
      lines: [{ text: 'no such host' }],
    });
    expect(JSON.stringify(await evidenceOf({ ...narrow, index: 'logs-*' }))).not.toContain('not for everybody');
  });

  it('trusts the authority that is named, and says when it knows none', async () => {
    const folder = temporaryFolder('tls').path;
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        keyFile,
        '-out',
        certFile,
        '-days',
        '2',
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      ],
      { stdio: 'ignore' },
    );
    const tls = createServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, (request, response) => {
      const onward = forward(
        `${server.url}${request.url ?? '/'}`,
        { method: request.method ?? 'GET', headers: request.headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    stopLater(async () => {
      tls.closeAllConnections();
      await new Promise<void>((resolve) => tls.close(() => resolve()));
    });
    const config = {
      nodes: [`https://127.0.0.1:${(tls.address() as AddressInfo).port}`],
      index: 'logs-shop',
      auth: { basic: server.login ?? {} },
    };
    expect((await evidenceOf(config)).reason).toMatch(
      /certificate of Elasticsearch "elk" is not trusted .*: name its authority in `tls_config\.ca_file`/,
    );
    expect(await evidenceOf({ ...config, tls_config: { ca_file: certFile } })).toMatchObject({ state: 'complete' });
    expect(await evidenceOf({ ...config, tls_config: { insecure_skip_verify: true } })).toMatchObject({
      state: 'complete',
    });
  });
});

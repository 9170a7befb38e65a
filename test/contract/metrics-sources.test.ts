import { readdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Failure } from '../../src/domain/result.ts';
import { describeExpression, questionOf } from '../../src/evidence/beyond/expression.ts';
import { chooseMetrics } from '../../src/metrics/choose-metrics.ts';
import type { MetricsSource } from '../../src/metrics/metrics-source.ts';
import { createMetricsSource, metricsSourceConfig, metricsSourceKinds } from '../../src/metrics/registry.ts';
import { describeWith } from '../helpers/requires.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startPrometheus } from '../servers/prometheus.ts';

afterAll(stopEverything);

/** What a server of each kind answers; `answer` is what all of them understand as three series. */
interface Subject {
  readonly path: string;
  readonly answer: unknown;
  /** An error in the kind's own words, and a part of it that must be told. */
  readonly complaint: unknown;
  readonly told: string;
}

const SUBJECTS: Readonly<Record<string, Subject>> = {
  prometheus: {
    path: '/api/v1/query',
    answer: {
      status: 'success',
      data: {
        resultType: 'vector',
        result: [
          { metric: { __name__: 'up', instance: 'db-1:9100' }, value: [1767582000.123, '1'] },
          { metric: { instance: 'db-2:9100' }, value: [1767582000, 'NaN'] },
          { metric: {}, value: [1767582000, '-Inf'] },
        ],
      },
    },
    complaint: { status: 'error', errorType: 'execution', error: 'found duplicate series for the match group' },
    told: 'execution: found duplicate series for the match group',
  },
};

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;
let handler: Handler;
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => handler(request, response, body));
});
let url = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const never = new AbortController().signal;

function make(kind: string, change: Record<string, unknown> = {}): MetricsSource {
  return createMetricsSource(metricsSourceConfig.parse({ name: 'prom', kind, url, ...change }));
}

function answering(status: number, body: unknown, headers: Record<string, string> = {}): Handler {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  };
}

async function failureOf(source: MetricsSource, signal = never): Promise<Failure> {
  const outcome = await source.query('up == 1', signal);
  if (outcome.ok) throw new Error(`it answered ${JSON.stringify(outcome.value)}`);
  return outcome;
}

it('every metrics source in the folder is in the registry, and every one in the registry is under test', () => {
  const files = readdirSync(new URL('../../src/metrics/kinds/', import.meta.url));
  expect(files.map((file) => file.replace(/\.ts$/, '')).sort()).toEqual(
    metricsSourceKinds.map(({ kind }) => kind).sort(),
  );
  expect(Object.keys(SUBJECTS).sort()).toEqual(metricsSourceKinds.map(({ kind }) => kind).sort());
});

describe.each(metricsSourceKinds.map(({ kind }) => kind))('the metrics source %s', (kind) => {
  const { path, answer, complaint, told } = SUBJECTS[kind] as Subject;

  it('asks with its headers below the path of its address, and gives the series', async () => {
    const seen: string[] = [];
    handler = (request, response, body) => {
      seen.push(
        `${request.method} ${request.url} ${String(request.headers['x-scope-orgid'])} ${new URLSearchParams(body).get('query')}`,
      );
      answering(200, answer)(request, response, body);
    };
    const outcome = await make(kind, { url: `${url}/prefix/`, headers: { 'X-Scope-OrgID': 'shop' } }).query(
      'up{a="ü&="} == 1',
      never,
    );
    expect(outcome).toEqual({
      ok: true,
      value: [
        { labels: expect.objectContaining({ __name__: 'up', instance: 'db-1:9100' }) as unknown, value: 1 },
        { labels: expect.objectContaining({ instance: 'db-2:9100' }) as unknown, value: NaN },
        { labels: expect.anything() as unknown, value: -Infinity },
      ],
    });
    expect(seen).toEqual([`POST /prefix${path} shop up{a="ü&="} == 1`]);
  });

  it.each([
    [400, 'rejected', false],
    [422, 'rejected', false],
    [401, 'unauthorized', false],
    [403, 'unauthorized', false],
    [404, 'not_found', false],
    [429, 'rate_limited', true],
    [500, 'server_error', true],
    [503, 'server_error', true],
  ])('tells an answer %p with what the server said, as %s', async (status, reason, retryable) => {
    handler = answering(status, complaint, { 'retry-after': '7' });
    const outcome = await failureOf(make(kind));
    expect(outcome).toMatchObject({ reason, retryable, retryAfterMs: 7_000 });
    expect(outcome.detail).toContain(`prom (127.0.0.1:`);
    expect(outcome.detail).toContain(`answered ${status}: ${told}`);
  });

  it.each<[string, () => Handler, string, RegExp]>([
    [
      'a redirect',
      () => answering(302, '', { location: `${url}/elsewhere` }),
      'misconfigured',
      /redirect \(302\), which is not followed/,
    ],
    [
      'a page',
      () => answering(200, '<html>Sign in</html>'),
      'invalid_answer',
      /see whether the address is that of a Prometheus/,
    ],
    ['nothing', () => answering(200, ''), 'invalid_answer', /no instant vector or scalar/],
    ['null', () => answering(200, 'null'), 'invalid_answer', /no instant vector/],
    ['an error that calls itself 200', () => answering(200, complaint), 'invalid_answer', /found duplicate series/],
    ['success without data', () => answering(200, { status: 'success' }), 'invalid_answer', /no instant vector/],
    [
      'a part of the truth',
      () => answering(200, { ...(answer as object), warnings: ['store away'] }),
      'invalid_answer',
      /only in part: store away/,
    ],
    ['a matrix', () => answering(200, vectorOf('matrix', [])), 'invalid_answer', /no instant vector/],
    [
      'a value that is no number',
      () => answering(200, vectorOf('vector', [{ metric: {}, value: [1, ''] }])),
      'invalid_answer',
      /no instant vector/,
    ],
    [
      'a native histogram',
      () => answering(200, vectorOf('vector', [{ metric: {}, histogram: [1, {}] }])),
      'invalid_answer',
      /no instant vector/,
    ],
    ['an answer without end', () => flood, 'invalid_answer', /answered more than 8 MB; narrow the query/],
    [
      'a bomb',
      () => answering(200, gzipSync(Buffer.alloc(50_000_000, ' ')), { 'content-encoding': 'gzip' }),
      'invalid_answer',
      /answered more than 8 MB/,
    ],
    [
      'broken compression',
      () => answering(200, 'no gzip', { 'content-encoding': 'gzip' }),
      'invalid_answer',
      /no HTTP/,
    ],
    ['no HTTP', () => (request) => void request.socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'), 'invalid_answer', /no HTTP/],
    ['a cut connection', () => (request) => void request.socket.resetAndDestroy(), 'refused', /cannot be reached/],
    ['half an answer', () => half, 'refused', /cannot be reached/],
  ])('takes %s for no answer', async (_what, given, reason, detail) => {
    handler = given();
    const outcome = await failureOf(make(kind));
    expect(outcome.detail).toMatch(detail);
    expect(outcome.reason).toBe(reason);
  });

  it('waits no longer than its budget, even for a server that trickles', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(timer));
    };
    expect(await failureOf(make(kind))).toMatchObject({
      reason: 'timed_out',
      retryable: true,
      detail: expect.stringContaining('did not answer within 5 s') as string,
    });
  });

  it('stops when its caller does', async () => {
    handler = () => undefined;
    expect(await failureOf(make(kind), AbortSignal.timeout(200))).toMatchObject({ reason: 'timed_out' });
    expect(await failureOf(make(kind), AbortSignal.abort())).toMatchObject({ reason: 'timed_out' });
  });

  it('says that nobody listens', async () => {
    const outcome = await failureOf(make(kind, { url: 'http://127.0.0.1:1' }));
    expect(outcome).toMatchObject({ reason: 'refused', retryable: true });
    expect(outcome.detail).toMatch(/cannot be reached \(ECONNREFUSED\)/);
  });

  it.each([
    [{ url: 'http://169.254.169.254/latest' }, /link-local or metadata address/],
    [{ tls_config: { ca_file: '/no/such/ca.pem' } }, /tls_config.ca_file \/no\/such\/ca.pem cannot be read/],
    [{ headers: { 'X-Odd': 'line\u0000end' } }, /cannot be asked|cannot be reached|answered/],
  ])('is told what is wrong with %j', async (change, detail) => {
    handler = answering(500, '');
    expect((await failureOf(make(kind, change))).detail).toMatch(detail);
  });

  it('never prints a secret, not even one that the server echoes', async () => {
    const headers = { Authorization: 'Bearer s3cr3t-token', 'X-Key': 'another-secret' };
    const withPassword = { url: url.replace('http://', 'http://ada:hunter%202@') };
    const echo: Handler = (request, response, body) => {
      const error = `${request.headers.authorization} ${String(request.headers['x-key'])} hunter 2 hunter%202`;
      answering(400, { status: 'error', errorType: 'bad_data', error: error.repeat(9) })(request, response, body);
    };
    handler = echo;
    expect(await failureOf(make(kind, { headers }))).not.toMatchObject({
      detail: expect.stringMatching(/s3cr|another/) as string,
    });
    const second = JSON.stringify(await failureOf(make(kind, withPassword)));
    expect(second).toContain('Basic [hidden]');
    expect(second).not.toMatch(/hunter|YWRh/);
    const down = JSON.stringify(await failureOf(make(kind, { headers, url: 'http://ada:hunter%202@127.0.0.1:1' })));
    expect(down).not.toMatch(/s3cr3t|another-secret|hunter/);
  });

  it('serves the alerts that its matchers fit, and is chosen by name or where it is the only one', () => {
    const prod = make(kind, { matchers: ['environment="prod"'] });
    const other = make(kind, { name: 'other' });
    expect(prod.serves({ environment: 'prod' })).toBe(true);
    expect(prod.serves({})).toBe(false);
    expect(chooseMetrics([prod, other], null, {})).toMatchObject({ ok: true, value: { name: 'other' } });
    expect(chooseMetrics([prod, other], 'prom', {})).toMatchObject({ ok: true, value: { name: 'prom' } });
    expect(chooseMetrics([prod, other], null, { environment: 'prod' })).toMatchObject({
      ok: false,
      reason: 'misconfigured',
    });
    expect(chooseMetrics([prod], 'none', {})).toMatchObject({
      ok: false,
      detail: expect.stringContaining('no metrics source named none') as string,
    });
    expect(chooseMetrics([], null, {})).toMatchObject({ ok: false, reason: 'misconfigured' });
  });
});

describe.each(metricsSourceKinds.map(({ kind }) => kind))('the metrics source %s, asked over time', (kind) => {
  const question = { promql: 'rate(x[5m])', from: 1_767_582_000_000, to: 1_767_583_800_000, stepMs: 30_000 };
  const values = [
    [1767582000, '0.5'],
    [1767582030.123, 'NaN'],
    [1767582060, '+Inf'],
    [1767582090, '2e-3'],
  ];
  const matrix = vectorOf('matrix', [{ metric: { instance: 'db-1' }, values }]) as Record<string, unknown>;

  it('sends the window in seconds, and gives the points that are numbers', async () => {
    const seen: string[] = [];
    handler = (request, response, body) => {
      const { query, start, end, step } = Object.fromEntries(new URLSearchParams(body));
      seen.push(`${request.url} ${query} ${start} ${end} ${step}`);
      answering(200, matrix)(request, response, body);
    };
    const outcome = await make(kind).queryRange(question, never);
    expect(seen).toEqual([`${SUBJECTS[kind]?.path}_range rate(x[5m]) 1767582000 1767583800 30`]);
    const points = [
      [1_767_582_000_000, 0.5],
      [1_767_582_090_000, 0.002],
    ];
    expect(outcome).toMatchObject({
      ok: true,
      value: { warnings: [], series: [{ labels: { instance: 'db-1' }, points }] },
    });
  });

  it('gives an answer in part with what is missing; an instant answer or an error is none', async () => {
    handler = answering(200, { ...matrix, warnings: ['store\u0000 away'] });
    expect(await make(kind).queryRange(question, never)).toMatchObject({
      ok: true,
      value: { warnings: ['store away'] },
    });
    handler = answering(200, SUBJECTS[kind]?.answer);
    expect(await make(kind).queryRange(question, never)).toMatchObject({ ok: false, reason: 'invalid_answer' });
    handler = answering(422, SUBJECTS[kind]?.complaint);
    const refused = await make(kind).queryRange(question, never);
    expect(refused).toMatchObject({ ok: false, detail: expect.stringContaining('mend the query') as string });
  });
});

function vectorOf(resultType: string, result: unknown): unknown {
  return { status: 'success', data: { resultType, result } };
}

const flood: Handler = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = (): void => {
    if (!response.destroyed && response.write(' '.repeat(65_536))) setImmediate(more);
  };
  response.on('drain', more);
  more();
};

const half: Handler = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"status":"success","data":{"resultType":"vector","result":[]}}');
  setTimeout(() => response.destroy(), 100);
};

describeWith('prometheus', 'a real Prometheus', () => {
  it('answers, and what it does not understand is told in its own words', async () => {
    const real = await startPrometheus();
    const source = make('prometheus', { url: real.url });
    const ask = (query: string) => source.query(query, never);
    expect(await ask('vector(1) == 1')).toMatchObject({ ok: true, value: [{ value: 1 }] });
    expect(await ask('1 + 1')).toMatchObject({ ok: true, value: [{ value: 2 }] });
    expect(await ask('up{job="nobody"} == 1')).toEqual({ ok: true, value: [] });
    expect(await ask('label_replace(vector(0), "a", "ü\\"\\\\", "", "")')).toMatchObject({
      ok: true,
      value: [{ labels: { a: 'ü"\\' }, value: 0 }],
    });
    const wrong = await ask('up{');
    expect(wrong).toMatchObject({ ok: false, reason: 'rejected', retryable: false });
    expect(wrong).toMatchObject({ detail: expect.stringMatching(/answered 400: bad_data: .*parse error/) as string });
    expect(await ask('"text"')).toMatchObject({ ok: false, reason: 'invalid_answer' });
    expect(await ask('up[5m]')).toMatchObject({ ok: false, reason: 'invalid_answer' });
    await alertsOverTime(source);
    await real.stop();
    await waitFor('the port to be closed', async () => !(await ask('1')).ok);
    expect(await ask('1')).toMatchObject({ ok: false, reason: 'refused' });
  }, 300_000);
});

/** An alert's expression as rules write it, asked of a real server and made into evidence. */
async function alertsOverTime(source: MetricsSource): Promise<void> {
  const now = Math.floor(Date.now() / 1000) * 1000;
  const zero = now / 1000 - 1_200;
  const asked = {
    ...{
      expression: `vector(time()) - ${zero} > bool (2 * 300) and on() vector(1)`,
      labels: {},
      startsAt: now - 60_000,
    },
    ...{ generatorURL: '', store: source.name },
  };
  const question = questionOf(asked, now);
  const found = describeExpression(asked, question, await source.queryRange(question, never), { id: 'e', now });
  expect(found).toMatchObject({ state: 'complete', graph: { threshold: 600, comparison: '>' } });
  expect(found.facts?.[0]?.text).toMatch(/^-\d+ → 1200 at \d\d:\d\d, threshold > 600$/);
  expect(found.graph?.series[0]?.points.length).toBeGreaterThan(50);
  const wrong = { ...question, promql: 'up{' };
  expect(describeExpression(asked, wrong, await source.queryRange(wrong, never), { id: 'e', now })).toMatchObject({
    state: 'unavailable',
    reason: expect.stringMatching(/prom .* answered 400: bad_data: .*parse error.*; mend the query\.$/) as string,
  });
}

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { RunResult } from '../../src/fixes/executor.ts';
import type { HttpAction, HttpPoll } from '../../src/fixes/rendered-action.ts';
import { createExecutor, executorConfig } from '../../src/fixes/registry.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { portOfOurOwn } from '../servers/port-of-our-own.ts';

const sink = await startHttpSink();
const folder = temporaryFolder('http-executor');
afterAll(async () => {
  await stopEverything();
  folder.remove();
});

const never = new AbortController().signal;
const ATTEMPT = { id: '0198c0de-0000-7000-8000-000000000001', fence: 7 };
const POLL: HttpPoll = {
  url: `${sink.url}/jobs/{{ response.job.id }}?attempt={{ attempt.id }}`,
  pointer: '/state',
  success: ['done', '200', 'true'],
  failure: ['error'],
  intervalMs: 20,
};

function action(change: Partial<HttpAction> = {}): HttpAction {
  const url = `${sink.url}/deploy`;
  return {
    ...{ kind: 'http', method: 'POST', url, headers: {}, body: null, expect: null, poll: null, timeoutMs: 20_000 },
    ...change,
  };
}

function run(change: Partial<HttpAction> = {}, config: Record<string, unknown> = {}): Promise<RunResult> {
  const settings = { name: 'deploy', kind: 'http', allow: [sink.url], ...config };
  return createExecutor(executorConfig.parse(settings)).run(action(change), ATTEMPT, never);
}

/** What the sink got of this run. */
async function heard(running: Promise<RunResult>) {
  const before = sink.requests.length;
  const result = await running;
  return { result, requests: sink.requests.slice(before) };
}

describe('a request', () => {
  it('goes out once, with method, headers and body, and with the ids of its attempt', async () => {
    const body = '{"unit":"nginx.service"}';
    const { result, requests } = await heard(
      run({ method: 'PUT', headers: { 'content-type': 'application/json', 'x-team': 'shop' }, body }),
    );
    expect(result).toMatchObject({ state: 'succeeded', exitCode: null, output: '{}' });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: 'PUT', path: '/deploy', text: body });
    expect(requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-team': 'shop',
      'idempotency-key': ATTEMPT.id,
      'x-tierbell-attempt': ATTEMPT.id,
      'x-tierbell-fence': '7',
    });
  });

  it.each([
    [200, 'succeeded'],
    [202, 'succeeded'],
    [204, 'succeeded'],
    [400, 'failed'],
    [401, 'failed'],
    [404, 'failed'],
    [409, 'failed'],
    [429, 'failed'],
    [408, 'unknown'],
    [500, 'unknown'],
    [502, 'unknown'],
    [503, 'unknown'],
    [504, 'unknown'],
    [302, 'unknown'],
    [307, 'unknown'],
  ])('that is answered with %i has %s, and is never sent again', async (status, state) => {
    sink.answerNext({ status, headers: { location: `${sink.url}/elsewhere`, 'retry-after': '0' } });
    const { result, requests } = await heard(run());
    expect(result.state).toBe(state);
    expect(result.reason).toContain(String(status));
    expect(requests.map(({ path }) => path)).toEqual(['/deploy']);
  });

  it.each([
    [404, [404, 204], 'succeeded'],
    [200, [202], 'unknown'],
    [302, [302], 'succeeded'],
  ])('that is answered with %i where %j is expected has %s', async (status, expected, state) => {
    sink.answerNext({ status });
    expect(await run({ expect: expected })).toMatchObject({ state });
  });

  it('whose connection is lost after it was sent has an unknown outcome', async () => {
    sink.answerNext('reset');
    const { result, requests } = await heard(run({ body: 'x' }));
    expect(result).toMatchObject({ state: 'unknown', output: '' });
    expect(result.reason).toMatch(/connection broke.*may or may not have taken effect/);
    expect(requests).toHaveLength(1);
  });

  it('whose answer breaks off has an unknown outcome, and keeps what was said', async () => {
    const server = createServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await run({ url: `${url}/x` }, { allow: [url] })).toMatchObject({ state: 'unknown', output: 'begun' });
    server.close();
  });

  it('that was not answered in time has an unknown outcome, by its own limit or by that of its executor', async () => {
    sink.answerNext('hang', 'hang');
    expect((await run({ timeoutMs: 1_000 })).reason).toBe(
      'it did not end within 1 s; it may or may not have taken effect',
    );
    expect(await run({}, { timeout: '1s' })).toMatchObject({ state: 'unknown' });
  });

  it('that nobody takes has failed, for nothing was sent', async () => {
    const url = `http://127.0.0.1:${await portOfOurOwn()}`;
    const result = await run({ url }, { allow: [url] });
    expect(result).toMatchObject({ state: 'failed', output: '' });
    expect(result.reason).toMatch(/^nothing was sent: nobody listens/);
  });

  it('over TLS to a server that speaks none has failed, for nothing was sent', async () => {
    const url = sink.url.replace('http:', 'https:');
    const { result, requests } = await heard(run({ url }, { allow: [url] }));
    expect(result).toMatchObject({ state: 'failed' });
    expect(result.reason).toMatch(/^nothing was sent: the encrypted connection failed/);
    expect(requests).toEqual([]);
  });

  it.each(['http://169.254.169.254', 'http://2852039166', 'http://[fd00:ec2::254]', 'http://[::ffff:a9fe:a9fe]'])(
    'to %s cannot even be allowed',
    (origin) => {
      const read = executorConfig.safeParse({ name: 'deploy', kind: 'http', allow: [origin] });
      expect(read.error?.issues[0]?.message).toBe('a link-local or metadata address is never dialled');
    },
  );

  it('is not sent where the allow list names another origin', async () => {
    const { result, requests } = await heard(run({}, { allow: ['https://deploy.example.org', 'http://127.0.0.1:1'] }));
    expect(result).toMatchObject({ state: 'failed' });
    expect(result.reason).toMatch(/not on the executor's allow list/);
    const poll = { ...POLL, url: 'https://elsewhere.example.org/' };
    expect((await run({ poll })).reason).toMatch(/elsewhere.example.org is not on the executor's allow list/);
    expect(requests).toEqual([]);
  });

  it('keeps the beginning and the end of a long answer', async () => {
    sink.answerNext({ status: 200, body: `first\n${'x'.repeat(200)}\n`.repeat(2_000) + 'last\n' });
    const { output } = await run();
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(65_536);
    expect(output).toMatch(/^first\n[^]*output was cut here[^]*last\n$/);
  });
});

describe('a login', () => {
  const file = join(folder.path, 'token');
  writeFileSync(file, 'tok-from-a-file\n');

  it.each<[string, Record<string, unknown>, Record<string, string>]>([
    ['a token', { auth: { bearer_token: 'tok-1234' } }, { authorization: 'Bearer tok-1234' }],
    ['a token in a file', { auth: { bearer_token_file: file } }, { authorization: 'Bearer tok-from-a-file' }],
    [
      'name and password',
      { auth: { basic: { username: 'ada', password: 'pass-1234' } } },
      { authorization: `Basic ${Buffer.from('ada:pass-1234').toString('base64')}` },
    ],
    [
      'a header',
      { auth: { header: { name: 'PRIVATE-TOKEN', value_file: file } } },
      { 'private-token': 'tok-from-a-file' },
    ],
    ['plain headers', { headers: { 'X-Api': 'key-1234' } }, { 'x-api': 'key-1234' }],
  ])('of %s goes along and stands in no output', async (_what, config, headers) => {
    const [secret = ''] = Object.values(headers);
    sink.answerNext({ status: 200, body: `you sent ${secret}, and ${secret.split(' ').at(-1)}` });
    const { result, requests } = await heard(run({}, config));
    expect(requests[0]?.headers).toMatchObject(headers);
    expect(result.output).toMatch(/\[secret\].* and \[secret\]$/);
    expect(JSON.stringify(result)).not.toMatch(/tok-|pass-1234|key-1234|YWRh/);
  });

  it('whose file is missing sends nothing', async () => {
    const { result, requests } = await heard(run({}, { auth: { bearer_token_file: '/no/such/file' } }));
    expect(result).toMatchObject({ state: 'failed' });
    expect(result.reason).toMatch(/not started: the file of auth.bearer_token_file cannot be read/);
    expect(requests).toEqual([]);
  });

  it.each([
    [{}],
    [{ bearer_token: 'a', bearer_token_file: 'b' }],
    [{ basic: { username: 'a' } }],
    [{ header: { name: 'x', value: 'a', value_file: 'b' } }],
  ])('that says %j is refused', (auth) => {
    expect(executorConfig.safeParse({ name: 'a', kind: 'http', allow: [sink.url], auth }).success).toBe(false);
  });
});

describe('what a request only begins', () => {
  const begun = { status: 202, body: '{"job":{"id":"a/b"}}' };
  const state = (word: unknown) => ({ status: 200, body: JSON.stringify({ state: word }) });

  it('is followed until its state says how it ended', async () => {
    sink.answerNext(begun, state('queued'), { status: 503 }, { status: 200, body: 'no json' }, state('done'));
    const { result, requests } = await heard(run({ poll: POLL }));
    expect(result).toMatchObject({
      state: 'succeeded',
      output: '{"job":{"id":"a/b"}}\n{"state":"done"}',
      reason: 'it was answered with 202; its state was "done"',
    });
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /deploy',
      ...Array<string>(4).fill(`GET /jobs/a%2Fb?attempt=${ATTEMPT.id}`),
    ]);
    expect(requests[1]?.headers['idempotency-key']).toBeUndefined();
  });

  it.each([
    ['error', 'failed'],
    [200, 'succeeded'],
    [true, 'succeeded'],
  ])('and says %j has %s', async (word, expected) => {
    sink.answerNext(begun, state(word));
    expect(await run({ poll: POLL })).toMatchObject({ state: expected });
  });

  it('and does not end in time has an unknown outcome', async () => {
    const own = await startHttpSink();
    own.answerNext(begun, ...Array.from({ length: 200 }, () => state('running')));
    const poll = { ...POLL, url: `${own.url}/jobs/{{ attempt.id }}`, intervalMs: 50 };
    const result = await run({ url: own.url, poll, timeoutMs: 1_500 }, { allow: [own.url] });
    expect(result).toMatchObject({ state: 'unknown' });
    expect(result.reason).toMatch(/its state was "running" when the time was over; it may or may not/);
    expect(own.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it.each([
    ['names no job', '{"ok":true}'],
    ['is no JSON', 'started'],
    ['names one that climbs', '{"job":{"id":"../../admin"}}'],
  ])('and whose answer %s cannot be followed', async (_what, body) => {
    const own = await startHttpSink();
    own.answerNext({ status: 202, body });
    const poll = { ...POLL, url: `${own.url}/jobs/{{ response.job.id }}` };
    const result = await run({ url: `${own.url}/deploy`, poll }, { allow: [own.url] });
    expect(result).toMatchObject({ state: 'unknown' });
    expect(result.reason).toMatch(/cannot be followed.*may or may not have taken effect/);
    expect(own.requests).toHaveLength(1);
  });
});

import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createWebhookHandler } from '../../src/http/webhooks.ts';
import { openInboxReader, type InboxReader } from '../../src/inbox/inbox-reader.ts';
import { openInbox, type Inbox } from '../../src/inbox/inbox.ts';
import { readJson } from '../../src/sources/read-json.ts';
import { createSource, sourceConfig } from '../../src/sources/registry.ts';
import { waitFor } from '../helpers/wait-for.ts';

const TOKEN = 'tok_123';
const PROVEN = { authorization: `Bearer ${TOKEN}` };
const GOOD = JSON.stringify({ status: 'firing', alerts: [{ status: 'firing', labels: { alertname: 'A' } }] });
const MAX_BODY = 2_000_000;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly json: Record<string, unknown>;
}
interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | number>;
  readonly body?: string | Buffer | undefined;
}

describe('the webhook over HTTP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tierbell-webhooks-'));
  const path = join(folder, 'inbox.sqlite');
  const said: string[] = [];
  const counted: string[] = [];
  const seen: string[] = [];
  const lost: [string, string][] = [];
  const kept: Buffer[] = [];
  let inbox: Inbox;
  let reader: InboxReader;
  let server: Server;
  let broken: Error | null = null;

  beforeAll(async () => {
    inbox = openInbox(path, { ballastBytes: 4096 });
    reader = openInboxReader(path);
    const context = { now: Date.now, warn: (message: string) => said.push(message) };
    const configs = [
      { name: 'alertmanager', kind: 'alertmanager', auth: { bearer_token: TOKEN }, max_body: MAX_BODY },
      { name: 'open one', kind: 'alertmanager' },
    ];
    const sources = configs.map((config) => createSource(sourceConfig.parse(config), context));
    const handler = createWebhookHandler({
      sources: new Map(sources.map((source) => [source.name, source])),
      inbox: {
        append: (...args) => (broken === null ? inbox.append(...args) : Promise.reject(broken)),
        refused: (...args) => {
          kept.push(Buffer.from(args[1]));
          return inbox.refused(...args);
        },
      },
      now: Date.now,
      log: { warn: (message) => said.push(message), error: (message) => said.push(message) },
      metrics: {
        requests: (source, code) => counted.push(`${source} ${code}`),
        lastSeen: (source) => seen.push(source),
      },
      onRefused: (source, reason) => lost.push([source, reason]),
    });
    server = createServer((req, res) => {
      if (!handler(req, res)) res.writeHead(418).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    reader.close();
    inbox.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    for (const list of [said, counted, seen, lost, kept]) list.splice(0);
    broken = null;
  });

  const port = (): number => (server.address() as AddressInfo).port;
  function send({
    method = 'POST',
    path: url = '/webhooks/alertmanager',
    headers = PROVEN,
    body,
  }: Sent): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const req = request({ host: '127.0.0.1', port: port(), method, path: url, headers }, (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('end', () => {
          const json = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>;
          resolve({ status: res.statusCode ?? 0, headers: res.headers, json });
        });
      });
      req.on('error', reject);
      req.end(body);
    });
  }
  const lastBody = (): string => String(reader.after(reader.last() - 1, 1, 1e9)[0]?.body);

  it('a good delivery is on disk before it is answered, with its id', async () => {
    const { status, json } = await send({ body: GOOD });
    expect(status).toBe(200);
    const stored = reader.after(reader.last() - 1, 1, 1e9)[0];
    expect(json).toEqual({ delivery: stored?.id });
    expect([stored?.source, String(stored?.body)]).toEqual(['alertmanager', GOOD]);
    expect([counted, seen, lost]).toEqual([['alertmanager 200'], ['alertmanager'], []]);
  });

  it.each([
    ['PUT', { method: 'PUT' }],
    ['a trailing slash', { path: '/webhooks/alertmanager/' }],
    ['a query', { path: '/webhooks/alertmanager?token=x&y=/z' }],
    ['a scheme in capitals', { headers: { authorization: `BEARER ${TOKEN}` } }],
    ['any content type', { headers: { ...PROVEN, 'content-type': 'text/plain; charset=x' } }],
    ['an encoding that is none', { headers: { ...PROVEN, 'content-encoding': 'identity' } }],
    ['a source that asks for nothing, with a space in its name', { path: '/webhooks/open%20one', headers: {} }],
    ['a body in chunks', { headers: { ...PROVEN, 'transfer-encoding': 'chunked' } }],
  ])('takes %s', async (_what, sent) => {
    expect((await send({ body: GOOD, ...sent })).status).toBe(200);
    expect(lastBody()).toBe(GOOD);
  });

  it('unpacks gzip and stores it plain', async () => {
    const { status } = await send({ body: gzipSync(GOOD), headers: { ...PROVEN, 'content-encoding': 'gzip' } });
    expect([status, lastBody()]).toEqual([200, GOOD]);
  });

  it('leaves other paths to others', async () => {
    for (const other of ['/', '/webhook', '/webhooksX', '/api/v1/incidents'])
      expect((await send({ path: other, body: GOOD })).status).toBe(418);
    expect(counted).toEqual([]);
  });

  const tooBig = JSON.stringify({ alerts: ['x'.repeat(MAX_BODY)] });
  it.each<[string, Sent, number, string | undefined]>([
    ['no body', {}, 400, undefined],
    ['no JSON', { body: 'firing!' }, 400, undefined],
    ['JSON that ends too early', { body: GOOD.slice(0, -1) }, 400, undefined],
    ['something behind the JSON', { body: `${GOOD}x` }, 400, undefined],
    ['a list', { body: '[]' }, 400, undefined],
    ['no alerts', { body: '{"status":"firing"}' }, 400, 'alerts'],
    ['alerts that are no list', { body: '{"alerts":{}}' }, 400, 'alerts'],
    ['an empty list of alerts', { body: '{"alerts":[]}' }, 400, 'alerts'],
    ['a depth of 33', { body: `{"alerts":[1],"x":${'['.repeat(32)}${']'.repeat(32)}}` }, 400, undefined],
    ['a depth of a million', { body: '['.repeat(1_000_000) }, 400, undefined],
    ['broken gzip', { body: 'x', headers: { ...PROVEN, 'content-encoding': 'gzip' } }, 400, undefined],
    [
      'half of a gzip',
      { body: gzipSync(GOOD).subarray(0, 30), headers: { ...PROVEN, 'content-encoding': 'gzip' } },
      400,
      undefined,
    ],
    ['another encoding', { body: GOOD, headers: { ...PROVEN, 'content-encoding': 'br' } }, 415, undefined],
    ['two encodings', { body: GOOD, headers: { ...PROVEN, 'content-encoding': 'gzip, gzip' } }, 415, undefined],
    ['too large, as it says', { body: tooBig }, 413, undefined],
    ['too large, in chunks', { body: tooBig, headers: { ...PROVEN, 'transfer-encoding': 'chunked' } }, 413, undefined],
    ['50 MB', { body: Buffer.alloc(50_000_000, ' ') }, 413, undefined],
    [
      'a gzip bomb',
      { body: gzipSync(Buffer.alloc(200_000_000)), headers: { ...PROVEN, 'content-encoding': 'gzip' } },
      413,
      undefined,
    ],
  ])('refuses %s with a problem, keeps it, tells of it, and takes the next', async (_what, sent, status, field) => {
    const before = reader.last();
    const answer = await send(sent);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json).toMatchObject({ type: 'about:blank', status, title: expect.any(String) });
    expect(answer.json['detail']).toMatch(/^.{15,}\.$/);
    expect(answer.json['field']).toBe(field);
    expect(lost).toEqual([['alertmanager', expect.stringContaining(String(answer.json['detail']))]]);
    expect(counted).toEqual([`alertmanager ${status}`]);
    expect(kept).toHaveLength(1);
    // Of what is too large, at most the part that had come by then.
    if (status !== 413) expect(kept[0]?.equals(Buffer.from(sent.body ?? ''))).toBe(true);
    expect(reader.last()).toBe(before);
    expect((await send({ body: GOOD })).status).toBe(200);
  });

  it.each<[string, Sent]>([
    ['no token', { headers: {} }],
    ['a wrong token', { headers: { authorization: 'Bearer tok_124' } }],
    ['another scheme', { headers: { authorization: `Basic ${TOKEN}` } }],
    ['no token and 50 MB', { headers: {}, body: Buffer.alloc(50_000_000) }],
  ])('%s gets 401, says how to prove it, keeps nothing and tells nobody', async (_what, sent) => {
    const { status, headers, json } = await send({ body: GOOD, ...sent });
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer realm="tierbell"']);
    expect(JSON.stringify(json) + said.join()).not.toContain(TOKEN);
    expect([lost, counted]).toEqual([[], ['alertmanager 401']]);
  });

  it('401 comes before the body does', async () => {
    const socket = connect(port(), '127.0.0.1');
    socket.write('POST /webhooks/alertmanager HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{');
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
  });

  it.each([
    ['/webhooks/alertmanger', 'Did you mean /webhooks/alertmanager?'],
    ['/webhooks/', 'in the configuration'],
    ['/webhooks', 'in the configuration'],
    ['/webhooks/%E0%A4%A', 'in the configuration'],
    ['/webhooks/__proto__', 'in the configuration'],
  ])('%s is no source: 404 with a hint', async (url, hint) => {
    const { status, json } = await send({ path: url, body: GOOD });
    expect([status, counted]).toEqual([404, ['unknown 404']]);
    expect(json['detail']).toContain(hint);
  });

  it.each(['GET', 'DELETE', 'PATCH', 'OPTIONS'])('%s is not how a webhook is sent: 405', async (method) => {
    const { status, headers } = await send({ method });
    expect([status, headers['allow']]).toEqual([405, 'POST, PUT']);
  });

  it('answers 503 when it cannot store, so that the sender tries again; then it goes on', async () => {
    broken = new Error('the disk is full');
    const { status, headers, json } = await send({ body: GOOD });
    expect([status, headers['retry-after'], headers['content-type']]).toEqual([503, '5', 'application/problem+json']);
    expect(json['detail']).toContain('send it again');
    expect([lost, counted]).toEqual([[], ['alertmanager 503']]);
    broken = null;
    expect((await send({ body: GOOD })).status).toBe(200);
  });

  it.each<[string, Buffer]>([
    ['__proto__ as a label', Buffer.from('{"__proto__":{},"alerts":[{"labels":{"__proto__":"x"}}]}')],
    ['NUL, U+2028 and a lone surrogate', Buffer.from(String.raw`{"alerts":[{"labels":{"a":"\u0000\u2028\ud800"}}]}`)],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from('{"alerts":[{"labels":{"a":"'), Buffer.from([0xff, 0xc0]), Buffer.from('"}}]}')]),
    ],
    ['a byte order mark', Buffer.from('\ufeff{"alerts":[{"labels":{}}]}')],
    ['equal keys', Buffer.from('{"alerts":[],"alerts":[{"labels":{}}]}')],
    [
      '600 alerts of which one is none',
      Buffer.from(
        JSON.stringify({
          alerts: Array.from({ length: 600 }, (_, n) => (n === 300 ? 'x' : { labels: { n: `${n}` } })),
        }),
      ),
    ],
    ['a depth of 32', Buffer.from(`{"alerts":[1],"x":${'['.repeat(31)}${']'.repeat(31)}}`)],
  ])('takes %s, and what was stored can be read', async (_what, body) => {
    expect((await send({ body })).status).toBe(200);
    expect(readJson(Buffer.from(reader.after(reader.last() - 1, 1, 1e9)[0]?.body ?? ''))).toMatchObject({ ok: true });
  });

  it('every recorded payload is taken as it is', async () => {
    const file = join(import.meta.dirname, '..', 'fixtures', 'alertmanager', 'am0.33.1_escaping_unicode_html.json');
    const body = JSON.stringify(
      (JSON.parse(readFileSync(file, 'utf8')) as { requests: { body: unknown }[] }).requests[0]?.body,
    );
    expect((await send({ body })).status).toBe(200);
    expect(lastBody()).toBe(body);
  });

  it('a sender that goes away in the middle leaves nothing behind', async () => {
    const before = reader.last();
    const socket = connect(port(), '127.0.0.1');
    socket.write(
      `POST /webhooks/alertmanager HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 1000\r\n\r\n{"alerts":`,
    );
    await waitFor(
      'the connection',
      () => new Promise<boolean>((resolve) => server.getConnections((_e, n) => resolve(n > 0))),
    );
    socket.destroy();
    expect((await send({ body: GOOD })).status).toBe(200);
    expect(reader.last()).toBe(before + 1);
    expect(lost).toEqual([]);
  });

  it('a thousand at once are all stored, each once', async () => {
    const before = reader.after(0, 1e6, 1e9).length;
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, n) => send({ body: JSON.stringify({ alerts: [{ labels: { n: `${n}` } }] }) })),
    );
    const ids = new Set(answers.map(({ json }) => json['delivery']));
    expect([answers.filter(({ status }) => status === 200).length, ids.size]).toEqual([1000, 1000]);
    expect(reader.after(0, 1e6, 1e9).length).toBe(before + 1000);
  });
});

import { createHmac } from 'node:crypto';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createWebhookHandler } from '../../src/http/webhooks.ts';
import { openInboxReader, type SqliteInboxReader } from '../../src/inbox/inbox-reader.ts';
import { openInbox, type SqliteInbox } from '../../src/inbox/inbox.ts';
import { readJson } from '../../src/sources/read-json.ts';
import { createSource, sourceConfig } from '../../src/sources/registry.ts';
import type { Source } from '../../src/sources/source.ts';
import { waitFor } from '../helpers/wait-for.ts';

const TOKEN = 'tok_123';
const PROVEN = { authorization: `Bearer ${TOKEN}` };
const GOOD = JSON.stringify({ status: 'firing', alerts: [{ status: 'firing', labels: { alertname: 'A' } }] });
const MAX_BODY = 2_000_000;
const HMAC = { secret: 'k3y', header: 'X-Sig', timestamp_header: 'X-Time' };

/** Headers as Grafana signs, over the bytes on the wire. */
function signed(body: string | Buffer, seconds = Math.floor(Date.now() / 1000)): Record<string, string> {
  const signature = createHmac('sha256', HMAC.secret).update(`${seconds}:`).update(body).digest('hex');
  return { 'x-sig': signature, 'x-time': String(seconds) };
}

/** One source of each kind: how it proves itself, and how a list of alerts stands in its body. */
interface Sender {
  readonly name: string;
  readonly proof: (body: string | Buffer) => Record<string, string>;
  readonly wrap: (alerts: string) => string;
  /** How problems with the list name it. */
  readonly list: string | undefined;
}
const SENDERS: readonly Sender[] = [
  { name: 'alertmanager', proof: () => PROVEN, wrap: (alerts) => `{"alerts":${alerts}}`, list: 'alerts' },
  { name: 'grafana', proof: signed, wrap: (alerts) => `{"alerts":${alerts}}`, list: 'alerts' },
  { name: 'prom', proof: () => PROVEN, wrap: (alerts) => alerts, list: undefined },
];

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
  let sources: ReadonlyMap<string, Source>;
  let inbox: SqliteInbox;
  let reader: SqliteInboxReader;
  let server: Server;
  let broken: Error | null = null;

  beforeAll(async () => {
    inbox = openInbox(path, { ballastBytes: 4096 });
    reader = openInboxReader(path);
    const context = { now: Date.now, warn: (message: string) => said.push(message) };
    const configs = [
      { name: 'alertmanager', kind: 'alertmanager', auth: { bearer_token: TOKEN }, max_body: MAX_BODY },
      { name: 'grafana', kind: 'grafana', auth: { hmac: HMAC }, max_body: MAX_BODY },
      { name: 'prom', kind: 'prometheus', auth: { bearer_token: TOKEN }, max_body: MAX_BODY },
      { name: 'open one', kind: 'alertmanager' },
    ];
    sources = new Map(configs.map((config) => [config.name, createSource(sourceConfig.parse(config), context)]));
    const handler = createWebhookHandler({
      sources,
      inbox: {
        append: (...args) => (broken === null ? inbox.append(...args) : Promise.reject(broken)),
        refused: (...args) => {
          if (broken !== null) return Promise.reject(broken);
          kept.push(Buffer.from(args[1]));
          lost.push([args[0], args[3]]);
          return inbox.refused(...args);
        },
      },
      now: Date.now,
      log: { warn: (message) => said.push(message), error: (message) => said.push(message) },
      metrics: {
        requests: (source, code) => counted.push(`${source} ${code}`),
        lastSeen: (source) => seen.push(source),
      },
    });
    server = createServer((req, res) => {
      const from = req.headers['x-test-from'];
      if (typeof from === 'string') Object.defineProperty(req.socket, 'remoteAddress', { value: from });
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

  describe.each(SENDERS)('hostile and odd input of $name', ({ name, proof, wrap, list }) => {
    const good = wrap('[{"labels":{"alertname":"A"},"startsAt":"2026-01-05T03:00:00Z"}]');
    /** The list and the alert are two levels, the object around them another. */
    const deep = (levels: number): string => {
      const rest = levels - (wrap('').startsWith('{') ? 3 : 2);
      return wrap(`[{"labels":{},"x":${'['.repeat(rest)}${']'.repeat(rest)}}]`);
    };
    const tooBig = wrap(`["${'x'.repeat(MAX_BODY)}"]`);
    const gzip = { 'content-encoding': 'gzip' };
    const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
      send({ path: `/webhooks/${name}`, body, headers: { ...proof(body), ...headers } });

    it.each<[string, string | Buffer, Record<string, string>, number, string | undefined]>([
      ['no body', '', {}, 400, undefined],
      ['no JSON', 'firing!', {}, 400, undefined],
      ['JSON that ends too early', good.slice(0, -1), {}, 400, undefined],
      ['something behind the JSON', `${good}x`, {}, 400, undefined],
      ['a bare null', 'null', {}, 400, undefined],
      ['a bare number', '7', {}, 400, undefined],
      ['no alerts', list === undefined ? '{}' : '{"status":"firing"}', {}, 400, list],
      ['alerts that are no list', wrap('{}'), {}, 400, list],
      ['an empty list of alerts', wrap('[]'), {}, 400, list],
      ['a depth of 33', deep(33), {}, 400, undefined],
      ['a depth of a million', '['.repeat(1_000_000), {}, 400, undefined],
      ['broken gzip', 'x', gzip, 400, undefined],
      ['half of a gzip', gzipSync(good).subarray(0, 30), gzip, 400, undefined],
      ['another encoding', good, { 'content-encoding': 'br' }, 415, undefined],
      ['two encodings', good, { 'content-encoding': 'gzip, gzip' }, 415, undefined],
      ['too large, as it says', tooBig, {}, 413, undefined],
      ['too large, in chunks', tooBig, { 'transfer-encoding': 'chunked' }, 413, undefined],
      ['50 MB', Buffer.alloc(50_000_000, ' '), {}, 413, undefined],
      ['a gzip bomb', gzipSync(Buffer.alloc(200_000_000)), gzip, 413, undefined],
    ])(
      'refuses %s with a problem, keeps it, tells of it, and takes the next',
      async (_what, body, headers, status, field) => {
        const before = reader.last();
        const answer = await post(body, headers);
        expect(answer.status).toBe(status);
        expect(answer.headers['content-type']).toBe('application/problem+json');
        expect(answer.json).toMatchObject({ type: 'about:blank', status, title: expect.any(String) });
        expect(answer.json['detail']).toMatch(/^.{15,}\.$/);
        expect(answer.json['field']).toBe(field);
        expect(counted).toEqual([`${name} ${status}`]);
        // Who signs the body has proven nothing before all of it is there.
        const proven = !(name === 'grafana' && status === 413 && !('content-encoding' in headers));
        expect(lost).toEqual(proven ? [[name, expect.stringContaining(String(answer.json['detail']))]] : []);
        expect(kept).toHaveLength(proven ? 1 : 0);
        // Of what is too large, at most the part that had come by then.
        if (status !== 413) expect(kept[0]?.equals(Buffer.from(body))).toBe(true);
        expect(reader.last()).toBe(before);
        expect((await post(good)).status).toBe(200);
      },
    );

    it('refuses what is small and would fill the memory, and keeps it', async () => {
      const crowd = wrap(`[${Array(60_000).fill('{}').join()}]`);
      const answer = await post(crowd);
      expect(answer.status).toBe(413);
      expect(answer.json['detail']).toMatch(/^The body holds more than \d+ values; .*\.$/);
      expect(kept[0]?.equals(Buffer.from(crowd))).toBe(true);
      expect((await post(good)).status).toBe(200);
    });

    it.each<[string, string | Buffer]>([
      ['__proto__ as a label', wrap('[{"__proto__":{},"labels":{"__proto__":"x","constructor":"y"}}]')],
      ['NUL, U+2028 and a lone surrogate', wrap(String.raw`[{"labels":{"a":"\u0000\u2028\ud800"}}]`)],
      [
        'bytes that are not UTF-8',
        Buffer.concat(
          wrap('[{"labels":{"a":"|"}}]')
            .split('|')
            .flatMap((part, n) => [n === 0 ? Buffer.alloc(0) : Buffer.from([0xff, 0xc0]), Buffer.from(part)]),
        ),
      ],
      ['a byte order mark', `\ufeff${good}`],
      ['no alertname, empty maps', wrap('[{"labels":{},"annotations":{}}]')],
      ['markup and template text', wrap('[{"labels":{"a":"<script>"},"annotations":{"b":"{{ .x }}${HOME}"}}]')],
      [
        'dates far off',
        wrap('[{"labels":{"a":"b"},"startsAt":"9999-12-31T23:59:59Z","endsAt":"0001-01-01T00:00:00Z"}]'),
      ],
      ['dates that are none', wrap('[{"labels":{"a":"b"},"startsAt":7,"endsAt":"soon"}]')],
      ['a depth of 32', deep(32)],
      [
        '600 alerts of which one is none',
        wrap(JSON.stringify(Array.from({ length: 600 }, (_, n) => (n === 300 ? 'x' : { labels: { n: `${n}` } })))),
      ],
    ])('takes %s, and what was stored is understood', async (_what, body) => {
      expect((await post(body)).status).toBe(200);
      const read = readJson(reader.after(reader.last() - 1, 1, 1e9)[0]?.body ?? Buffer.alloc(0));
      if (!read.ok) throw new Error(read.problem);
      const { groups, setAside } = sources.get(name)?.parse(read.value, Date.now()) ?? { groups: [], setAside: [] };
      const understood = groups.flatMap(({ alerts }) => alerts);
      expect(understood.length + setAside.length).toBe(body.includes('"n"') ? 600 : 1);
      expect(understood.length).toBe(body.includes('"n"') ? 599 : 1);
      for (const { labels, annotations, startsAt, fingerprint } of understood) {
        expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
        expect(startsAt).toBeLessThan(Date.now() + 3_700_000);
        expect(JSON.stringify([labels, annotations])).not.toMatch(/\\u0000|\u2028|\\ud800/);
        expect([Object.getPrototypeOf(labels), Object.getPrototypeOf(annotations)]).toEqual([null, null]);
      }
    });
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

  it('the log says why the requests of a sender with a wrong token are refused, once for many, and repeats no secret', async () => {
    const headers = { authorization: 'Bearer tok_124', 'x-test-from': '10.0.0.9', connection: 'close' };
    const path = '/webhooks/open%20one';
    for (let n = 0; n < 3; n++) await send({ path, headers, body: GOOD });
    for (let n = 0; n < 3; n++) await send({ path: '/webhooks/alertmangr?token=tok_124', body: GOOD });
    expect(said).toEqual([
      expect.stringMatching(
        /^a request to \/webhooks\/open one from 10\.0\.0\.9 was refused, nothing of it is kept: 401 /,
      ),
      expect.stringMatching(
        /^a request to \/webhooks\/alertmangr from .*: 404 .* Did you mean \/webhooks\/alertmanager\?$/,
      ),
    ]);
    expect(said.join()).not.toContain('tok_124');
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

  it.each([
    ['/webhooks/prom', 200],
    ['/webhooks/prom/', 200],
    ['/webhooks/prom/api/v2/alerts', 200],
    ['/webhooks/prom/api/v2/alerts/?x=y', 200],
    ['/webhooks/prom/api/v1/alerts', 200],
    ['/webhooks/prom/api/v2/silences', 404],
    ['/webhooks/prom//api/v2/alerts', 404],
    ['/webhooks/alertmanager/api/v2/alerts', 404],
    ['/webhooks/open%20one/api/v2/alerts', 404],
  ])('Prometheus posts to %s: %i', async (url, expected) => {
    const { status, json } = await send({ path: url, body: '[{"labels":{"alertname":"A"}}]' });
    expect(status).toBe(expected);
    // Whoever proved itself and went to the wrong address has lost an alert.
    expect(lost).toHaveLength(expected === 404 ? 1 : 0);
    if (expected === 404) expect(json['detail']).toMatch(/is of kind \w+; send to \/webhooks\/[\w%]+ itself/);
  });

  it('a stranger at a wrong address learns nothing but that it is a stranger', async () => {
    expect((await send({ path: '/webhooks/alertmanager/api/v2/alerts', headers: {}, body: '[]' })).status).toBe(401);
    expect(lost).toEqual([]);
  });

  describe('a replay', () => {
    const path = '/webhooks/grafana';
    const body = JSON.stringify({ alerts: [{ labels: { alertname: 'Once' } }] });

    it('is answered with the first delivery and has no effect, also at once and after a restart', async () => {
      const headers = signed(body);
      const before = reader.last();
      const answers = await Promise.all([1, 2, 3].map(() => send({ path, headers, body })));
      inbox.close();
      inbox = openInbox(join(folder, 'inbox.sqlite'), { ballastBytes: 4096 });
      answers.push(await send({ path, headers, body }));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(new Set(answers.map(({ json }) => json['delivery'])).size).toBe(1);
      expect(reader.after(before, 10, 1e9).map(({ id }) => id)).toEqual([answers[0]?.json['delivery']]);
      expect(lost).toEqual([]);
    });

    it('the same body signed at another second is an ordinary repeat', async () => {
      const now = Math.floor(Date.now() / 1000);
      const ids = new Set<unknown>();
      for (const seconds of [now - 5, now - 4, now - 3])
        ids.add((await send({ path, headers: signed(body, seconds), body })).json['delivery']);
      expect(ids.size).toBe(3);
    });

    // Seconds go by until it is looked at: ahead by a few more.
    it.each([-301, 309])(
      'signed %i s away from now it gets 401, and somebody hears of it, as clocks may differ',
      async (offS) => {
        const headers = signed(body, Math.floor(Date.now() / 1000) + offS);
        const before = reader.last();
        const { status, json } = await send({ path, headers, body });
        expect([status, reader.last()]).toEqual([401, before]);
        expect(json['detail']).toMatch(/30\d s (ago|ahead of our clock).*Compare the clocks/);
        expect(lost).toHaveLength(1);
      },
    );

    it('a signature over other bytes gets 401 and nobody hears of it', async () => {
      const { status, headers } = await send({ path, headers: signed('other'), body });
      expect([status, headers['www-authenticate']]).toEqual([401, expect.stringContaining('Signature realm')]);
      expect(lost).toEqual([]);
    });

    it('without a signature the body is not even read', async () => {
      const socket = connect(port(), '127.0.0.1');
      socket.write('POST /webhooks/grafana HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{');
      const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
      socket.destroy();
      expect(answer).toMatch(/^HTTP\/1.1 401 /);
    });
  });

  it.each([
    ['127.0.0.1', 200],
    ['::1', 200],
    ['::ffff:127.0.0.2', 200],
    ['192.0.2.7', 401],
    ['::ffff:192.0.2.7', 401],
    ['2001:db8::1', 401],
    ['', 401],
  ])('a source without `auth` answers a sender at "%s" with %i', async (from, expected) => {
    const headers = { 'x-test-from': from, 'x-forwarded-for': '127.0.0.1', connection: 'close' };
    const open = await send({ path: '/webhooks/open%20one', headers, body: GOOD });
    expect(open.status).toBe(expected);
    if (expected === 401)
      expect(open.json['detail']).toMatch(/has no `auth`, so it takes alerts from this machine only/);
    expect((await send({ headers: { ...headers, ...PROVEN }, body: GOOD })).status).toBe(200);
    expect(lost).toEqual([]);
  });

  it('answers 503 when it cannot store, so that the sender tries again; then it goes on', async () => {
    broken = new Error('the disk is full');
    const { status, headers, json } = await send({ body: GOOD });
    expect([status, headers['retry-after'], headers['content-type']]).toEqual([503, '5', 'application/problem+json']);
    expect(json['detail']).toContain('send it again');
    expect([lost, counted]).toEqual([[], ['alertmanager 503']]);
    // Nor is one refused that cannot be kept, as nobody would hear of it.
    expect((await send({ body: '{}' })).status).toBe(503);
    broken = null;
    expect((await send({ body: GOOD })).status).toBe(200);
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

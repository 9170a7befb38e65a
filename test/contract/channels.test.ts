import { readdirSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { SMTPServer } from 'smtp-server';
import type { Channel, SendResult } from '../../src/channels/channel.ts';
import { wordNotice } from '../../src/channels/messages/word-notice.ts';
import { channelConfig, channelKinds, createChannel } from '../../src/channels/registry.ts';
import type { FailureReason } from '../../src/domain/result.ts';
import { sampleInput } from '../helpers/sample-incident.ts';
import { portOfOurOwn } from '../servers/port-of-our-own.ts';

/** What the other side may do; every kind of channel is put before each of them. */
type Behaviour =
  | 'takes it'
  | 'unauthorized'
  | 'asks for patience'
  | 'is broken'
  | 'hangs'
  | 'redirects'
  | 'refuses for good'
  | 'talks nonsense';

const EXPECTED: readonly (readonly [Behaviour, 'ok' | FailureReason, retryable: boolean])[] = [
  ['takes it', 'ok', false],
  ['unauthorized', 'unauthorized', false],
  ['asks for patience', 'rate_limited', true],
  ['is broken', 'server_error', true],
  ['hangs', 'timed_out', true],
  ['redirects', 'rejected', false],
  ['refuses for good', 'rejected', false],
  ['talks nonsense', 'invalid_answer', true],
];

const SECRET = 'Tr0ub4dor-3f9c';

interface Bench {
  readonly config: (port: number) => Record<string, unknown>;
  readonly serve: (behaviour: Behaviour) => Promise<Fake>;
  /** Whether its protocol can say how long to wait. */
  readonly retryAfter: boolean;
}
interface Fake {
  readonly port: number;
  close(): Promise<void>;
}

/** One a kind: how to configure it, and a strict double of the other side. A new kind adds itself here. */
const BENCHES: Readonly<Record<string, Bench>> = {
  email: {
    config: (port) => ({
      name: 'mail',
      kind: 'email',
      smtp_url: `smtp://bell:${SECRET}@127.0.0.1:${port}`,
      from: 'Tierbell <bell@example.org>',
      to: ['l3@example.org'],
    }),
    serve: serveSmtp,
    retryAfter: false,
  },
  slack: {
    config: (port) => ({
      name: 'chat',
      kind: 'slack',
      token: SECRET,
      channel: 'C0123',
      api_url: `http://127.0.0.1:${port}/api/`,
    }),
    serve: serveSlack,
    retryAfter: true,
  },
  webhook: {
    config: (port) => ({
      name: 'hook',
      kind: 'webhook',
      url: `http://127.0.0.1:${port}/in/${SECRET}?key=${SECRET}`,
      secret: `whsec_${Buffer.from(SECRET).toString('base64')}`,
      headers: { authorization: `Bearer ${SECRET}` },
    }),
    serve: serveHttp,
    retryAfter: true,
  },
};

async function listen(server: Server, sockets: Set<Socket>): Promise<Fake> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await portOfOurOwn(); // some tests look what is said when it has gone
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function raw(onConnect: (socket: Socket) => void): Promise<Fake> {
  return listen(createTcpServer(onConnect), new Set());
}

function serveHttp(behaviour: Behaviour): Promise<Fake> {
  if (behaviour === 'talks nonsense')
    return raw((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
  const answers: Partial<Record<Behaviour, (request: IncomingMessage, response: ServerResponse) => void>> = {
    'takes it': (_request, response) => void response.writeHead(204).end(),
    // Echoes what it was sent, as careless receivers do.
    unauthorized: (request, response) =>
      void response.writeHead(401).end(`no such key: ${request.url} ${request.headers.authorization}`),
    'asks for patience': (_request, response) => void response.writeHead(429, { 'retry-after': '17' }).end(),
    'is broken': (request, response) => void response.writeHead(503).end(`upstream of ${request.url} is away`),
    hangs: () => undefined,
    redirects: (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end(),
    'refuses for good': (_request, response) => void response.writeHead(400).end('incident is missing'),
  };
  return listen(
    createHttpServer((request, response) => answers[behaviour]?.(request, response)),
    new Set(),
  );
}

/** Slack says most of what is wrong with status 200. */
function serveSlack(behaviour: Behaviour): Promise<Fake> {
  const answers: Partial<Record<Behaviour, unknown>> = {
    'takes it': { ok: true, channel: 'C0123', ts: '1767582725.000100' },
    unauthorized: { ok: false, error: 'invalid_auth', detail: `no such token: ${SECRET}` },
    'refuses for good': { ok: false, error: 'msg_too_long' },
  };
  if (!(behaviour in answers)) return serveHttp(behaviour);
  return listen(
    createHttpServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers[behaviour]));
    }),
    new Set(),
  );
}

function serveSmtp(behaviour: Behaviour): Promise<Fake> {
  if (behaviour === 'hangs') return raw(() => undefined);
  if (behaviour === 'talks nonsense') return raw((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
  const refuse = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code });
  const atRecipient: Partial<Record<Behaviour, Error>> = {
    'asks for patience': refuse(450, '4.7.1 too many messages, slow down'),
    redirects: refuse(551, 'user not local; please try <l3@elsewhere.example>'),
    'refuses for good': refuse(550, '5.1.1 no such user here'),
  };
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    onAuth({ username, password }, _session, done) {
      if (behaviour === 'unauthorized') return done(refuse(535, `5.7.8 ${username} may not log in with ${password}`));
      return done(null, { user: username ?? '' });
    },
    onRcptTo: (_address, _session, done) => done(atRecipient[behaviour]),
    onData(stream, _session, done) {
      stream.resume();
      stream.on('end', () => done(behaviour === 'is broken' ? refuse(451, '4.3.0 the queue is away') : null));
    },
  });
  server.on('error', () => undefined);
  return listen(server.server, new Set());
}

async function withChannel<T>(bench: Bench, port: number, use: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = createChannel(channelConfig.parse(bench.config(port)));
  try {
    return await use(channel);
  } finally {
    await channel.close();
  }
}

function sendTo(bench: Bench, port: number, waitMs = 100_000): Promise<SendResult> {
  const notice = wordNotice(sampleInput());
  return withChannel(bench, port, (channel) => channel.send(notice, AbortSignal.timeout(waitMs)));
}

describe('the registry of channels', () => {
  const folder = fileURLToPath(new URL('../../src/channels/kinds/', import.meta.url));

  it('names every file of the folder, and no more', () => {
    const files = readdirSync(folder).map((file) => file.replace(/\.ts$/, ''));
    expect(channelKinds.map(({ kind }) => kind).sort()).toEqual(files.sort());
  });

  it('takes the settings of every kind', () => {
    const inUnion = channelConfig.options.map((option) => option.shape.kind.value);
    expect([...inUnion].sort()).toEqual(channelKinds.map(({ kind }) => kind).sort());
  });

  it('has a bench in this suite for every kind', () => {
    expect(Object.keys(BENCHES).sort()).toEqual(channelKinds.map(({ kind }) => kind).sort());
  });
});

describe.each(Object.entries(BENCHES))('a channel of kind %s', (kind, bench) => {
  it.each(EXPECTED)('when the other side %s: %s', async (behaviour, outcome, retryable) => {
    const fake = await bench.serve(behaviour);
    try {
      const result = await sendTo(bench, fake.port, behaviour === 'hangs' ? 700 : 100_000);
      expect(result).toMatchObject(outcome === 'ok' ? { ok: true } : { ok: false, reason: outcome, retryable });
      expect(result.detail).toMatch(/\w{3}/);
      if (behaviour === 'asks for patience' && !result.ok && bench.retryAfter) expect(result.retryAfterMs).toBe(17_000);
      expectNoSecret(result);
    } finally {
      await fake.close();
    }
  });

  it('says that nobody listens', async () => {
    const fake = await bench.serve('takes it');
    await fake.close();
    const result = await sendTo(bench, fake.port);
    expect(result).toMatchObject({ ok: false, reason: 'refused', retryable: true });
    expectNoSecret(result);
  });

  it('stops at once where the work was called off before it began', async () => {
    const fake = await bench.serve('takes it');
    try {
      const sent = withChannel(bench, fake.port, (channel) =>
        channel.send(wordNotice(sampleInput()), AbortSignal.abort()),
      );
      expect(await sent).toMatchObject({ ok: false, retryable: true, reason: 'timed_out' });
    } finally {
      await fake.close();
    }
  });

  it('checks that the other side is there without telling anybody', async () => {
    const fake = await bench.serve('takes it');
    const [there, gone] = [await check(bench, fake.port), await fake.close().then(() => check(bench, fake.port))];
    expect(there).toMatchObject({ ok: true });
    expect(gone).toMatchObject({ ok: false, reason: 'refused' });
    expectNoSecret(gone);
  });

  it('says its name and kind, and closes twice without complaint', async () => {
    const channel = createChannel(channelConfig.parse(bench.config(1)));
    expect(channel.kind).toBe(kind);
    expect(channel.name).toBe(bench.config(1)['name']);
    await channel.close();
    await channel.close();
  });
});

function check(bench: Bench, port: number): Promise<SendResult> {
  return withChannel(bench, port, (channel) => channel.check(AbortSignal.timeout(100_000)));
}

function expectNoSecret(result: SendResult): void {
  const told = JSON.stringify(result);
  expect(told).not.toContain(SECRET);
  expect(told).not.toContain(Buffer.from(SECRET).toString('base64').replace(/=+$/, ''));
}

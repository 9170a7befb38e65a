import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '../helpers/wait-for.ts';
import { stopLater } from '../servers/cleanup.ts';
import { problemsOfBlocks, problemsOfText } from './slack-blocks.ts';
import { acceptWebSocket, type ServerSocket } from './web-socket.ts';

/** A message as the channel shows it now. */
export interface ShownMessage {
  readonly ts: string;
  readonly channel: string;
  /** The first message of its thread; undefined for one that begins a thread. */
  readonly threadTs: string | undefined;
  readonly broadcast: boolean;
  readonly text: string;
  readonly blocks: readonly Readonly<Record<string, unknown>>[];
  /** How often it was updated. */
  readonly edits: number;
}

export interface SharedFile {
  readonly name: string;
  readonly content: Buffer;
  readonly channel: string;
  readonly threadTs: string | undefined;
}

export interface EphemeralAnswer {
  readonly user: string;
  readonly message: Readonly<Record<string, unknown>>;
}

export interface SlackCall {
  readonly method: string;
  readonly args: Readonly<Record<string, string>>;
  readonly at: number;
  readonly answered: string;
}

/** What the double may be told to answer in place of doing it: an `error`, or a whole answer. */
export type Answer =
  string | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

export interface SlackUser {
  readonly id: string;
  readonly username: string;
}

export interface SlackDouble {
  /** With `/api/` at its end, for `api_url`. */
  readonly apiUrl: string;
  readonly port: number;
  readonly messages: readonly ShownMessage[];
  readonly files: readonly SharedFile[];
  readonly calls: readonly SlackCall[];
  readonly ephemeral: readonly EphemeralAnswer[];
  /** How many connections of Socket Mode were opened. */
  readonly connections: () => number;
  /** The next call of the method is answered so; more calls queue. One that never comes is a fault. */
  answerNext(method: string, ...answers: readonly Answer[]): void;
  /** Somebody deletes a message. */
  remove(ts: string): void;
  /** A person presses the only button with this action: the request as Slack would send it, signed. */
  press(message: ShownMessage | EphemeralAnswer, user: SlackUser, actionId?: string): SignedPress;
  /** The same press over Socket Mode; settles when it was acknowledged. */
  pressOverSocket(message: ShownMessage | EphemeralAnswer, user: SlackUser): Promise<void>;
  /** Slack asks for a new connection, or the network goes. */
  disconnect(how: 'asked' | 'cut'): void;
  waitForMessage(fits: (message: ShownMessage) => boolean): Promise<ShownMessage>;
  /** @throws where a call was wrong, unexpected, or one that was asked for never came */
  assertClean(): void;
  stop(): Promise<void>;
}

export interface SignedPress {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface SlackDoubleOptions {
  readonly token: string;
  readonly appToken?: string;
  readonly signingSecret?: string;
  /** Where the bot is a member. */
  readonly channels: readonly string[];
}

interface Upload {
  readonly id: string;
  readonly name: string;
  readonly length: number;
  content: Buffer | null;
  shared: boolean;
}

/** A fault of the caller: noted, and answered with what Slack would say. */
class Refusal extends Error {}

/** Methods with their arguments: required, then allowed beside them. */
const METHODS: Readonly<Record<string, readonly [readonly string[], readonly string[]]>> = {
  'auth.test': [[], []],
  'apps.connections.open': [[], []],
  'chat.postMessage': [
    ['channel', 'text'],
    ['blocks', 'thread_ts', 'reply_broadcast', 'unfurl_links', 'unfurl_media', 'link_names', 'parse'],
  ],
  'chat.update': [
    ['channel', 'ts', 'text'],
    ['blocks', 'parse', 'link_names'],
  ],
  'files.getUploadURLExternal': [['filename', 'length'], []],
  'files.completeUploadExternal': [['files', 'channel_id'], ['thread_ts']],
};

/**
 * Slack as far as a bridge meets it, and as strict: every call is held against the published contract, what does not fit is
 * refused as Slack refuses it, and noted; `assertClean` then fails the test.
 */
export async function startSlack(options: SlackDoubleOptions): Promise<SlackDouble> {
  const faults: string[] = [];
  const messages: ShownMessage[] = [];
  const files: SharedFile[] = [];
  const calls: SlackCall[] = [];
  const ephemeral: EphemeralAnswer[] = [];
  const uploads = new Map<string, Upload>();
  const queued = new Map<string, Answer[]>();
  const responses = new Map<string, { user: string; left: number }>();
  const envelopes = new Map<string, () => void>();
  const sockets: { live: ServerSocket[]; opened: number; tickets: Set<string> } = {
    live: [],
    opened: 0,
    tickets: new Set(),
  };
  let serial = 0;
  const fault = (what: string): void => void faults.push(what);

  const server = createServer((request, response) => {
    readBody(request)
      .then((body) => route(request, body, response))
      .catch((error: unknown) => {
        fault(`${request.method} ${request.url}: ${String(error)}`);
        response.writeHead(500).end();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;

  function route(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const path = request.url ?? '';
    if (request.method !== 'POST') fault(`${request.method} ${path}: only POST is expected`);
    if (path.startsWith('/api/')) return answerMethod(path.slice(5), request, body, response);
    if (path.startsWith('/upload/')) return takeUpload(path.slice(8), request, body, response);
    if (path.startsWith('/response/')) return takeResponse(path.slice(10), request, body, response);
    fault(`${path}: no such address`);
    response.writeHead(404).end();
  }

  function answerMethod(method: string, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const args = Object.fromEntries(new URLSearchParams(body.toString('utf8')));
    const told = queued.get(method)?.shift();
    let answer: Readonly<Record<string, unknown>>;
    try {
      checkCall(method, request, args);
      if (typeof told === 'object') {
        calls.push({ method, args, at: Date.now(), answered: String(told.status) });
        response.writeHead(told.status, { 'content-type': 'text/plain', ...told.headers }).end(told.body ?? '');
        return;
      }
      answer = told === undefined ? { ok: true, ...perform(method, args) } : { ok: false, error: told };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answer = { ok: false, error: error.message };
    }
    calls.push({ method, args, at: Date.now(), answered: answer['ok'] === true ? 'ok' : String(answer['error']) });
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(answer));
  }

  /** Wrong in a way that Slack would refuse, or that a careful bridge never sends. */
  function refuse(what: string, error: string): never {
    fault(what);
    throw new Refusal(error);
  }

  function checkCall(method: string, request: IncomingMessage, args: Readonly<Record<string, string>>): void {
    const known = METHODS[method];
    if (known === undefined) refuse(`${method}: no such method`, 'unknown_method');
    const right = method === 'apps.connections.open' ? options.appToken : options.token;
    if (request.headers.authorization !== `Bearer ${right}`) refuse(`${method}: wrong token`, 'invalid_auth');
    if ('token' in args) fault(`${method}: the token stands in the body`);
    const type = request.headers['content-type'] ?? '';
    if (!type.startsWith('application/x-www-form-urlencoded'))
      refuse(`${method}: content type ${type}`, 'invalid_form_data');
    const [required, allowed] = known;
    for (const name of required) if (!args[name]) refuse(`${method}: ${name} is missing`, 'invalid_arguments');
    for (const name of Object.keys(args))
      if (!required.includes(name) && !allowed.includes(name)) fault(`${method}: ${name} is not expected`);
  }

  function perform(method: string, args: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
    switch (method) {
      case 'auth.test':
        return {
          url: 'https://example.slack.com/',
          team: 'Example',
          user: 'tierbell',
          team_id: 'T01',
          user_id: 'U01',
          bot_id: 'B01',
        };
      case 'apps.connections.open':
        return openConnection();
      case 'chat.postMessage':
        return postMessage(args);
      case 'chat.update':
        return updateMessage(args);
      case 'files.getUploadURLExternal':
        return beginUpload(args);
      default:
        return completeUpload(args);
    }
  }

  function postMessage(args: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
    const { channel = '', text = '', thread_ts: threadTs } = args;
    if (!options.channels.includes(channel)) throw new Refusal('channel_not_found');
    if (threadTs !== undefined) {
      const parent = messages.find(({ ts }) => ts === threadTs);
      if (parent === undefined) throw new Refusal('thread_not_found');
      if (parent.threadTs !== undefined) refuse('chat.postMessage: thread_ts is of a reply', 'cannot_reply_to_message');
    }
    const blocks = readBlocks('chat.postMessage', args);
    checkText('chat.postMessage', args);
    serial += 1;
    const ts = `1767582725.${String(serial).padStart(6, '0')}`;
    const broadcast = args['reply_broadcast'] === 'true';
    if (broadcast && threadTs === undefined) fault('chat.postMessage: reply_broadcast without a thread');
    messages.push({ ts, channel, threadTs, broadcast, text, blocks, edits: 0 });
    return { channel, ts, message: { type: 'message', text, ts } };
  }

  function updateMessage(args: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
    const { channel = '', ts = '', text = '' } = args;
    const index = messages.findIndex((message) => message.ts === ts && message.channel === channel);
    const old = messages[index];
    if (old === undefined) throw new Refusal('message_not_found');
    const blocks = readBlocks('chat.update', args);
    checkText('chat.update', args);
    // Without the argument Slack keeps the old blocks.
    messages[index] = { ...old, text, blocks: 'blocks' in args ? blocks : old.blocks, edits: old.edits + 1 };
    return { channel, ts, text };
  }

  function readBlocks(method: string, args: Readonly<Record<string, string>>): ShownMessage['blocks'] {
    if (args['blocks'] === undefined) return [];
    if (Buffer.byteLength(args['blocks']) > 13_000)
      refuse(`${method}: blocks of ${args['blocks'].length}`, 'msg_blocks_too_long');
    const blocks = JSON.parse(args['blocks']) as ShownMessage['blocks'];
    const problems = problemsOfBlocks(blocks);
    if (problems.length > 0) refuse(`${method}: ${problems.join('; ')}`, 'invalid_blocks');
    return blocks;
  }

  function checkText(method: string, { text = '', link_names: names, parse }: Readonly<Record<string, string>>): void {
    if (text.length > 40_000) refuse(`${method}: text of ${text.length} characters`, 'msg_too_long');
    for (const problem of problemsOfText(text, `${method}.text`)) fault(problem);
    if (names !== 'false' || parse !== 'none') fault(`${method}: names in the text would become mentions`);
  }

  function beginUpload({
    filename = '',
    length = '',
  }: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
    if (!/^[1-9]\d*$/.test(length)) refuse(`files.getUploadURLExternal: length ${length}`, 'invalid_arguments');
    const id = `F${randomBytes(5).toString('hex').toUpperCase()}`;
    uploads.set(id, { id, name: filename, length: Number(length), content: null, shared: false });
    return { upload_url: `${origin}/upload/${id}`, file_id: id };
  }

  function takeUpload(id: string, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const upload = uploads.get(id);
    if (upload === undefined) fault(`an upload to an address that was never given: ${id}`);
    else if (upload.content !== null) fault(`${upload.name}: its bytes came twice`);
    else if (body.length !== upload.length) fault(`${upload.name}: ${body.length} bytes, announced ${upload.length}`);
    else upload.content = body;
    if (request.headers.authorization !== undefined) fault('the token went along with the bytes');
    response.writeHead(upload?.content === body ? 200 : 400).end(`OK - ${body.length}`);
  }

  function completeUpload(args: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
    const list = JSON.parse(args['files'] ?? '[]') as readonly { id: string; title?: string }[];
    const { channel_id: channel = '', thread_ts: threadTs } = args;
    if (!options.channels.includes(channel))
      refuse(`files.completeUploadExternal: channel ${channel}`, 'channel_not_found');
    if (threadTs !== undefined && !messages.some(({ ts }) => ts === threadTs))
      refuse(`files.completeUploadExternal: no message ${threadTs}`, 'invalid_arguments');
    for (const { id } of list) {
      const upload = uploads.get(id);
      if (upload?.content == null || upload.shared)
        refuse(`files.completeUploadExternal: ${id} is not ready`, 'file_not_found');
      upload.shared = true;
      files.push({ name: upload.name, content: upload.content, channel, threadTs });
    }
    return { files: list.map(({ id, title }) => ({ id, title })) };
  }

  function takeResponse(id: string, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const place = responses.get(id);
    const type = request.headers['content-type'] ?? '';
    if (place === undefined || place.left === 0) fault(`an answer to a response_url that is not open: ${id}`);
    if (!type.startsWith('application/json')) fault(`response_url: content type ${type}`);
    const message = JSON.parse(body.toString('utf8')) as Readonly<Record<string, unknown>>;
    const { text, blocks } = message;
    if (typeof text !== 'string' || text === '') fault('response_url: no text');
    else for (const problem of problemsOfText(text, 'response_url.text')) fault(problem);
    if (blocks !== undefined) for (const problem of problemsOfBlocks(blocks)) fault(`response_url: ${problem}`);
    if (place !== undefined) {
      place.left -= 1;
      ephemeral.push({ user: place.user, message });
    }
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
  }

  function openConnection(): Readonly<Record<string, unknown>> {
    const ticket = randomBytes(8).toString('hex');
    sockets.tickets.add(ticket);
    return { url: `ws://127.0.0.1:${port}/link/?ticket=${ticket}&app_id=A01` };
  }

  server.on('upgrade', (request: IncomingMessage, socket) => {
    const ticket = new URL(request.url ?? '', origin).searchParams.get('ticket') ?? '';
    if (!sockets.tickets.delete(ticket)) fault('a connection without a ticket, or with a used one');
    const live = acceptWebSocket(request, socket, (text) => {
      const { envelope_id: id } = JSON.parse(text) as { envelope_id?: string };
      const acknowledged = envelopes.get(id ?? '');
      if (acknowledged === undefined) fault(`an envelope that is not open was acknowledged: ${text}`);
      envelopes.delete(id ?? '');
      acknowledged?.();
    });
    socket.on('close', () => (sockets.live = sockets.live.filter((other) => other !== live)));
    sockets.live.push(live);
    sockets.opened += 1;
    live.send(
      JSON.stringify({ type: 'hello', num_connections: sockets.live.length, connection_info: { app_id: 'A01' } }),
    );
    live.ping();
  });

  function payloadOf(
    message: ShownMessage | EphemeralAnswer,
    user: SlackUser,
    actionId?: string,
  ): Record<string, unknown> {
    const blocks = ('blocks' in message ? message.blocks : message.message['blocks']) as ShownMessage['blocks'];
    const buttons = buttonsOf(blocks).filter((button) => actionId === undefined || button.action_id === actionId);
    const [button] = buttons;
    if (button === undefined || buttons.length > 1)
      throw new Error(`${buttons.length} buttons to press: ${JSON.stringify(blocks)}`);
    const place = randomBytes(8).toString('hex');
    responses.set(place, { user: user.id, left: 5 });
    return {
      ...{
        type: 'block_actions',
        api_app_id: 'A01',
        token: 'verification-token-of-old',
        trigger_id: `${Date.now()}.${place}`,
      },
      user: { ...user, name: user.username, team_id: 'T01' },
      team: { id: 'T01', domain: 'example' },
      container: { type: 'message', is_ephemeral: !('ts' in message) },
      response_url: `${origin}/response/${place}`,
      actions: [{ ...button, block_id: 'b1', action_ts: String(Date.now() / 1000) }],
    };
  }

  const stop = async (): Promise<void> => {
    forget();
    for (const socket of sockets.live) socket.destroy();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  const forget = stopLater(stop);
  return {
    ...{ port, apiUrl: `${origin}/api/`, messages, files, calls, ephemeral },
    connections: () => sockets.opened,
    answerNext: (method, ...answers) => void queued.set(method, [...(queued.get(method) ?? []), ...answers]),
    remove(ts) {
      messages.splice(
        messages.findIndex((message) => message.ts === ts),
        1,
      );
    },
    press: (message, user, actionId) => signPress(payloadOf(message, user, actionId), options.signingSecret ?? ''),
    async pressOverSocket(message, user) {
      const id = randomBytes(8).toString('hex');
      const socket = await waitFor('a connection of Socket Mode', () => sockets.live.at(-1));
      const acknowledged = new Promise<void>((resolve) => envelopes.set(id, resolve));
      const envelope = {
        type: 'interactive',
        envelope_id: id,
        accepts_response_payload: true,
        payload: payloadOf(message, user),
      };
      socket.send(JSON.stringify(envelope));
      await acknowledged;
    },
    disconnect(how) {
      for (const socket of sockets.live) {
        if (how === 'cut') socket.destroy();
        else socket.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: {} }));
      }
    },
    waitForMessage: (fits) => waitFor(`a message in Slack (${messages.length} so far)`, () => messages.find(fits)),
    assertClean() {
      for (const [method, answers] of queued)
        if (answers.length > 0) fault(`${method} was expected ${answers.length} times more`);
      for (const { name, shared } of uploads.values()) if (!shared) fault(`the upload of ${name} was never completed`);
      if (faults.length > 0) throw new Error(`Slack would not have it:\n${faults.join('\n')}`);
    },
    stop,
  };
}

/** The signed request as Slack makes it. @param atS seconds; now where it is left out */
export function signPress(payload: unknown, secret: string, atS = Math.floor(Date.now() / 1000)): SignedPress {
  const body = `payload=${encodeURIComponent(JSON.stringify(payload)).replaceAll('%20', '+')}`;
  const signature = createHmac('sha256', secret).update(`v0:${atS}:${body}`).digest('hex');
  return {
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'x-slack-request-timestamp': String(atS),
      'x-slack-signature': `v0=${signature}`,
    },
  };
}

export interface ShownButton {
  readonly action_id: string;
  readonly value: string;
  readonly type: string;
}

export function buttonsOf(blocks: ShownMessage['blocks'] | undefined): readonly ShownButton[] {
  return (blocks ?? []).flatMap((block) => (block['type'] === 'actions' ? (block['elements'] as ShownButton[]) : []));
}

/** All that a reader sees of a message, block by block. */
export function readMessage({ blocks, text }: Pick<ShownMessage, 'blocks' | 'text'>): string {
  if (blocks.length === 0) return text;
  return blocks
    .flatMap((block) => [block, ...((block['elements'] as ShownMessage['blocks'] | undefined) ?? [])])
    .map((part) => part['text'])
    .map((part) => (typeof part === 'string' ? part : ((part as { text?: string } | undefined)?.text ?? '')))
    .filter((part) => part !== '')
    .join('\n');
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

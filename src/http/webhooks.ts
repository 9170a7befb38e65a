import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Inbox } from '../inbox/inbox.ts';
import type { Proof } from '../sources/auth/method.ts';
import { readJson } from '../sources/read-json.ts';
import type { Source } from '../sources/source.ts';
import { excessOf } from './json-depth.ts';
import { isLocalOrigin } from './local-guard.ts';
import { sendProblem, type Problem } from './problem.ts';
import { BODY_BUDGET, discardRest, STRANGERS_BUDGET, readBody, unpack, type Budget } from './read-body.ts';
import { createStrangerLog, type Stranger } from './stranger-log.ts';
import {
  badRequest,
  BUSY,
  CANNOT_STORE,
  noSuchSource,
  notFromPages,
  onlyFromHere,
  SHREDDED,
  stale,
  tooLarge,
  tooMany,
  unproven,
  WRONG_ENCODING,
  wrongMethod,
  wrongPath,
} from './webhook-problems.ts';

/** Levels of nesting; Alertmanager's own payload has four. */
const DEPTH_MAX = 32;
/** Alerts as they are have some thirty: what has fewer is no alerts, and would take a hundred times its size in memory. */
const BYTES_A_VALUE = 20;
const VALUES_LEAST = 10_000;
const PREFIX = '/webhooks';
const NOTHING = Buffer.alloc(0);

export interface WebhookParts {
  /** By name. Looked at on every request, so a reload may change it. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly inbox: Pick<Inbox, 'append' | 'refused'>;
  /** Whether every connection has shown a good client certificate: then a source without `auth` is no open door. */
  readonly certified?: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: { warn(message: string): void; error(message: string, cause: unknown): void };
  readonly metrics: {
    /** `source` is a configured name or `unknown`: a closed set. `seconds` from the headers to the answer. */
    requests(source: string, code: number, method: string, seconds: number): void;
    lastSeen(source: string, ms: number): void;
  };
}

/** What a request became: stored, refused with a problem, or its sender went away. `body` is what had come. */
type Verdict =
  | { readonly outcome: 'stored'; readonly delivery: string }
  | { readonly outcome: 'refused'; readonly problem: Problem; readonly proven: boolean; readonly body: Uint8Array }
  | { readonly outcome: 'gone' };

/**
 * Takes `POST /webhooks/<source>`: proves the sender, looks at the shape, and answers 200 when the body is on disk.
 * Stands in front of express, on plain node:http: this is the only hot path (docs/adr/0002).
 * @returns a listener that says whether the request was its own
 */
export function createWebhookHandler(parts: WebhookParts): (req: IncomingMessage, res: ServerResponse) => boolean {
  const room: Room = {
    budget: { used: 0, max: BODY_BUDGET },
    strangers: { used: 0, max: STRANGERS_BUDGET },
    tellStranger: createStrangerLog((message) => parts.log.warn(message), parts.now),
  };
  return (req, res) => {
    const place = placeOf(req.url ?? '');
    if (place === null) return false;
    void handle(parts, room, place, req, res);
    return true;
  };
}

/** What all requests share. */
interface Room {
  /** Of those who proved themselves with the headers, or need not. */
  readonly budget: Budget;
  /** Of those whose body has to be read to know them: they must not take the room of the others. */
  readonly strangers: Budget;
  readonly tellStranger: (stranger: Stranger) => void;
}

/** `/webhooks/<name>/<rest>`; both '' where there is none. */
interface Place {
  readonly name: string;
  readonly rest: string;
}

/** A trailing slash and a query are left out; null for other paths. */
function placeOf(url: string): Place | null {
  if (!url.startsWith(PREFIX)) return null;
  const query = url.indexOf('?');
  let path = query < 0 ? url.slice(PREFIX.length) : url.slice(PREFIX.length, query);
  if (path !== '' && path[0] !== '/') return null;
  if (path.endsWith('/')) path = path.slice(0, -1);
  const slash = path.indexOf('/', 1);
  const name = slash < 0 ? path.slice(1) : path.slice(1, slash);
  const rest = slash < 0 ? '' : path.slice(slash + 1);
  if (!name.includes('%')) return { name, rest };
  try {
    return { name: decodeURIComponent(name), rest };
  } catch {
    return { name, rest };
  }
}

async function handle(
  parts: WebhookParts,
  room: Room,
  { name, rest }: Place,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const source = parts.sources.get(name);
  const label = source?.name ?? 'unknown';
  const began = performance.now();
  try {
    const verdict =
      source === undefined
        ? refused(noSuchSource(name, parts.sources.keys()))
        : await receive(parts, room, source, rest, req, res);
    if (verdict.outcome === 'gone') return;
    if (verdict.outcome === 'stored') sendReceipt(res, verdict.delivery);
    else if (verdict.proven) await refuse(parts, label, verdict, req, res);
    else turnAway(verdict.problem, { source: label, name }, room.tellStranger, req, res);
  } catch (error) {
    parts.log.error(
      `a request to the source ${label} failed inside Tierbell; its sender was asked to try again`,
      error,
    );
    sendProblem(res, { status: 500, title: 'Internal error', detail: 'Nothing was stored; please send it again.' });
  }
  parts.metrics.requests(label, res.statusCode, req.method ?? '', (performance.now() - began) / 1000);
}

function sendReceipt(res: ServerResponse, delivery: string): void {
  const body = `{"delivery":"${delivery}"}`;
  res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  res.end(body);
}

/** Of a stranger nothing is kept; the log says why, as it may be our own sender with the wrong token. */
function turnAway(
  problem: Problem,
  asked: { readonly source: string; readonly name: string },
  tell: (stranger: Stranger) => void,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  if (!req.complete) discardRest(req);
  const { status, detail } = problem;
  if (status < 500) tell({ ...asked, from: req.socket.remoteAddress ?? 'nowhere', status, detail });
  sendProblem(res, problem);
}

/**
 * Keeps what a proven sender sent, then answers: an alert may be lost, and the store worker reads here whom to tell of it
 * (`jobs/tell-refused.ts`). Where it cannot be kept the sender is asked to come again, as nobody would hear of it.
 */
async function refuse(
  { inbox, log, now }: WebhookParts,
  source: string,
  { problem, body }: Extract<Verdict, { outcome: 'refused' }>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  if (!req.complete) discardRest(req);
  const reason = `${problem.status} ${problem.field ? `${problem.field}: ` : ''}${problem.detail}`;
  if (problem.status >= 500) return sendProblem(res, problem);
  log.warn(`source ${source}: a request was refused: ${reason}`);
  try {
    await inbox.refused(source, body, now(), reason);
    sendProblem(res, problem);
  } catch (error) {
    log.error(`source ${source}: the refused body could not be kept`, error);
    sendProblem(res, CANNOT_STORE);
  }
}

/** From the headers to the disk, in the order that costs a stranger most and us least. */
async function receive(
  parts: WebhookParts,
  { budget, strangers }: Room,
  source: Source,
  rest: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<Verdict> {
  if (req.method !== 'POST' && req.method !== 'PUT') return refused(wrongMethod(req.method));
  if (!source.authenticated && parts.certified !== true && !isLoopback(req.socket.remoteAddress))
    return refused(onlyFromHere(source.name));
  const { origin } = req.headers;
  if (!source.authenticated && origin !== undefined && !isLocalOrigin(origin))
    return refused(notFromPages(source.name));
  let proof = source.authenticate(req.headers, null);
  if (proof.state === 'unproven') return refused(unproven(source.challenge));
  const read = await readBody(req, res, source.maxBody, proof.state === 'proven' ? budget : strangers);
  if (!read.ok && read.why === 'gone') return { outcome: 'gone' };
  const raw = read.ok ? read.body : read.kept;
  if (!read.ok && read.why === 'busy') return refused(BUSY);
  if (!read.ok && read.why === 'shredded') return refused(SHREDDED, proof.state === 'proven' ? raw : undefined);
  // Of a body that was cut nobody can say who signed it.
  if (!read.ok) return refused(tooLarge(source.maxBody), proof.state === 'proven' ? raw : undefined);
  if (proof.state === 'needs_body') proof = source.authenticate(req.headers, raw);
  if (proof.state === 'stale') return refused(stale(proof.offMs, source.challenge), raw);
  if (proof.state !== 'proven') return refused(unproven(source.challenge));
  if (!source.paths.includes(rest)) return refused(wrongPath(source), raw);
  const plain = await decode(raw, req.headers['content-encoding'], source.maxBody);
  if (!('body' in plain)) return refused(plain, raw);
  const problem = look(source, plain.body);
  return problem === null ? store(parts, source, plain.body, proof) : refused(problem, plain.body);
}

/** Of this machine; IPv4 comes mapped (`::ffff:127.0.0.1`) where both are listened to. */
function isLoopback(address = ''): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

async function store(
  { inbox, log, metrics, now }: WebhookParts,
  source: Source,
  body: Uint8Array,
  proof: Extract<Proof, { state: 'proven' }>,
): Promise<Verdict> {
  const receivedAt = now();
  try {
    const { id } = await inbox.append(source.name, body, receivedAt, proof.once);
    metrics.lastSeen(source.name, receivedAt);
    return { outcome: 'stored', delivery: id };
  } catch (error) {
    log.error(`source ${source.name}: a delivery could not be stored; its sender was asked to try again`, error);
    return refused(CANNOT_STORE);
  }
}

async function decode(
  raw: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<{ body: Buffer } | Problem> {
  if (encoding === undefined) return { body: raw };
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return { body: raw };
  if (name !== 'gzip' && name !== 'x-gzip') return WRONG_ENCODING;
  const unpacked = await unpack(raw, maxBytes);
  if (unpacked.ok) return { body: unpacked.body };
  return unpacked.why === 'too_large' ? tooLarge(maxBytes) : badRequest('', 'The body is not whole gzip data.');
}

/** Depth first, then syntax, then the source's shape: each is dearer than the one before. */
function look(source: Source, body: Uint8Array): Problem | null {
  const values = Math.max(VALUES_LEAST, Math.ceil(source.maxBody / BYTES_A_VALUE));
  const excess = excessOf(body, { depth: DEPTH_MAX, values });
  if (excess === 'depth') return badRequest('', `The body is nested deeper than ${DEPTH_MAX} levels.`);
  if (excess === 'values') return tooMany(values);
  const json = readJson(body);
  if (!json.ok) return badRequest('', `${json.problem[0]?.toUpperCase()}${json.problem.slice(1)}.`);
  const shape = source.check(json.value);
  if (shape === null) return null;
  return badRequest(shape.field, `${shape.field === '' ? 'The body' : `\`${shape.field}\``} ${shape.problem}.`);
}

function refused(problem: Problem, provenBody?: Uint8Array): Verdict {
  return { outcome: 'refused', problem, proven: provenBody !== undefined, body: provenBody ?? NOTHING };
}

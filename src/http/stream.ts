import type { Request, Response } from 'express';
import { actorOf, stillAllowed } from './authorize.ts';
import { mayReadDetails } from './details.ts';
import { HttpProblem } from './http-problem.ts';
import { CONFIDENTIAL_TITLE } from '../incidents/confidential.ts';
import type { StampedEntry } from '../store/ledger.ts';

export interface StreamParts {
  /** Entries after a ledger number, oldest first. */
  readonly after: (n: number, limit: number) => Promise<readonly StampedEntry[]>;
  /** The newest ledger number. */
  readonly newest: () => Promise<number>;
  readonly failed: (error: unknown) => void;
  /** Which of these incidents (by uid) are kept by their teams. */
  readonly confidential: (uids: readonly string[]) => Promise<ReadonlySet<string>>;
}

const HEARTBEAT_MS = 15_000;
/** More than this behind, a client is told to start afresh rather than fed the past. */
const REPLAY_MAX = 1_000;
const PAGE = 500;
/** A client that does not read is cut off: it comes back with its Last-Event-ID. */
const BACKLOG_BYTES = 1_000_000;
/** Each is asked about with every commit: many more would cost the thread that takes deliveries its time. */
const CLIENTS_MAX = 1_000;

/**
 * Server-sent events: every committed entry of every timeline, in the order of the ledger, whose number is the event's
 * id. A client that comes back with `Last-Event-ID` misses nothing; one that is too far behind gets `reset`.
 */
export class Stream {
  readonly #parts: StreamParts;
  /** Those who are told what is committed. */
  readonly #clients = new Set<Response>();
  /** These, and those who are still told what they missed. */
  readonly #connected = new Set<Response>();
  #sent: number | null = null;
  #telling = false;
  #again = false;
  #heartbeat: NodeJS.Timeout | null = null;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  /** The handler of `GET /api/v1/stream`. @throws HttpProblem 503 where too many listen */
  async serve(req: Request, res: Response): Promise<void> {
    if (this.#connected.size >= CLIENTS_MAX) throw CROWDED;
    this.#connected.add(res);
    res.once('close', () => this.#forget(res)); // it may go while it is told what it missed
    res.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    res.write('retry: 2000\n\n');
    const newest = await this.#parts.newest();
    if (!this.#connected.has(res)) return;
    this.#sent ??= newest;
    await this.#catchUp(req, res, newest);
    if (!this.#clients.has(res)) return;
    this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.committed(); // what was committed while it caught up
  }

  /** Something was committed: tells it to everybody who listens. */
  committed(): void {
    if (this.#clients.size === 0) return;
    this.#again = true;
    if (!this.#telling) void this.#tell();
  }

  close(): void {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    for (const client of this.#connected) client.end();
    this.#clients.clear();
    this.#connected.clear();
  }

  /** Tells what was missed. From its last word on the client hears what all hear: nothing may be committed in between. */
  async #catchUp(req: Request, res: Response, newest: number): Promise<void> {
    const given = req.headers['last-event-id'] ?? req.query['lastEventId'];
    const from = typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : -1;
    const canReplay = from >= 0 && from <= newest && newest - from <= REPLAY_MAX;
    if (given !== undefined && !canReplay) res.write(resetAt(newest));
    for (let at = canReplay ? from : newest; this.#connected.has(res);) {
      const until = this.#sent ?? newest;
      if (at >= until) return void this.#clients.add(res);
      const missed = (await this.#parts.after(at, REPLAY_MAX)).filter(({ n }) => n <= until);
      const told = mayReadDetails(actorOf(res)) ? missed : await this.#concealed(missed);
      for (const entry of told) res.write(eventOf(entry));
      at = missed.at(-1)?.n ?? until;
    }
  }

  /** A store that cannot be read now is asked again with the next commit. */
  async #tell(): Promise<void> {
    this.#telling = true;
    try {
      while (this.#again) {
        this.#again = false;
        await this.#tellPage();
      }
    } catch (error) {
      this.#parts.failed(error);
    } finally {
      this.#telling = false;
    }
  }

  /** Those whose token was taken back are cut off before anything more is told. */
  async #dropRefused(): Promise<void> {
    for (const client of this.#clients) {
      if (await stillAllowed(client)) continue;
      client.end();
      this.#forget(client);
    }
  }

  async #tellPage(): Promise<void> {
    await this.#dropRefused();
    if (this.#clients.size === 0) return;
    const entries = await this.#parts.after(this.#sent ?? 0, PAGE);
    if (entries.length === PAGE) this.#again = true;
    const newest = entries.at(-1)?.n;
    if (newest === undefined) return;
    const all = entries.map(eventOf).join('');
    const anyViewer = [...this.#clients].some((client) => !mayReadDetails(actorOf(client)));
    // A viewer who comes while this is looked up starts afresh.
    const some = anyViewer ? (await this.#concealed(entries)).map(eventOf).join('') : resetAt(newest);
    this.#sent = newest;
    for (const client of this.#clients) this.#write(client, mayReadDetails(actorOf(client)) ? all : some);
  }

  /** For viewers: that something happened to a confidential incident, but not what. */
  async #concealed(entries: readonly StampedEntry[]): Promise<StampedEntry[]> {
    const kept = await this.#parts.confidential([...new Set(entries.map(({ incident }) => incident))]);
    return entries.map((entry) => (kept.has(entry.incident) ? { ...entry, text: CONFIDENTIAL_TITLE } : entry));
  }

  #write(client: Response, text: string): void {
    client.write(text);
    if (client.writableLength > BACKLOG_BYTES) client.destroy();
  }

  #beat(): void {
    this.#dropRefused().catch((error: unknown) => this.#parts.failed(error));
    for (const client of this.#clients) this.#write(client, ': still here\n\n');
  }

  #forget(client: Response): void {
    this.#clients.delete(client);
    this.#connected.delete(client);
    if (this.#connected.size > 0) return;
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    this.#sent = null;
  }
}

const CROWDED = new HttpProblem({
  status: 503,
  title: 'Too many listen',
  detail: `No more than ${CLIENTS_MAX} may listen at once: close some pages, or ask for the incidents now and then instead.`,
  headers: { 'Retry-After': '30' },
});

function resetAt(n: number): string {
  return `id: ${n}\nevent: reset\ndata: {}\n\n`;
}

function eventOf({ n, number, incident, seq, at, type, text }: StampedEntry): string {
  const of = number === null ? { incident: null } : { incident: `INC-${number}`, uid: incident };
  const data = { ...of, seq, at, type, text };
  return `id: ${n}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

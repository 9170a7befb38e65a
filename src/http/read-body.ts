import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** Bytes of bodies that may stand in memory at once, over all requests: a thousand slow senders must not fill it. */
export const BODY_BUDGET = 256_000_000;
/** And of those bodies that alone say who sent them. */
export const STRANGERS_BUDGET = 128_000_000;
/** How much of a refused body is read and thrown away, so that the sender gets to see the answer. */
const DISCARD_MAX = 64_000_000;

/**
 * How many chunks a body may be cut into, where they are smaller on average than the smallest packet of a network: each
 * costs as much of the processor as a kilobyte.
 */
const CHUNKS_MAX = 10_000;
const CHUNK_BYTES = 100;

/** `kept` is what had come by then. */
export type BodyResult =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly why: 'too_large' | 'busy' | 'shredded' | 'gone'; readonly kept: Buffer };

/** Counts the bytes in memory. */
export interface Budget {
  used: number;
  readonly max: number;
}

/**
 * Reads a request's body up to `maxBytes`; the rest of a larger one is left to {@link discardRest}.
 * The bytes stay counted in the budget until the response is finished or its connection closed.
 */
export function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  maxBytes: number,
  budget: Budget,
): Promise<BodyResult> {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes)
    return Promise.resolve({ ok: false, why: 'too_large', kept: Buffer.alloc(0) });
  return new Promise((resolve) => collect(req, res, maxBytes, budget, resolve));
}

function collect(
  req: IncomingMessage,
  res: ServerResponse,
  maxBytes: number,
  budget: Budget,
  done: (result: BodyResult) => void,
): void {
  const gathered = new Gathered();
  let chunks = 0;
  const onData = (chunk: Buffer): void => {
    const growth = gathered.growthBy(chunk);
    const tooLarge = gathered.bytes + chunk.length > maxBytes;
    chunks += 1;
    const shredded = chunks > CHUNKS_MAX + gathered.bytes / CHUNK_BYTES;
    const busy = budget.used + growth > budget.max;
    const why = tooLarge ? 'too_large' : shredded ? 'shredded' : busy ? 'busy' : null;
    if (why !== null) return stop(why);
    budget.used += growth;
    gathered.add(chunk);
  };
  const stop = (why: 'too_large' | 'busy' | 'shredded'): void => {
    req.off('data', onData);
    req.off('end', onEnd);
    done({ ok: false, why, kept: gathered.whole() });
  };
  const onEnd = (): void => done({ ok: true, body: gathered.whole() });
  req.on('data', onData);
  req.on('end', onEnd);
  req.on('error', () => undefined);
  res.on('close', () => {
    budget.used -= gathered.room;
    if (!req.complete) done({ ok: false, why: 'gone', kept: gathered.whole() });
  });
}

/**
 * What came of a body, in one piece: a sender may cut it into chunks of a byte, and each, kept for itself, would take
 * hundreds of times its size.
 */
class Gathered {
  #held: Buffer = Buffer.alloc(0);
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of memory that it takes. */
  get room(): number {
    return this.#held.length;
  }

  /** By how much that memory would grow. */
  growthBy({ length }: Buffer): number {
    const needed = this.#bytes + length;
    if (needed <= this.room) return 0;
    return Math.max(needed, this.#bytes === 0 ? 0 : 2 * this.room) - this.room;
  }

  /** The first is held as it came: most bodies are no more. */
  add(chunk: Buffer): void {
    const growth = this.growthBy(chunk);
    if (this.#bytes === 0) this.#held = chunk;
    else {
      if (growth > 0) this.#grow(growth);
      chunk.copy(this.#held, this.#bytes);
    }
    this.#bytes += chunk.length;
  }

  whole(): Buffer {
    return this.#held.subarray(0, this.#bytes);
  }

  #grow(by: number): void {
    const larger = Buffer.allocUnsafe(this.room + by);
    this.#held.copy(larger, 0, 0, this.#bytes);
    this.#held = larger;
  }
}

/** Reads what still comes into nothing, up to a limit; then the connection goes. */
export function discardRest(req: IncomingMessage): void {
  let bytes = 0;
  let chunks = 0;
  req.on('error', () => undefined);
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    chunks += 1;
    if (bytes > DISCARD_MAX || chunks > CHUNKS_MAX + bytes / CHUNK_BYTES) req.destroy();
  });
}

const gunzipAsync = promisify(gunzip);

/** Unpacks gzip up to `maxBytes` and not a chunk further, so that a bomb ends as an answer. */
export async function unpack(
  body: Buffer,
  maxBytes: number,
): Promise<{ ok: true; body: Buffer } | { ok: false; why: 'too_large' | 'broken' }> {
  try {
    return { ok: true, body: await gunzipAsync(body, { maxOutputLength: maxBytes }) };
  } catch (error) {
    return { ok: false, why: (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'broken' };
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** Bytes of bodies that may stand in memory at once, over all requests: a thousand slow senders must not fill it. */
export const BODY_BUDGET = 256_000_000;
/** How much of a refused body is read and thrown away, so that the sender gets to see the answer. */
const DISCARD_MAX = 64_000_000;

/** `kept` is what had come by then. */
export type BodyResult =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly why: 'too_large' | 'busy' | 'gone'; readonly kept: Buffer };

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
  const chunks: Buffer[] = [];
  let bytes = 0;
  const whole = (): Buffer => (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes));
  const onData = (chunk: Buffer): void => {
    const why = bytes + chunk.length > maxBytes ? 'too_large' : budget.used + chunk.length > budget.max ? 'busy' : null;
    if (why !== null) return stop(why);
    bytes += chunk.length;
    budget.used += chunk.length;
    chunks.push(chunk);
  };
  const stop = (why: 'too_large' | 'busy'): void => {
    req.off('data', onData);
    req.off('end', onEnd);
    done({ ok: false, why, kept: whole() });
  };
  const onEnd = (): void => done({ ok: true, body: whole() });
  req.on('data', onData);
  req.on('end', onEnd);
  req.on('error', () => undefined);
  res.on('close', () => {
    budget.used -= bytes;
    if (!req.complete) done({ ok: false, why: 'gone', kept: whole() });
  });
}

/** Reads what still comes into nothing, up to a limit; then the connection goes. */
export function discardRest(req: IncomingMessage): void {
  let bytes = 0;
  req.on('error', () => undefined);
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARD_MAX) req.destroy();
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

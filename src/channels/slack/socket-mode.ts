import { channel } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../../domain/result.ts';

export interface SocketModeParts {
  /** Asks Slack for a new address (`apps.connections.open`), checked to be Slack's. */
  open(signal: AbortSignal): Promise<Outcome<string>>;
  /** Does what an interaction asks for; `once` is the envelope's id. */
  answer(payload: unknown, once: string): Promise<void>;
  readonly log: (level: 'info' | 'warn', message: string, fields: Record<string, unknown>) => void;
  readonly random: () => number;
}

/** Slack pings; silence for so long means that the connection is dead without a word. */
const SILENCE_MS = 90_000;
const BASE_MS = 1_000;
const CAP_MS = 60_000;
const OPEN_TIMEOUT_MS = 15_000;
/** A connection that lasted so long was a good one: the next try is soon. */
const GOOD_MS = 30_000;

/** Pings that Node's WebSocket has seen; it tells of them nowhere else. */
const PINGS = channel('undici:websocket:ping');

/**
 * Interactions over a connection that we open, so that no public address is needed
 * (https://docs.slack.dev/apis/events-api/using-socket-mode). Keeps one connection and opens the next when it ends.
 * @returns stops it
 */
export function startSocketMode(parts: SocketModeParts): () => Promise<void> {
  const abort = new AbortController();
  const running = keepConnected(parts, abort.signal);
  return async () => {
    abort.abort();
    await running;
  };
}

async function keepConnected(parts: SocketModeParts, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const began = performance.now();
    const why = await connectOnce(parts, signal);
    if (signal.aborted) return;
    const lastedMs = performance.now() - began;
    failures = why === null || lastedMs > GOOD_MS ? 0 : failures + 1;
    if (failures === 1 || (failures > 0 && failures % 20 === 0))
      parts.log('warn', 'no connection to Slack for its buttons; trying on', { why, failures });
    if (lastedMs > GOOD_MS) continue; // Slack renews connections from time to time; no press should be missed
    const wait = failures === 0 ? BASE_MS : BASE_MS / 2 + parts.random() * Math.min(CAP_MS, BASE_MS * 2 ** failures);
    await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
}

/** One connection from its beginning to its end. @returns why it ended; null where Slack asked us to come again */
async function connectOnce(parts: SocketModeParts, signal: AbortSignal): Promise<string | null> {
  const address = await parts.open(AbortSignal.any([signal, AbortSignal.timeout(OPEN_TIMEOUT_MS)]));
  if (!address.ok) return address.detail;
  return new Promise((resolve) => {
    const socket = new WebSocket(address.value);
    let ended = false;
    const end = (why: string | null): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      PINGS.unsubscribe(onPing);
      signal.removeEventListener('abort', onAbort);
      socket.close();
      resolve(why);
    };
    let timer = setTimeout(() => end('no word from Slack'), OPEN_TIMEOUT_MS);
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => end('no word from Slack'), SILENCE_MS);
    };
    const onPing = (message: unknown): void => {
      if ((message as { websocket?: unknown }).websocket === socket) alive();
    };
    const onAbort = (): void => end(null);
    PINGS.subscribe(onPing);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.addEventListener('message', ({ data }) => {
      alive();
      if (typeof data === 'string') void receive(parts, socket, data, end);
    });
    socket.addEventListener('error', () => end('the connection broke'));
    socket.addEventListener('close', () => end('the connection was closed'));
  });
}

interface Envelope {
  readonly type?: unknown;
  readonly envelope_id?: unknown;
  readonly payload?: unknown;
}

async function receive(
  parts: SocketModeParts,
  socket: WebSocket,
  data: string,
  end: (why: null) => void,
): Promise<void> {
  const { type, envelope_id: id, payload } = parsed(data);
  if (type === 'hello') return parts.log('info', 'connected to Slack for its buttons', {});
  if (type === 'disconnect') return end(null);
  if (typeof id !== 'string') return;
  try {
    // Within 3 s, or Slack shows an error; an envelope that is not acknowledged comes again.
    if (type === 'interactive')
      await Promise.race([parts.answer(payload, id), sleep(2_500, undefined, { ref: false })]);
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ envelope_id: id }));
  } catch {
    // Told where it failed; without an answer Slack shows an error to the one who pressed.
  }
}

function parsed(data: string): Envelope {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

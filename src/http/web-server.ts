import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { WebConfig } from './web-config.ts';

/** How often slow clients are looked for: Node itself would leave them up to half a minute longer. */
export const LOOK_FOR_SLOW_MS = 5_000;
/**
 * Requests that wait on one connection for their answers. Clients that people use send one at a time; the answers to
 * hundreds would stand in memory for somebody who reads none of them.
 */
const WAITING_MAX = 16;

export type Listener = (req: IncomingMessage, res: ServerResponse) => void;

export interface WebServerContext {
  /** Milliseconds that only grow. */
  readonly now: () => number;
  readonly log: { warn(message: string, fields?: Record<string, unknown>): void };
}

/** The server that the settings ask for: plain HTTP, or TLS with the client certificates that they want. */
export async function createWebServer(
  { tls, headers }: WebConfig,
  listener: Listener,
  context: WebServerContext,
): Promise<Server> {
  const own = Object.entries(headers);
  const answer: Listener = (req, res) => {
    for (const [name, value] of own) res.setHeader(name, value);
    listener(req, res);
  };
  const handler = fewAtOnce(own.length === 0 ? listener : answer);
  if (tls === null) return createServer({ connectionsCheckingInterval: LOOK_FOR_SLOW_MS }, handler);
  const { createTlsServer } = await import('./tls-server.ts');
  return createTlsServer(tls, handler, context);
}

/** Cuts off a connection on which more requests wait than a client in good faith sends. */
function fewAtOnce(listener: Listener): Listener {
  const waiting = new WeakMap<Socket, number>();
  const count = (socket: Socket, by: number): number => {
    const next = (waiting.get(socket) ?? 0) + by;
    waiting.set(socket, next);
    return next;
  };
  return (req, res) => {
    const { socket } = req;
    if (socket.destroyed) return;
    if (count(socket, 1) > WAITING_MAX) return void socket.destroy();
    res.once('close', () => count(socket, -1));
    listener(req, res);
  };
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { WebConfig } from './web-config.ts';

/** How often slow clients are looked for: Node itself would leave them up to half a minute longer. */
export const LOOK_FOR_SLOW_MS = 5_000;

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
  const handler = own.length === 0 ? listener : answer;
  if (tls === null) return createServer({ connectionsCheckingInterval: LOOK_FOR_SLOW_MS }, handler);
  const { createTlsServer } = await import('./tls-server.ts');
  return createTlsServer(tls, handler, context);
}

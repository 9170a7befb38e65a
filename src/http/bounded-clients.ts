import type { Socket } from 'node:net';
import type { Listener } from './web-server.ts';

/**
 * Requests that wait on one connection for their answers. Clients that people use send one at a time; the answers to
 * hundreds would stand in memory for somebody who reads none of them.
 */
const WAITING_MAX = 16;
/** Who does not take an answer for so long is cut off; whoever listens to the stream hears something every 15 s. */
const STILL_TIMEOUT_MS = 120_000;

/**
 * Bounds what one connection may ask for of pages and API. Webhooks do without: their answers are a line, and counting them
 * takes a tenth of their speed.
 */
export function boundClients(listener: Listener): Listener {
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
    socket.setTimeout(STILL_TIMEOUT_MS);
    res.once('close', () => count(socket, -1));
    listener(req, res);
  };
}

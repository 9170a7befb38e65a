import { createServer } from 'node:net';

/** Below those that the system hands out to whoever asks for any (Linux: from 32768). */
const LOWEST = 15_000;
const HIGHEST = 32_000;
/** So many test processes never meet. */
const PROCESSES = 16;

const given = new Set<number>();

/**
 * A port of 127.0.0.1 at which nobody listens, and which nobody else is given either: for a server that comes back where
 * it was, and for an address where nobody shall be. One that the system hands out would go to the next who asks for any
 * as soon as it is left, such as a server of a suite that runs beside this one.
 */
export async function portOfOurOwn(): Promise<number> {
  const mine = Number(process.env['JEST_WORKER_ID'] ?? 0) % PROCESSES;
  for (;;) {
    const drawn = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const port = drawn - (drawn % PROCESSES) + mine;
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

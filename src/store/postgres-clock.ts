import type { ClockSources } from './clock.ts';
import { DatabaseAway, type Connections } from './postgres.ts';

/** How often the server is asked for its time. */
const ASK_EVERY_MS = 5_000;
/** By how much an estimate gets worse: two clocks drift apart by less than half a millisecond a second. */
const DRIFT = 0.0005;

/** The server's clock as this process estimates it, without asking for each moment. */
export interface ServerClock {
  /** The estimated time of the server, and our own pace. */
  readonly sources: ClockSources;
  close(): void;
}

/**
 * Asks now and then for the server's time and goes on at our own pace in between, so that a server that is away stops no
 * deadline. An answer is good to half of the time that it took; a worse one than we have is left out.
 * @param ask epoch milliseconds of the server
 * @throws what `ask` throws the first time
 */
export async function startServerClock(
  ask: () => Promise<number>,
  monotonic: () => number = () => performance.now(),
): Promise<ServerClock> {
  let best = await sample(ask, monotonic);
  const look = async (): Promise<void> => {
    const next = await sample(ask, monotonic);
    if (next.errorMs <= best.errorMs + DRIFT * (next.at - best.at)) best = next;
  };
  const timer = setInterval(() => void look().catch(() => {}), ASK_EVERY_MS); // away: our own pace until it is back
  timer.unref();
  return {
    sources: { wall: () => monotonic() + best.offsetMs, monotonic },
    close: () => clearInterval(timer),
  };
}

interface Sample {
  readonly offsetMs: number;
  readonly errorMs: number;
  readonly at: number;
}

async function sample(ask: () => Promise<number>, monotonic: () => number): Promise<Sample> {
  const asked = monotonic();
  const server = await ask();
  const at = monotonic();
  return { offsetMs: server - (asked + at) / 2, errorMs: (at - asked) / 2, at };
}

/** The time of the server, epoch milliseconds. @throws DatabaseAway */
export async function askServerTime(connections: Connections): Promise<number> {
  const connection = await connections.connect();
  try {
    const text = 'select extract(epoch from clock_timestamp())::float8 * 1000 as now';
    const { rows } = await connection.query<{ now: number }>(text, []);
    const now = rows[0]?.now;
    if (now === undefined) throw new DatabaseAway('the database does not tell its time');
    return now;
  } finally {
    connection.release();
  }
}

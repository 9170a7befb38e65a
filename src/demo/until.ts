import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;
/** What one round may count at most: in a longer one the machine stood still, and the bridge with it. */
const ROUND_MS = 5_000;

/** Looks again and again until there is something other than null; null where there is nothing in time. */
export async function until<T>(look: () => Promise<T | null> | T | null, withinMs: number): Promise<T | null> {
  for (let waitedMs = 0; ;) {
    const began = performance.now();
    const found = await look();
    if (found !== null || waitedMs >= withinMs) return found;
    await sleep(LOOK_EVERY_MS);
    waitedMs += Math.min(performance.now() - began, ROUND_MS);
  }
}

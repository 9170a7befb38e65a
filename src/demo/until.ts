import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;

/** Looks again and again until there is something other than null; null where there is nothing in time. */
export async function until<T>(look: () => Promise<T | null> | T | null, withinMs: number): Promise<T | null> {
  const end = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null || performance.now() >= end) return found;
    await sleep(LOOK_EVERY_MS);
  }
}

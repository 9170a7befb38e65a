import { setTimeout as sleep } from 'node:timers/promises';

/** What one round may count at most: in a longer one the machine stood still, and nobody could do what is waited for. */
const ROUND_MS = 5_000;

/**
 * Asks again and again until the answer is neither `undefined`, `null` nor `false`, and gives that answer.
 * A probe that throws has not answered yet.
 * @throws after `timeoutMs` (default 60 s), with what the last try said.
 */
export async function waitFor<T>(
  what: string,
  probe: () => T | Promise<T>,
  { timeoutMs = 60_000, everyMs = 50 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Exclude<T, undefined | null | false>> {
  for (let waitedMs = 0; ;) {
    const began = performance.now();
    let last: string;
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== null && answer !== false) {
        return answer as Exclude<T, undefined | null | false>;
      }
      last = `it was ${String(answer)}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (waitedMs > timeoutMs) throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}: ${last}`);
    await sleep(everyMs);
    waitedMs += Math.min(performance.now() - began, ROUND_MS);
  }
}

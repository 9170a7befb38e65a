import { setTimeout as sleep } from 'node:timers/promises';
import { isStoreTrouble } from '../store/store-trouble.ts';

const FIRST_MS = 250;
const LONGEST_MS = 5_000;

/**
 * Writes what is known in this process only and would be lost with it: while the store is away it is tried again, with
 * growing pauses, for as long as the process lives.
 * @throws what is no trouble of the store, and that trouble itself once `signal` says stop
 */
export async function untilStored(write: () => Promise<void>, signal: AbortSignal, firstMs = FIRST_MS): Promise<void> {
  for (let pauseMs = firstMs; ; pauseMs = Math.min(LONGEST_MS, 2 * pauseMs)) {
    try {
      return await write();
    } catch (error) {
      if (!isStoreTrouble(error) || signal.aborted) throw error;
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => {}); // woken to stop, it is tried once more
  }
}

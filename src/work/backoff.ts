const BASE_MS = 1_000;
const CAP_MS = 300_000;
/** Tries before a message counts as undeliverable: with these waits, about three quarters of an hour. */
export const TRIES = 15;

/**
 * Milliseconds until the next try: full jitter up to a growing bound, or what the other side asked for.
 * @param attempts tries so far
 */
export function backoffMs(attempts: number, retryAfterMs: number | undefined, random: () => number): number {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, CAP_MS);
  return BASE_MS / 2 + random() * Math.min(CAP_MS, BASE_MS * 2 ** attempts);
}

import type { Job } from '../domain/job.ts';
import type { Failure } from '../domain/result.ts';

const BASE_MS = 1_000;
const CAP_MS = 300_000;
/** Nobody is heard who asks for more patience than this. */
const RETRY_AFTER_CAP_MS = 3_600_000;
/** Tries before a message counts as undeliverable: with these waits, about three quarters of an hour. */
export const TRIES = 15;

/**
 * Milliseconds until the next try: full jitter up to a growing bound, or what the other side asked for.
 * @param attempts tries so far
 */
export function backoffMs(attempts: number, retryAfterMs: number | undefined, random: () => number): number {
  if (retryAfterMs !== undefined) return Math.max(BASE_MS / 2, Math.min(retryAfterMs, RETRY_AFTER_CAP_MS));
  return BASE_MS / 2 + random() * Math.min(CAP_MS, BASE_MS * 2 ** attempts);
}

/** Whether work that met this failure is tried once more. @param job with its tries so far */
export function triesAgain({ retryable }: Failure, { attempts }: Pick<Job, 'attempts'>): boolean {
  return retryable && attempts < TRIES;
}

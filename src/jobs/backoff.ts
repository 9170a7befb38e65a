import type { Job } from '../domain/job.ts';
import type { Failure } from '../domain/result.ts';

const BASE_MS = 1_000;
const CAP_MS = 300_000;
/** Nobody is heard who asks for more patience than this. */
const RETRY_AFTER_CAP_MS = 3_600_000;
/** Tries before a message counts as undeliverable: with these waits, about three quarters of an hour. */
export const TRIES = 15;

/**
 * Milliseconds until the next try: full jitter up to a growing bound, and not before the other side asked for it. Who answers
 * `Retry-After: 0` is not asked fifteen times in eight seconds and then given up.
 * @param attempts tries so far
 */
export function backoffMs(attempts: number, retryAfterMs: number | undefined, random: () => number): number {
  const ownMs = BASE_MS / 2 + random() * Math.min(CAP_MS, BASE_MS * 2 ** attempts);
  return Math.max(ownMs, Math.min(retryAfterMs ?? 0, RETRY_AFTER_CAP_MS));
}

/** Whether work that met this failure is tried once more. @param job with its tries so far */
export function triesAgain({ retryable }: Failure, { attempts }: Pick<Job, 'attempts'>): boolean {
  return retryable && attempts < TRIES;
}

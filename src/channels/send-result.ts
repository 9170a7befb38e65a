import { failure, type Failure, type FailureReason } from '../domain/result.ts';

/** How the answers of the other side become a {@link Failure}: shared by the channels, so that all of them mean the same. */

/** Statuses that may be better next time; every other 4xx and every 3xx would be refused again. */
const WORTH_RETRYING: ReadonlySet<number> = new Set([408, 425, 429]);

/** The failure that an HTTP status other than 2xx stands for. `said` is the other side's own text, already redacted. */
export function failureOfStatus(status: number, said: string, retryAfterMs: number | null): Failure {
  const retryable = WORTH_RETRYING.has(status) || status >= 500;
  return failure(reasonOfStatus(status), `${sentenceOfStatus(status)}${said === '' ? '' : `; it says: ${said}`}`, {
    retryable,
    ...(retryable && retryAfterMs !== null ? { retryAfterMs } : {}),
  });
}

function reasonOfStatus(status: number): FailureReason {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) return 'not_found';
  if (status === 408) return 'timed_out';
  if (status === 425 || status === 429) return 'rate_limited';
  if (status >= 500) return 'server_error';
  return status >= 300 ? 'rejected' : 'invalid_answer';
}

function sentenceOfStatus(status: number): string {
  if (status === 401 || status === 403)
    return `the receiver answers ${status}: check the secret or the headers of this channel`;
  if (status === 404) return 'the receiver answers 404: check the path of the address';
  if (status === 410)
    return 'gone: disable this channel or give it a new address, the receiver answers 410 and wants nothing more';
  if (status === 413) return 'the receiver answers 413: it takes less than the 20 kB that a message may have';
  if (status === 425 || status === 429) return `the receiver answers ${status}: it asks us to send less often`;
  if (status >= 300 && status < 400)
    return `the receiver redirects (${status}), which is not followed: put the final address into the configuration`;
  return `the receiver answers ${status}`;
}

const DAY_MS = 86_400_000;

/**
 * Milliseconds that a `Retry-After` header asks for (seconds, or an HTTP date), at most a day; null where it says nothing usable.
 * @param now epoch milliseconds
 */
export function parseRetryAfter(value: unknown, now: number): number | null {
  if (typeof value !== 'string' || value.length > 64) return null;
  const text = value.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), DAY_MS) : null;
}

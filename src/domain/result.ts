/**
 * What an expected failure of the outside world looks like: a value, never an exception.
 * The reasons are a closed set because metrics use them as label values.
 */
export const FAILURE_REASONS = [
  'refused', // nobody listens, or the connection was reset
  'timed_out', // no answer within the budget
  'unauthorized', // 401, 403, a wrong key or password
  'not_found', // 404, an index or a channel that does not exist
  'rate_limited', // 429
  'rejected', // any other 4xx: sending the same again cannot help
  'server_error', // 5xx
  'invalid_answer', // an answer that is not of the protocol
  'misconfigured', // our own settings make it impossible
] as const;

export type FailureReason = (typeof FAILURE_REASONS)[number];

export interface Failure {
  readonly ok: false;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  readonly reason: FailureReason;
  /** One sentence for people, without secrets. */
  readonly detail: string;
  /** Milliseconds that the other side asked us to wait (`Retry-After`). */
  readonly retryAfterMs?: number;
}

export interface Success<T> {
  readonly ok: true;
  readonly value: T;
}

export type Outcome<T> = Success<T> | Failure;

export function success<T>(value: T): Success<T> {
  return { ok: true, value };
}

const RETRYABLE: ReadonlySet<FailureReason> = new Set([
  'refused',
  'timed_out',
  'rate_limited',
  'server_error',
  'invalid_answer',
]);

export function failure(
  reason: FailureReason,
  detail: string,
  more: { retryable?: boolean; retryAfterMs?: number } = {},
): Failure {
  return {
    ok: false,
    retryable: more.retryable ?? RETRYABLE.has(reason),
    reason,
    detail,
    ...(more.retryAfterMs === undefined ? {} : { retryAfterMs: more.retryAfterMs }),
  };
}

import { cleanLine } from '../domain/text.ts';
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

const NETWORK: readonly (readonly [RegExp, FailureReason, string])[] = [
  [/^(ECONNREFUSED)$/, 'refused', 'nobody listens at the address: is the other side up, is the port right?'],
  [/^(ENOTFOUND|EAI_.*|EDNS)$/, 'refused', 'the host name of the address does not resolve'],
  [
    /^(ETIMEDOUT|ECONNABORTED|ERR_CANCELED|EABORT|ABORT_ERR|TimeoutError|AbortError)$/,
    'timed_out',
    'no answer within the time allowed',
  ],
  [
    /^(HPE_.*|EPROTOCOL|ERR_BAD_RESPONSE)$/,
    'invalid_answer',
    'the answer is not of the protocol: does the address lead to the right server?',
  ],
  [
    /^(EADDRESS_FORBIDDEN)$/,
    'misconfigured',
    'the address leads to a link-local or metadata address, which is never dialled: change it',
  ],
  [
    /^(ENOENT|EACCES|EISDIR)$/,
    'misconfigured',
    'the file of tls_config.ca_file cannot be read: check its path and permissions',
  ],
  [
    /CERT|SIGNATURE|^(EPROTO|ETLS|ERR_TLS.*|ERR_SSL.*)$/,
    'misconfigured',
    'the encrypted connection failed (certificate or TLS version): set tls_config.ca_file, or mend the certificate',
  ],
];

/** The failure that an error code of a socket, of TLS or of a client library stands for. An unknown code counts as a broken connection. */
export function failureOfCode(code: string): Failure {
  const known = NETWORK.find(([shape]) => shape.test(code));
  if (known === undefined)
    return failure('refused', `the connection broke${code === '' ? '' : ` (${cleanLine(code, 40)})`}`);
  const [, reason, detail] = known;
  // A certificate is often mended or renewed on the other side, so trying again is right; a forbidden address stays one.
  return failure(reason, `${detail} (${code})`, { retryable: code !== 'EADDRESS_FORBIDDEN' });
}

/** The code of an unknown error, '' where it has none: the text of an error may hold addresses and is never shown. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { originalCode, code, name } = error as { originalCode?: unknown; code?: unknown; name?: unknown };
  if (typeof originalCode === 'string') return originalCode;
  if (typeof code === 'string') return code;
  return name === 'TimeoutError' || name === 'AbortError' ? name : '';
}

/**
 * Makes what the other side said fit to be shown: one clean line of at most 200 characters, in which every secret is blotted
 * out, as it stands, percent-encoded, and in base64.
 */
export function sayer(secrets: readonly string[]): (said: string) => string {
  const spellings = secrets
    .filter((secret) => secret.length >= 4)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    ])
    .sort((a, b) => b.length - a.length);
  return (said) =>
    cleanLine(
      spellings.reduce((text, secret) => text.replaceAll(secret, '[secret]'), said.slice(0, 4096)),
      200,
    );
}

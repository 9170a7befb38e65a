import { failure, type Failure, type FailureReason } from '../domain/result.ts';
import { cleanLine } from '../domain/text.ts';

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

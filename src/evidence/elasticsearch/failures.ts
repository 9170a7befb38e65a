import { failure, type Failure } from '../../domain/result.ts';
import { nameOf } from './names.ts';
import type { SearchSettings } from './settings.ts';

/** Errors of the client, by what we need of them; its classes are loaded only when it is. */
interface ClientError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly path?: string;
  readonly statusCode?: number;
  readonly body?: unknown;
}

/** What came is JSON, but no answer of this API. */
export class InvalidAnswer extends Error {
  override readonly name = 'InvalidAnswer';
}

const OF_THE_CONNECTION = new Set(['ConnectionError', 'NoLivingConnectionsError']);
const OF_THE_ANSWER = new Set(['DeserializationError', 'InvalidAnswer', 'RequestAbortedError']);

/**
 * One sentence for each way in which the server cannot be read, with the next step to mend it. No secrets.
 * @throws what is no failure of the outside, but a mistake of ours
 */
export function failureOf(error: unknown, settings: SearchSettings, cut: 'budget' | 'caller' | null): Failure {
  const { name, code, path, statusCode } = error as ClientError;
  const store = nameOf(settings);
  if (cut === 'budget' || name === 'TimeoutError')
    return failure(
      'timed_out',
      `${store} did not answer within ${settings.budget.time / 1000} s: see whether the cluster is overloaded, or allow more under \`budget.time\`.`,
    );
  if (cut === 'caller') return failure('timed_out', `Reading ${store} was called off before it had answered.`);
  if (name === 'ProductNotSupportedError')
    return failure(
      'misconfigured',
      `The server of ${store} is not Elasticsearch: for OpenSearch write \`kind: opensearch\`, otherwise correct \`nodes\`.`,
    );
  if (name === 'ResponseError' && statusCode !== undefined)
    return failureOfStatus(statusCode, error as ClientError, settings);
  if (name !== undefined && OF_THE_ANSWER.has(name))
    return failure(
      'invalid_answer',
      `${store} sent something that is no answer of its API: see what stands between it and the bridge.`,
    );
  if (code === 'ENOENT' || code === 'EACCES')
    return failure(
      'misconfigured',
      `${store} needs the file ${path ?? ''}, which cannot be read (${code}): correct its path or its owner.`,
    );
  if (name !== undefined && OF_THE_CONNECTION.has(name)) return failureOfConnection(error as ClientError, settings);
  throw error;
}

function failureOfStatus(status: number, error: ClientError, settings: SearchSettings): Failure {
  const store = nameOf(settings);
  const type = errorType(error);
  // 7.17 calls it forbidden
  if (/index_closed_exception|index closed/.test(JSON.stringify(error.body ?? '')))
    return failure(
      'misconfigured',
      `An index of "${settings.index}" in ${store} is closed: open it (\`POST /…/_open\`), or name only open ones in \`index\`.`,
    );
  if (status === 401)
    return failure(
      'unauthorized',
      `${store} refused the login (401): check \`auth\`, whether the key has expired, and the key's file.`,
    );
  if (status === 403)
    return failure(
      'unauthorized',
      `${store} knows the account, but it may not read "${settings.index}" (403): grant it the privilege \`read\` on these indices.`,
    );
  if (status === 404)
    return failure(
      'not_found',
      `${store} has no index "${missingIndex(error) || settings.index}": correct \`index\`, or see why nothing is shipped there.`,
    );
  if (status === 429)
    return failure(
      'rate_limited',
      `${store} is too busy to search (429${type}): look at its search queue, or make the budget smaller.`,
    );
  if (status >= 500)
    return failure(
      'server_error',
      `${store} failed (${status}${type}): look at the health of the cluster and at its log.`,
    );
  if (type.includes('media_type_header_exception'))
    return failure(
      'misconfigured',
      `${store} does not speak this version of the API (400): set \`compatibility\` to the major version of the server.`,
    );
  if (/_source.*disabled/.test(JSON.stringify(error.body ?? '')))
    return failure(
      'misconfigured',
      `"${settings.index}" in ${store} keeps no \`_source\`, so its lines cannot be read: enable \`_source\` in its mapping, or name another index.`,
    );
  return failure(
    'rejected',
    `${store} rejected the search (${status}${type}): compare \`fields\` with the mapping of the index.`,
  );
}

function failureOfConnection(error: ClientError, settings: SearchSettings): Failure {
  const store = nameOf(settings);
  const where = settings.nodes.map(originOf).join(', ');
  const message = error.message ?? '';
  if (/ENOTFOUND|EAI_AGAIN/.test(message))
    return failure(
      'refused',
      `The name of ${store} does not resolve (${where}): check \`nodes\` and the name service.`,
    );
  if (/certificate|self.signed|issuer|altnames|CERT_/i.test(message))
    return failure(
      'misconfigured',
      `The certificate of ${store} is not trusted (${where}): name its authority in \`tls_config.ca_file\`.`,
    );
  if (/SSL|wrong version number|EPROTO/i.test(message))
    return failure(
      'misconfigured',
      `${store} does not speak TLS as expected (${where}): check http:// against https:// in \`nodes\`.`,
    );
  if (
    /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|Connect Timeout/i.test(message) ||
    error.name === 'NoLivingConnectionsError'
  )
    return failure(
      'refused',
      `${store} refused the connection (${where}): see whether it runs and whether the address is right.`,
    );
  return failure(
    'refused',
    `${store} closed the connection before its answer was whole (${where}): see the log of the server, or of the proxy in front.`,
  );
}

/** Scheme, host and port: never a user or a password that stands in an address. */
export function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : 'an address that is none';
}

function errorType(error: ClientError): string {
  const body = error.body as { error?: { type?: unknown; root_cause?: readonly { type?: unknown }[] } } | undefined;
  const type = body?.error?.root_cause?.[0]?.type ?? body?.error?.type;
  return typeof type === 'string' && /^[a-z_]{1,64}$/.test(type) ? ` ${type}` : '';
}

function missingIndex(error: ClientError): string {
  const body = error.body as { error?: { index?: unknown } } | undefined;
  return typeof body?.error?.index === 'string' ? body.error.index : '';
}

/** The index that is missing where several were named, so that the others can be read; '' for any other error. */
export function missingPart(error: unknown, index: string): string {
  return (error as ClientError).statusCode === 404 && index.includes(',') ? missingIndex(error as ClientError) : '';
}

import { CliError } from './terminal.ts';

export interface BridgeOptions {
  readonly url: string;
  readonly token?: string;
}

const TIMEOUT_MS = 30_000;

/** Asks a running bridge; with a body it is a POST. @throws CliError with the bridge's own sentence */
export async function callBridge<T>({ url, token }: BridgeOptions, path: string, body?: unknown): Promise<T> {
  const base = url.replace(/\/+$/, '');
  const response = await fetch(`${base}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new CliError(`no bridge answers at ${base}; start one with npm start, or give --url`);
  });
  const text = await response.text();
  const json = parse(text);
  if (response.ok && json !== undefined) return json as T;
  const { field = '', detail = `the bridge answered ${response.status}` } = (json ?? {}) as Partial<Said>;
  throw new CliError(`${field === '' ? '' : `${field}: `}${asFlags(detail)}`);
}

interface Said {
  readonly field: string;
  readonly detail: string;
}

/** The API speaks of fields; here they are flags. */
function asFlags(detail: string): string {
  return detail.replace('"takeover": true', '--takeover');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

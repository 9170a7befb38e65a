import { readFile } from 'node:fs/promises';
import type { Client, TransportRequestOptions } from '@elastic/elasticsearch';
import type { SearchSettings } from './settings.ts';

/** The headers that name the version of the API. `plain` is understood by every major version. */
type Dialect = 'plain' | 8 | 9;

export interface Connection {
  readonly client: Client;
  /** `8.19.1`, or '' where the account may not ask. */
  readonly version: string;
}

/** What every request carries; the login is read anew each time, so that a rotated key file is taken up. */
export async function requestOptions(
  settings: SearchSettings,
  signal: AbortSignal,
): Promise<TransportRequestOptions & { signal: AbortSignal }> {
  const authorization = await readLogin(settings.auth);
  return { signal, headers: { ...settings.headers, ...(authorization === null ? {} : { authorization }) } };
}

/**
 * Opens a client that speaks the server's dialect: client 9 says `compatible-with=9` by itself, which a server 8 refuses
 * with 400. Throws what the client throws; see `failureOf`.
 */
export async function connect(settings: SearchSettings, signal: AbortSignal): Promise<Connection> {
  if (settings.kind === 'opensearch') {
    const client = await createClient(settings, 'plain');
    return { client, version: await serverVersion(client, await requestOptions(settings, signal)) };
  }
  if (settings.compatibility !== 'auto')
    return { client: await createClient(settings, dialectOf(Number(settings.compatibility))), version: '' };
  const asking = await createClient(settings, 'plain');
  const version = await serverVersion(asking, await requestOptions(settings, signal));
  const dialect = dialectOf(Number(/^\d+/.exec(version)?.[0] ?? 7));
  if (dialect === 'plain') return { client: asking, version };
  await asking.close();
  return { client: await createClient(settings, dialect), version };
}

function dialectOf(major: number): Dialect {
  if (major <= 7) return 'plain';
  return major === 8 ? 8 : 9;
}

async function serverVersion(client: Client, options: TransportRequestOptions): Promise<string> {
  try {
    return (await client.info({}, options)).version.number;
  } catch (error) {
    // A key that may only read indices may not ask for this; nothing else is wrong with it.
    if ((error as { statusCode?: number }).statusCode === 403) return '';
    await client.close();
    throw error;
  }
}

async function createClient(settings: SearchSettings, dialect: Dialect): Promise<Client> {
  const { Client, Transport } = await import('@elastic/elasticsearch');
  class DialectTransport extends Transport {
    constructor(options: ConstructorParameters<typeof Transport>[0]) {
      const { productCheck, ...rest } = options;
      // OpenSearch speaks the same API, without the header that says whose product it is.
      const checked = settings.kind === 'opensearch' || productCheck === undefined ? {} : { productCheck };
      super({ ...rest, ...checked, vendoredHeaders: headersOf(dialect), retryBackoff: () => 0 });
    }
  }
  const ca =
    settings.tls_config?.ca_file === undefined ? undefined : await readFile(settings.tls_config.ca_file, 'utf8');
  return new Client({
    nodes: settings.nodes,
    Transport: DialectTransport,
    // No second try on the same node; the next one may stand in for one that is down.
    maxRetries: settings.nodes.length - 1,
    requestTimeout: settings.budget.time,
    enableMetaHeader: false,
    // Logs may hold a key `__proto__`; here it is a key like any other and not a reason to lose the whole answer.
    disablePrototypePoisoningProtection: true,
    tls: {
      rejectUnauthorized: settings.tls_config?.insecure_skip_verify !== true,
      ...(ca === undefined ? {} : { ca }),
    },
  });
}

function headersOf(dialect: Dialect): { jsonContentType: string; ndjsonContentType: string; accept: string } {
  if (dialect === 'plain')
    return {
      jsonContentType: 'application/json',
      ndjsonContentType: 'application/x-ndjson',
      accept: 'application/json',
    };
  const vendored = (format: string): string => `application/vnd.elasticsearch+${format}; compatible-with=${dialect}`;
  return { jsonContentType: vendored('json'), ndjsonContentType: vendored('x-ndjson'), accept: vendored('json') };
}

async function readLogin(auth: SearchSettings['auth']): Promise<string | null> {
  const key = auth?.api_key ?? (await readSecret(auth?.api_key_file));
  if (key !== undefined) return `ApiKey ${key.includes(':') ? toBase64(key) : key}`;
  if (auth?.basic === undefined) return null;
  const password = auth.basic.password ?? (await readSecret(auth.basic.password_file)) ?? '';
  return `Basic ${toBase64(`${auth.basic.username}:${password}`)}`;
}

async function readSecret(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : (await readFile(path, 'utf8')).trim();
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './cleanup.ts';
import { buildElasticsearch, type ElasticsearchMajor } from './elasticsearch-build.ts';
import { fetchJson } from './http-client.ts';
import { findLibrary } from './programs.ts';
import { startProcess } from './start-process.ts';

export interface ElasticsearchOptions {
  /** 8 where left out. */
  readonly major?: ElasticsearchMajor;
  /** With accounts and API keys (8 only); without it everybody may do everything. */
  readonly security?: boolean;
  /** Any settings of elasticsearch.yml. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Listen here and not on a free port, e.g. to come back after `stop`. */
  readonly port?: number;
}

export interface Elasticsearch {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly version: string;
  readonly readyAfterMs: number;
  /** Of the user who may do everything; null without security. */
  readonly login: { readonly username: string; readonly password: string } | null;
  output(): string;
  /** Any request of its API as that user; `path` begins with a slash. @throws on any status but 2xx. */
  request<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Puts documents into an index, which comes to be by it; they are found as soon as this has answered. */
  index(index: string, documents: readonly object[]): Promise<void>;
  /** The documents that match a query (all without one), 1,000 at most. */
  search<T = Record<string, unknown>>(index: string, query?: object): Promise<readonly T[]>;
  /** A fresh API key in the form that clients send (`id:key` in base 64). Needs security. */
  createApiKey(name: string): Promise<string>;
  stop(): Promise<void>;
}

/** A small heap, and a compiler that is quickly done: it lives for seconds. */
export const JAVA_FLAGS = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** A real one-node Elasticsearch on a free port; see elasticsearch/README.md. */
export async function startElasticsearch(options: ElasticsearchOptions = {}): Promise<Elasticsearch> {
  const built = buildElasticsearch(options.major);
  if (!built.ok) throw new Error(`no Elasticsearch: ${built.reason}`);
  const folder = temporaryFolder('elasticsearch');
  const temporary = join(folder.path, 'tmp');
  mkdirSync(temporary);
  const settings = { ...options.settings, 'http.port': String(options.port ?? 0) };
  const running = await startProcess({
    name: 'Elasticsearch',
    command: built.java,
    args: [
      ...JAVA_FLAGS,
      ...(options.major === 9 ? nativeLibraries(temporary) : []),
      `-Djava.io.tmpdir=${temporary}`,
      '-cp',
      built.classPath,
      'org.elasticsearch.node.TestServer',
      `--home=${folder.path}`,
      ...(options.security === true ? ['--security'] : []),
      ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    ],
    ready: /^\{"ready":true,"port":(\d+),"version":"([^"]+)"\}/,
    readyOn: 'stdout',
    readyWithinMs: 240_000,
  });
  const port = Number(running.ready[1]);
  const login = options.security === true ? { username: 'elastic', password: 'elastic-test' } : null;
  return {
    ...apiOf(`http://127.0.0.1:${port}`, login),
    port,
    pid: running.pid,
    version: running.ready[2] ?? '',
    readyAfterMs: running.readyAfterMs,
    login,
    output: running.output,
    stop: async () => {
      await running.stop();
      folder.remove();
    },
  };
}

/** With a Java of 21 or later server 9 looks for libraries of its own; only the one of zstd must be there. */
function nativeLibraries(folder: string): readonly string[] {
  const zstd = findLibrary('libzstd.so.1');
  if (zstd !== null) symlinkSync(zstd, join(folder, 'libzstd.so'));
  return [`-Dorg.elasticsearch.nativelibs.path=${folder}`, `-Des.nativelibs.path=${folder}`];
}

/** Requests to a server that is up; OpenSearch takes the same. */
export function apiOf(
  url: string,
  login: Elasticsearch['login'],
): Pick<Elasticsearch, 'url' | 'request' | 'index' | 'search' | 'createApiKey'> {
  const authorization =
    login === null
      ? {}
      : { authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}` };
  const send = <T>(method: string, path: string, type: string, body?: string): Promise<T> =>
    fetchJson<T>(url + path, {
      method,
      headers: { ...authorization, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
    });
  const request: Elasticsearch['request'] = (method, path, body) =>
    send(method, path, 'application/json', body === undefined ? undefined : JSON.stringify(body));
  return {
    url,
    request,
    index: async (index, documents) => {
      if (documents.length === 0) return;
      const lines = documents.flatMap((document) => ['{"index":{}}', JSON.stringify(document)]);
      const answer = await send<{ errors: boolean; items: unknown[] }>(
        'POST',
        `/${index}/_bulk?refresh=true`,
        'application/x-ndjson',
        `${lines.join('\n')}\n`,
      );
      if (answer.errors)
        throw new Error(`not all documents were taken: ${JSON.stringify(answer.items).slice(0, 1_000)}`);
    },
    search: async <T>(index: string, query: object = { match_all: {} }) => {
      const answer = await request<{ hits: { hits: { [source: string]: unknown }[] } }>('POST', `/${index}/_search`, {
        size: 1_000,
        query,
      });
      return answer.hits.hits.map((hit) => hit['_source'] as T);
    },
    createApiKey: async (name) => (await request<{ encoded: string }>('POST', '/_security/api_key', { name })).encoded,
  };
}

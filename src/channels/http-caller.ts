import type { AxiosInstance, AxiosResponse } from 'axios';
import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { success, type Failure, type Outcome } from '../domain/result.ts';
import type { SendResult } from './channel.ts';
import { forbidden, guardedLookup, isForbiddenAddress } from '../net/address-guard.ts';
import { codeOf, failureOfCode } from '../net/failure-of-code.ts';
import { sayer } from '../net/sayer.ts';
import { failureOfStatus, parseRetryAfter } from './send-result.ts';

/** How the HTTP channels dial: never over a redirect or a proxy of the environment, never a metadata address, never unbounded. */
export interface HttpCallerOptions {
  /** A secret: no part of it is ever shown. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly tls?:
    { readonly ca_file?: string | undefined; readonly insecure_skip_verify?: boolean | undefined } | undefined;
  /** More that must never be shown. */
  readonly secrets: readonly string[];
}

/** A POST whose answer is read. */
export interface HttpQuestion {
  readonly url: string;
  readonly body: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** At most {@link ANSWER_KEPT_BYTES} of it. */
  readonly text: string;
}

export interface HttpCaller {
  /** One POST to any address, dialled as the caller's own; every status is an answer, also a redirect, which is not followed. */
  ask(question: HttpQuestion, signal: AbortSignal): Promise<Outcome<HttpAnswer>>;
  /** One POST; anything but 2xx is a failure. */
  post(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<SendResult>;
  /** Opens a connection (with TLS where the address says so) and closes it: nothing is sent, so nobody is told. */
  reach(signal: AbortSignal): Promise<SendResult>;
  close(): void;
}

/** Wall-clock time of one call, whatever the other side trickles. */
const CALL_TIMEOUT_MS = 15_000;
/** What is read of an answer, for its sentence about a failure. */
const ANSWER_LIMIT_BYTES = 4096;
/** What is read of an answer that is asked for. */
const ANSWER_KEPT_BYTES = 256_000;
const USER_AGENT = 'tierbell';

interface Dialler {
  readonly axios: AxiosInstance;
  readonly tls: { readonly ca?: Buffer; readonly rejectUnauthorized: boolean };
  readonly agents: readonly (HttpAgent | HttpsAgent)[];
}

export function createHttpCaller(options: HttpCallerOptions): HttpCaller {
  const say = sayer([...secretsOfUrl(options.url), ...Object.values(options.headers ?? {}), ...options.secrets]);
  let dialler: Promise<Dialler | Failure> | null = null;
  const ready = async (): Promise<Dialler | Failure> => {
    const made = await (dialler ??= makeDialler(options));
    if ('ok' in made) dialler = null; // a missing file may be there next time
    return made;
  };
  return {
    async post(body, headers, signal) {
      const made = await ready();
      if ('ok' in made) return made;
      const { url } = options;
      const answer = await dial(made.axios, { url, body, headers: { ...options.headers, ...headers } }, signal);
      return answer.ok ? resultOf(answer.value, say) : answer;
    },
    async ask({ url, body, headers }, signal) {
      const made = await ready();
      if ('ok' in made) return made;
      const answer = await dial(made.axios, { url, body, headers: { ...options.headers, ...headers } }, signal);
      if (!answer.ok) return answer;
      const { status, headers: said, data } = answer.value;
      return success({ status, headers: said, text: await readSome(data, ANSWER_KEPT_BYTES) });
    },
    async reach(signal) {
      const made = await ready();
      if ('ok' in made) return made;
      return openAndClose(
        new URL(options.url),
        made.tls,
        AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
      );
    },
    close() {
      void dialler?.then((made) => ('ok' in made ? undefined : made.agents.forEach((agent) => agent.destroy())));
    },
  };
}

async function makeDialler({ tls }: HttpCallerOptions): Promise<Dialler | Failure> {
  const ca =
    tls?.ca_file === undefined
      ? undefined
      : await readFile(tls.ca_file).catch((error: unknown) => failureOfCode(codeOf(error)));
  if (ca !== undefined && 'ok' in ca) return ca;
  const trust = { ...(ca === undefined ? {} : { ca }), rejectUnauthorized: tls?.insecure_skip_verify !== true };
  const http = new HttpAgent({ maxSockets: 4, lookup: guardedLookup });
  const https = new HttpsAgent({ maxSockets: 4, lookup: guardedLookup, ...trust });
  const { default: axios } = await import('axios');
  const instance = axios.create({
    httpAgent: http,
    httpsAgent: https,
    proxy: false,
    maxRedirects: 0,
    responseType: 'stream',
    decompress: false,
    validateStatus: () => true,
  });
  return { axios: instance, tls: trust, agents: [http, https] };
}

type Answer = AxiosResponse<AsyncIterable<Buffer> & { destroy(): void }>;

async function dial(axios: AxiosInstance, question: HttpQuestion, outer: AbortSignal): Promise<Outcome<Answer>> {
  const { url, body, headers } = question;
  if (isForbiddenAddress(new URL(url).hostname)) return failureOfCode('EADDRESS_FORBIDDEN');
  const signal = AbortSignal.any([outer, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
  try {
    const answer: Answer = await axios.post(url, typeof body === 'string' ? body : Buffer.from(body), {
      headers: { 'user-agent': USER_AGENT, ...headers },
      transformRequest: (data: string | Buffer) => data,
      signal,
    });
    return success(answer);
  } catch (error) {
    return failureOfCode(signal.aborted ? 'ETIMEDOUT' : codeOf(error));
  }
}

async function resultOf({ status, data, headers }: Answer, say: (text: string) => string): Promise<SendResult> {
  if (status >= 200 && status < 300) {
    data.destroy();
    return { ok: true, detail: `the receiver answered ${status}` };
  }
  const said = await readSome(data, ANSWER_LIMIT_BYTES);
  return failureOfStatus(status, say(said), parseRetryAfter(headers['retry-after'], Date.now()));
}

/** The beginning of an answer. One that breaks off is worth what came of it: the status has already said what matters. */
async function readSome(stream: AsyncIterable<Buffer> & { destroy(): void }, limitBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of stream) {
      parts.push(part);
      bytes += part.length;
      if (bytes >= limitBytes) break;
    }
  } catch {
    // kept: what was read before
  }
  stream.destroy();
  return Buffer.concat(parts).subarray(0, limitBytes).toString('utf8');
}

/** What of an address is secret: credentials, path and query; the host is not, but is not shown either. */
function secretsOfUrl(address: string): string[] {
  const url = new URL(address);
  const parts = [...url.pathname.split('/'), ...url.searchParams.values()].filter((part) => part.length >= 8);
  return [address, url.href, url.pathname, url.search.slice(1), ...parts, url.username, url.password];
}

function openAndClose(url: URL, tls: Dialler['tls'], signal: AbortSignal): Promise<SendResult> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const target = { host, port: Number(url.port) || (secure ? 443 : 80), lookup: guardedLookup };
  if (isForbiddenAddress(host)) return Promise.resolve(failureOfCode(forbidden().code ?? ''));
  return new Promise((resolve) => {
    const socket = secure
      ? connectTls({ ...target, ...tls, ...(isIP(host) === 0 ? { servername: host } : {}) })
      : connectTcp(target);
    const finish = (result: SendResult): void => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(result);
    };
    const stop = (): void => finish(failureOfCode('ETIMEDOUT'));
    socket.once(secure ? 'secureConnect' : 'connect', () =>
      finish({ ok: true, detail: 'the address answers; nothing was sent' }),
    );
    socket.once('error', (error) => finish(failureOfCode(codeOf(error))));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}

import { readFile } from 'node:fs/promises';
import { request as requestPlain, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Failure } from '../domain/result.ts';
import { isForbiddenAddress, guardedLookup } from './address-guard.ts';
import { codeOf, failureOfCode } from './failure-of-code.ts';

/** One request, with nothing left to fill. */
export interface HttpQuestion {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface HttpReply {
  readonly ok: true;
  readonly status: number;
  /** The beginning of the body; what is longer is read and dropped. */
  readonly body: Buffer;
  /** False where the connection was lost, or the time was over, before the body ended. */
  readonly whole: boolean;
}

/** No answer came. `sent`: the request may have reached the other side, so that it may have taken effect. */
export interface NoReply {
  readonly ok: false;
  readonly sent: boolean;
  readonly failure: Failure;
}

export interface TlsSettings {
  readonly ca_file?: string | undefined;
  readonly insecure_skip_verify?: boolean | undefined;
}

/**
 * Sends one request over a connection of its own, and tells what was sent from what was not. No redirect is followed, no
 * proxy of the environment is used, link-local and metadata addresses are refused when they are dialled. Never throws.
 * @param keepBytes how much of the body is kept
 */
export async function requestOnce(
  question: HttpQuestion,
  tls: TlsSettings | undefined,
  keepBytes: number,
  signal: AbortSignal,
): Promise<HttpReply | NoReply> {
  const { hostname } = new URL(question.url);
  if (isForbiddenAddress(hostname)) return notSent('EADDRESS_FORBIDDEN');
  if (signal.aborted) return notSent('ETIMEDOUT');
  try {
    const ca = tls?.ca_file === undefined ? {} : { ca: await readFile(tls.ca_file) };
    return await send(question, { ...ca, rejectUnauthorized: tls?.insecure_skip_verify !== true }, keepBytes, signal);
  } catch (error) {
    return notSent(codeOf(error));
  }
}

function notSent(code: string): NoReply {
  return { ok: false, sent: false, failure: failureOfCode(code) };
}

/** @throws what `request` throws on a header that is none, before anything is sent */
function send(
  { method, url, headers, body }: HttpQuestion,
  trust: { readonly ca?: Buffer; readonly rejectUnauthorized: boolean },
  keepBytes: number,
  signal: AbortSignal,
): Promise<HttpReply | NoReply> {
  const secure = url.startsWith('https:');
  const options: RequestOptions = {
    ...{ method, agent: false, lookup: guardedLookup, signal, ...trust },
    headers: { 'user-agent': 'tierbell', 'accept-encoding': 'identity', ...headers },
  };
  const request = secure ? requestTls(url, options) : requestPlain(url, options);
  return new Promise((resolve) => {
    let sent = false;
    let answered = false;
    request.once('socket', (socket) => socket.once(secure ? 'secureConnect' : 'connect', () => (sent = true)));
    request.once('response', (response) => {
      answered = true;
      void readReply(response, keepBytes).then(resolve);
    });
    request.on('error', (error) => {
      // After an answer its reader sees that the body broke off.
      if (answered) return;
      resolve({ ok: false, sent, failure: failureOfCode(signal.aborted ? 'ETIMEDOUT' : codeOf(error)) });
    });
    request.end(body ?? undefined);
  });
}

async function readReply(response: IncomingMessage, keepBytes: number): Promise<HttpReply> {
  const parts: Buffer[] = [];
  let kept = 0;
  let whole = true;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      if (kept < keepBytes) parts.push(part.subarray(0, keepBytes - kept));
      kept += part.length;
    }
  } catch {
    whole = false;
  }
  return { ok: true, status: response.statusCode ?? 0, body: Buffer.concat(parts), whole };
}

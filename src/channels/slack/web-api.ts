import { failure, success, type Outcome } from '../../domain/result.ts';
import { sayer } from '../../net/sayer.ts';
import type { HttpCaller } from '../http-caller.ts';
import { failureOfStatus, parseRetryAfter } from '../send-result.ts';
import { failureOfSlack } from './slack-failure.ts';

/** What Slack answers where it says `ok: true`. */
export type SlackAnswer = Readonly<Record<string, unknown>>;

export interface SlackApi {
  /** One call of a method such as `chat.postMessage`; values that are no text go as JSON. `ok: false` is a failure. */
  call(method: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<Outcome<SlackAnswer>>;
  /** Step two of a file upload: the bytes, to the address that Slack gave. The token does not go along. */
  upload(url: string, bytes: Uint8Array, signal: AbortSignal): Promise<Outcome<null>>;
}

export interface SlackApiOptions {
  /** Ends with a slash. */
  readonly apiUrl: string;
  readonly caller: HttpCaller;
  readonly readToken: () => Promise<Outcome<string>>;
}

/** Slack's Web API over the dialling that all channels share. Arguments are form-encoded, which every method takes. */
export function createSlackApi({ apiUrl, caller, readToken }: SlackApiOptions): SlackApi {
  return {
    async call(method, args, signal) {
      const token = await readToken();
      if (!token.ok) return token;
      const headers = {
        authorization: `Bearer ${token.value}`,
        'content-type': 'application/x-www-form-urlencoded',
      };
      const answer = await caller.ask({ url: apiUrl + method, body: formOf(args), headers }, signal);
      if (!answer.ok) return answer;
      const { status, text, headers: said } = answer.value;
      const retryAfterMs = parseRetryAfter(said['retry-after'], Date.now());
      if (status < 200 || status >= 300) return failureOfStatus(status, sayer([token.value])(text), retryAfterMs);
      return readAnswer(text, retryAfterMs);
    },
    async upload(url, bytes, signal) {
      if (!isUploadAddress(url, apiUrl))
        return failure('invalid_answer', 'Slack names an address for the upload that is not its own', {
          retryable: false,
        });
      const headers = { 'content-type': 'application/octet-stream' };
      const answer = await caller.ask({ url, body: bytes, headers }, signal);
      if (!answer.ok) return answer;
      const { status, headers: said } = answer.value;
      return status === 200
        ? success(null)
        : failureOfStatus(status, '', parseRetryAfter(said['retry-after'], Date.now()));
    },
  };
}

function formOf(args: Readonly<Record<string, unknown>>): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(args)) {
    if (value === undefined) continue;
    form.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return form.toString();
}

function readAnswer(text: string, retryAfterMs: number | null): Outcome<SlackAnswer> {
  const answer = parsed(text);
  if (answer === null)
    return failure('invalid_answer', 'the answer is not of Slack: does api_url lead to the right server?');
  return answer['ok'] === true ? success(answer) : failureOfSlack(answer['error'], answer['needed'], retryAfterMs);
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'ok' in value ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Slack's own hosts, or where `api_url` leads: a log bundle goes nowhere else. */
function isUploadAddress(url: string, apiUrl: string): boolean {
  return isSlackAddress(url, 'https:', apiUrl);
}

/**
 * Whether an address that came from outside is Slack's: `slack.com` or below it under this protocol, or the very origin of
 * `api_url`.
 */
export function isSlackAddress(url: string, protocol: 'https:' | 'wss:', apiUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol: given, hostname, host } = new URL(url);
  const own = new URL(apiUrl);
  if (given === protocol && /(^|\.)slack\.com$/.test(hostname)) return true;
  return host === own.host && given.replace('ws', 'http') === own.protocol;
}

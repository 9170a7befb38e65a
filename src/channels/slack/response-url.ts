import { failure, type Outcome } from '../../domain/result.ts';
import type { HttpCaller } from '../http-caller.ts';

/** Whether an address that came with an interaction may be answered to: Slack's own host for it, or the origin of an `api_url`. */
export function isResponseAddress(url: string, apiUrls: readonly string[]): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host, origin } = new URL(url);
  if (protocol === 'https:' && host === 'hooks.slack.com') return true;
  return apiUrls.some((apiUrl) => new URL(apiUrl).origin === origin);
}

/** Posts a message to the one who pressed. */
export async function postResponse(
  caller: HttpCaller,
  url: string,
  message: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Outcome<null>> {
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  const answer = await caller.ask({ url, body: JSON.stringify(message), headers }, signal);
  if (!answer.ok) return answer;
  const { status } = answer.value;
  return status === 200
    ? { ok: true, value: null }
    : failure('rejected', `Slack answers ${status} to the response_url`);
}

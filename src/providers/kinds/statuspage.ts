import { z } from 'zod';
import { dialling, httpAddress, matchers, name } from '../../config/fields.ts';
import { matchesAll, parseMatcher } from '../../domain/matcher.ts';
import { failure, type Failure, type Outcome } from '../../domain/result.ts';
import { requestOnce } from '../../net/request-once.ts';
import { hideSecrets } from '../../net/sayer.ts';
import { defineProvider, type ProviderStatus } from '../provider.ts';
import { readSummary } from '../statuspage-summary.ts';

const config = z.strictObject({
  name,
  kind: z.literal('statuspage'),
  matchers: matchers.default([]),
  url: httpAddress,
  ...dialling,
});
type StatuspageConfig = z.output<typeof config>;

/** People wait for the logs beside it no longer than five. */
const TIMEOUT_MS = 3_000;
/** So long an answer, or a failure, is as good as a new one: a storm of alerts is one question. */
const GOOD_FOR_MS = 60_000;
const MAX_BYTES = 2_000_000;
const SUMMARY = '/api/v2/summary.json';

/** A status page with Statuspage's API, as most providers have one. https://metastatuspage.com/api#summary */
export const statuspage = defineProvider({
  kind: 'statuspage',
  config,
  create(config, now = () => performance.now()) {
    const compiled = config.matchers.map(parseMatcher);
    let last: { readonly at: number; readonly answer: Promise<Outcome<ProviderStatus>> } | null = null;
    return {
      name: config.name,
      kind: config.kind,
      page: pageOf(config.url),
      serves: (labels) => matchesAll(compiled, labels),
      status() {
        // Not with the signal of one of those who ask: the answer is for all of them.
        if (last === null || now() - last.at >= GOOD_FOR_MS) last = { at: now(), answer: ask(config) };
        return last.answer;
      },
    };
  },
});

/** Without a login, and without the path of the API where that was given. */
function pageOf(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  url.search = '';
  if (url.pathname.endsWith(SUMMARY)) url.pathname = url.pathname.slice(0, -SUMMARY.length);
  return url.href;
}

function apiOf(address: string): string {
  const url = new URL(address);
  if (!url.pathname.endsWith('.json')) url.pathname = `${url.pathname.replace(/\/+$/, '')}${SUMMARY}`;
  return url.href;
}

async function ask(config: StatuspageConfig): Promise<Outcome<ProviderStatus>> {
  const headers = { accept: 'application/json', ...config.headers };
  const question = { method: 'GET', url: apiOf(config.url), headers, body: null };
  const reply = await requestOnce(question, config.tls_config, MAX_BYTES, AbortSignal.timeout(TIMEOUT_MS));
  if (!reply.ok) return named(config, reply.failure);
  if (reply.status >= 300 && reply.status < 400)
    return named(
      config,
      failure(
        'misconfigured',
        `answers with a redirect (${reply.status}), which is not followed: set url to where it leads`,
      ),
    );
  if (reply.status !== 200)
    return named(config, failure('rejected', `answered ${reply.status}: does its url lead to a page with ${SUMMARY}?`));
  if (!reply.whole || reply.body.length >= MAX_BYTES)
    return named(
      config,
      failure('invalid_answer', 'did not answer in full within 3 s and 2 MB: look at its page yourself'),
    );
  const status = readSummary(reply.body.toString('utf8'));
  if (status === null)
    return named(
      config,
      failure(
        'invalid_answer',
        `answered something that is no summary of Statuspage: set url to a page that has ${SUMMARY}`,
      ),
    );
  return { ok: true, value: status };
}

function named({ name: who, url, headers = {} }: StatuspageConfig, problem: Failure): Failure {
  const { host, username, password } = new URL(url);
  const hide = hideSecrets([...Object.values(headers), username, password]);
  return { ...problem, detail: hide(`${who} (${host}): ${problem.detail}`) };
}

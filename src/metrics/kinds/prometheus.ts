import { readFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { z } from 'zod';
import { dialling, httpAddress, matchers, name } from '../../config/fields.ts';
import { matchesAll, parseMatcher } from '../../domain/matcher.ts';
import { failure, type Failure, type Outcome } from '../../domain/result.ts';
import { cleanLine } from '../../domain/text.ts';
import { forbidden, guardedLookup, isForbiddenAddress } from '../../net/address-guard.ts';
import { defineMetricsSource } from '../metrics-source.ts';
import { readInstant, readRange, type Response } from '../prometheus-answer.ts';

const config = z.strictObject({
  name,
  kind: z.literal('prometheus'),
  matchers: matchers.default([]),
  url: httpAddress,
  ...dialling,
});
type PrometheusConfig = z.output<typeof config>;

/** An instant query that takes longer answers nobody's question; the server is told so too. */
const TIMEOUT_MS = 5_000;
/** Some 50,000 series; more is no answer to a question about health. */
const MAX_BYTES = 8_000_000;

/** Prometheus' HTTP API, and all that speak it. */
export const prometheus = defineMetricsSource({
  kind: 'prometheus',
  config,
  create(config) {
    const compiled = config.matchers.map(parseMatcher);
    const hide = hideSecrets(config);
    const named = <T>(outcome: Outcome<T>): Outcome<T> => {
      if (outcome.ok) return outcome;
      const detail = cleanLine(hide(`${config.name} (${new URL(config.url).host}) ${outcome.detail}`), 400);
      return { ...outcome, detail };
    };
    return {
      name: config.name,
      kind: config.kind,
      serves: (labels) => matchesAll(compiled, labels),
      query: async (query, signal) => named(await ask(config, 'query', { query }, readInstant, signal)),
      queryRange: async ({ promql, from, to, stepMs }, signal) => {
        const range = { start: String(from / 1000), end: String(to / 1000), step: String(stepMs / 1000) };
        return named(await ask(config, 'query_range', { query: promql, ...range }, readRange, signal));
      },
    };
  },
});

async function ask<T>(
  config: PrometheusConfig,
  path: 'query' | 'query_range',
  question: Readonly<Record<string, string>>,
  read: (response: Response) => Outcome<T>,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  const budget = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    if (isForbiddenAddress(new URL(config.url).hostname)) throw forbidden();
    const agents = await createAgents(config);
    if ('ok' in agents) return agents;
    const { default: axios } = await import('axios');
    const response = await axios.request<string>({
      method: 'post',
      url: addressOf(config.url, path),
      headers: { ...config.headers, 'content-type': 'application/x-www-form-urlencoded' },
      data: new URLSearchParams({ ...question, timeout: `${TIMEOUT_MS}ms` }).toString(),
      responseType: 'text',
      transformResponse: (body: string) => body,
      validateStatus: () => true,
      maxRedirects: 0,
      maxContentLength: MAX_BYTES,
      proxy: false,
      signal: budget,
      ...agents,
    });
    return read({ status: response.status, body: response.data, retryAfter: response.headers['retry-after'] });
  } catch (error) {
    return explain(error, signal, budget);
  }
}

function addressOf(base: string, path: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/${path}`;
  return url.href;
}

/** No connection is kept: checks are seconds apart, and one that the server has closed meanwhile would look like an outage. */
async function createAgents({
  tls_config,
}: PrometheusConfig): Promise<{ httpAgent: Agent; httpsAgent: Agent } | Failure> {
  const file = tls_config?.ca_file;
  try {
    const ca = file === undefined ? {} : { ca: await readFile(file) };
    const rejectUnauthorized = tls_config?.insecure_skip_verify !== true;
    return {
      httpAgent: new Agent({ lookup: guardedLookup }),
      httpsAgent: new TlsAgent({ ...ca, rejectUnauthorized, lookup: guardedLookup }),
    };
  } catch {
    return failure('misconfigured', `cannot be asked: tls_config.ca_file ${file} cannot be read`);
  }
}

function explain(error: unknown, caller: AbortSignal, budget: AbortSignal): Failure {
  if (caller.aborted) return failure('timed_out', 'was not waited for any longer');
  if (budget.aborted) return failure('timed_out', `did not answer within ${TIMEOUT_MS / 1000} s`);
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (message.includes('maxContentLength'))
    return failure('invalid_answer', `answered more than ${MAX_BYTES / 1e6} MB; narrow the query`, {
      retryable: false,
    });
  if (/^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(code))
    return failure(
      'misconfigured',
      `cannot be trusted (${code}); set tls_config.ca_file, and https where it speaks TLS`,
    );
  if (code === 'EADDRESS_FORBIDDEN')
    return failure(
      'misconfigured',
      'leads to a link-local or metadata address, which is never dialled: change its url',
    );
  if (/^(?:Z_|HPE_)/.test(code)) return failure('invalid_answer', `answered something that is no HTTP (${code})`);
  if (/^ERR_INVALID|^ERR_UNESCAPED/.test(code))
    return failure('misconfigured', `cannot be asked (${code}); check its url and headers`);
  return failure(
    'refused',
    `cannot be reached (${cleanLine(code, 40) || 'connection lost'}); is it running, and its url right?`,
  );
}

/** Header values, their last words (`Bearer …`), and what the address holds: a server may echo them. */
function hideSecrets({ headers = {}, url }: PrometheusConfig): (text: string) => string {
  const { username, password, search } = new URL(url);
  const basic = Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64');
  const values = Object.values(headers).flatMap((value) => [value, value.split(' ').at(-1) ?? '']);
  const secrets = [...values, basic, decode(password), password, decode(username), search.slice(1)];
  const hidden = secrets.filter(({ length }) => length > 3);
  return (text) => hidden.reduce((rest, secret) => rest.replaceAll(secret, '[hidden]'), text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

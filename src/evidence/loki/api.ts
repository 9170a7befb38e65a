import { failure, success, type Failure, type Outcome } from '../../domain/result.ts';
import { readLogin } from '../../net/login.ts';
import { requestOnce } from '../../net/request-once.ts';
import type { LokiSettings } from './settings.ts';

/** One line as Loki gives it. */
export interface LokiLine {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly text: string;
}

/** How it stands at the beginning of sentences. */
export function nameOf({ name }: Pick<LokiSettings, 'name'>): string {
  return `Loki "${name}"`;
}

/** The names of the labels that streams of this time bear. */
export async function readLabels(
  settings: LokiSettings,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<Outcome<readonly string[]>> {
  const answer = await ask(settings, 'labels', { start: nanoseconds(from), end: nanoseconds(to) }, signal);
  if (!answer.ok) return answer;
  const { data = [] } = answer.value as { data?: unknown };
  return Array.isArray(data) ? success(data.filter((name) => typeof name === 'string')) : invalid(settings);
}

/** How many lines a selector finds in `[from, to)`. */
export async function countLines(
  settings: LokiSettings,
  selector: string,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<Outcome<number>> {
  const query = `sum(count_over_time(${selector}[${Math.max(1, Math.round((to - from) / 1_000))}s]))`;
  const answer = await ask(settings, 'query', { query, time: nanoseconds(to) }, signal);
  if (!answer.ok) return answer;
  const { data } = answer.value as { data?: { resultType?: unknown; result?: unknown } };
  if (data?.resultType !== 'vector' || !Array.isArray(data.result)) return invalid(settings);
  const [first] = data.result as { value?: readonly unknown[] }[];
  const count = Number(first?.value?.[1] ?? 0);
  return Number.isFinite(count) ? success(count) : invalid(settings);
}

/** The newest lines that a query finds in `[from, to)`, oldest first. */
export async function readNewest(
  settings: LokiSettings,
  query: string,
  span: { readonly from: number; readonly to: number; readonly limit: number },
  signal: AbortSignal,
): Promise<Outcome<readonly LokiLine[]>> {
  const { from, to, limit } = span;
  const question = {
    query,
    start: nanoseconds(from),
    end: nanoseconds(to),
    limit: String(limit),
    direction: 'backward',
  };
  const answer = await ask(settings, 'query_range', question, signal);
  if (!answer.ok && answer.reason === 'rejected' && answer.detail.includes(TOO_LARGE) && limit > 1)
    return readNewest(settings, query, { from, to, limit: Math.floor(limit / 4) || 1 }, signal);
  if (!answer.ok) return answer;
  const { data } = answer.value as { data?: { resultType?: unknown; result?: unknown } };
  if (data?.resultType !== 'streams' || !Array.isArray(data.result)) return invalid(settings);
  const streams = data.result as { stream?: Record<string, string>; values?: readonly (readonly string[])[] }[];
  const lines = streams.flatMap(({ stream = {}, values = [] }) =>
    values.map(([at = '0', text = '']) => ({ at: Math.floor(Number(at) / 1e6), labels: stream, text: String(text) })),
  );
  return success(lines.sort((a, b) => a.at - b.at));
}

/** Said of an answer beyond the budget; fewer lines are asked for then. */
const TOO_LARGE = 'more than the budget of bytes';

/** Loki takes times as nanoseconds since 1970. */
function nanoseconds(ms: number): string {
  return `${Math.floor(ms)}000000`;
}

async function ask(
  settings: LokiSettings,
  path: 'labels' | 'query' | 'query_range',
  question: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Outcome<unknown>> {
  const login = await readLogin(settings.auth);
  if (!login.ok) return { ...login, detail: `${nameOf(settings)}: ${login.detail}.` };
  const url = new URL(settings.url);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/loki/api/v1/${path}`;
  url.search = new URLSearchParams(question).toString();
  const headers = { accept: 'application/json', ...settings.headers, ...login.value.headers };
  const room = settings.budget.bytes + 65_536;
  const reply = await requestOnce(
    { method: 'GET', url: url.href, headers, body: null },
    settings.tls_config,
    room,
    signal,
  );
  if (signal.aborted || (!reply.ok && reply.failure.reason === 'timed_out')) return tooSlow(settings);
  if (!reply.ok) return { ...reply.failure, detail: `${nameOf(settings)} (${url.host}): ${reply.failure.detail}.` };
  if (reply.status !== 200) return failureOf(settings, reply.status, reply.body.toString('utf8'));
  if (reply.body.length >= room)
    return failure('rejected', `${nameOf(settings)} sent ${TOO_LARGE}: make \`budget.bytes\` larger.`);
  if (!reply.whole)
    return failure('refused', `${nameOf(settings)} closed the connection before its answer was whole: see its log.`);
  try {
    return success(JSON.parse(reply.body.toString('utf8')) as unknown);
  } catch {
    return invalid(settings);
  }
}

function tooSlow(settings: LokiSettings): Failure {
  return failure(
    'timed_out',
    `${nameOf(settings)} did not answer within ${settings.budget.time / 1_000} s: see whether it is overloaded, or allow more under \`budget.time\`.`,
  );
}

function invalid(settings: LokiSettings): Failure {
  return failure(
    'invalid_answer',
    `${nameOf(settings)} sent something that is no answer of its API: see what stands between it and the bridge.`,
  );
}

/** Loki says what is wrong in plain text. */
function failureOf(settings: LokiSettings, status: number, body: string): Failure {
  const store = nameOf(settings);
  if (status === 401 || status === 403)
    return failure(
      'unauthorized',
      `${store} refused the login (${status}): check \`auth\`, and \`headers: { X-Scope-OrgID: … }\` where it has tenants.`,
    );
  if (status === 404)
    return failure('not_found', `${store} has no API at ${new URL(settings.url).origin}: correct \`url\`.`);
  if (status === 429)
    return failure(
      'rate_limited',
      `${store} is too busy to search (429): look at its limits, or make the budget smaller.`,
    );
  if (status >= 500) return failure('server_error', `${store} failed (${status}): look at its health and at its log.`);
  const limit = /max_?entries_?limit/i.test(body)
    ? ': make `budget.documents` smaller, it allows fewer entries a query'
    : '';
  return failure(
    'rejected',
    `${store} rejected the search (${status})${limit || ': compare `scope` with its labels'}.`,
  );
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stopLater } from '../servers/cleanup.ts';

/** A line of the double: its stream's labels, its time in epoch milliseconds, its text. */
export interface DoubleLine {
  readonly at: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface LokiDouble {
  readonly url: string;
  /** What was asked, `query_range {…}`. */
  readonly asked: readonly string[];
  /** What was refused, with why: a test ends with none that it did not want. */
  readonly refused: readonly string[];
  add(lines: readonly DoubleLine[]): void;
}

const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*';
const SELECTOR = String.raw`\{(${LABEL})(=~?)("(?:[^"\\]|\\.)*")\}`;
const FILTERS = String.raw`((?: \|~ "(?:[^"\\]|\\.)*")*)`;
const LOGS = new RegExp(String.raw`^${SELECTOR}${FILTERS}$`);
const COUNT = new RegExp(String.raw`^sum\(count_over_time\(${SELECTOR}${FILTERS}\[(\d+)s\]\)\)$`);

/**
 * A strict double of Loki's query API (grafana.com/docs/loki/latest/reference/loki-http-api), for the queries that the
 * bridge writes: whatever is not of it is refused with 400 in plain text, as Loki does. Keeps `max_entries_limit` of
 * 5,000 and, where a tenant is given, asks for it.
 */
export async function startLokiDouble({ tenant }: { readonly tenant?: string } = {}): Promise<LokiDouble> {
  const lines: DoubleLine[] = [];
  const asked: string[] = [];
  const refused: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://loki');
    const say = (status: number, body: unknown): void => {
      if (status !== 200) refused.push(`${status} ${String(body)}`);
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      response.writeHead(status, { 'content-type': status === 200 ? 'application/json' : 'text/plain' });
      response.end(text);
    };
    const ask = Object.fromEntries(url.searchParams);
    asked.push(`${url.pathname.split('/').at(-1)} ${ask['query'] ?? ''}`.trim());
    if (request.method !== 'GET') return say(405, 'method not allowed');
    if (tenant !== undefined && request.headers['x-scope-orgid'] !== tenant) return say(401, 'no org id');
    const answer = answerTo(url.pathname, ask, lines);
    return 'error' in answer ? say(answer.status, answer.error) : say(200, { status: 'success', data: answer.data });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stopLater(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    refused,
    add: (more) => void lines.push(...more),
  };
}

type Ask = Readonly<Record<string, string>>;
type Answer = { readonly data: unknown } | { readonly status: number; readonly error: string };

function answerTo(path: string, ask: Ask, lines: readonly DoubleLine[]): Answer {
  switch (path) {
    case '/loki/api/v1/labels':
      return labels(ask, lines);
    case '/loki/api/v1/query':
      return instant(ask, lines);
    case '/loki/api/v1/query_range':
      return range(ask, lines);
    default:
      return { status: 404, error: 'page not found' };
  }
}

function timesOf(ask: Ask, names: readonly string[]): readonly number[] | null {
  const all = names.map((name) => ask[name] ?? '');
  return all.every((time) => /^\d{19}$/.test(time)) ? all.map((time) => Number(time) / 1e6) : null;
}

function labels(ask: Ask, lines: readonly DoubleLine[]): Answer {
  const times = timesOf(ask, ['start', 'end']);
  if (times === null) return { status: 400, error: 'could not parse times' };
  const [start = 0, end = 0] = times;
  const within = lines.filter(({ at }) => at >= start && at <= end);
  // Loki leaves `data` out where there is none.
  return {
    data: within.length === 0 ? undefined : [...new Set(within.flatMap((line) => Object.keys(line.labels)))].sort(),
  };
}

function instant({ query = '', ...ask }: Ask, lines: readonly DoubleLine[]): Answer {
  const match = COUNT.exec(query);
  const times = timesOf(ask, ['time']);
  if (match === null || times === null) return { status: 400, error: `parse error : ${query}` };
  const [, label = '', operator = '', value = '', filters = '', seconds = ''] = match;
  const to = times[0] ?? 0;
  const from = to - Number(seconds) * 1_000;
  const count = lines.filter(
    ({ at, labels, text }) => at >= from && at < to && fits(labels, label, operator, value) && passes(text, filters),
  ).length;
  return {
    data: { resultType: 'vector', result: count === 0 ? [] : [{ metric: {}, value: [to / 1_000, String(count)] }] },
  };
}

function range({ query = '', limit = '100', direction, ...ask }: Ask, lines: readonly DoubleLine[]): Answer {
  const match = LOGS.exec(query);
  const times = timesOf(ask, ['start', 'end']);
  if (match === null || times === null || direction !== 'backward' || !/^[1-9]\d*$/.test(limit))
    return { status: 400, error: `parse error : ${query}` };
  if (Number(limit) > 5_000)
    return { status: 400, error: `max entries limit per query exceeded, limit > max_entries_limit (${limit} > 5000)` };
  const [start = 0, end = 0] = times;
  if (start >= end) return { status: 400, error: 'end timestamp must not be before or equal to start time' };
  const [, label = '', operator = '', value = '', filters = ''] = match;
  const found = lines
    .filter(
      ({ at, labels, text }) =>
        at >= start && at < end && fits(labels, label, operator, value) && passes(text, filters),
    )
    .toSorted((a, b) => b.at - a.at)
    .slice(0, Number(limit));
  const streams = Map.groupBy(found, (line) => JSON.stringify(line.labels));
  const result = [...streams.values()].map((of) => ({
    stream: of[0]?.labels,
    values: of.map(({ at, text }) => [`${at}000000`, text]),
  }));
  return { data: { resultType: 'streams', result, stats: {} } };
}

/** Whether all filters find it. `(?i)` is Go's flag for any case. */
function passes(text: string, filters: string): boolean {
  const patterns = [...filters.matchAll(/\|~ ("(?:[^"\\]|\\.)*")/g)].map(
    ([, pattern = '""']) => JSON.parse(pattern) as string,
  );
  return patterns.every((one) => new RegExp(one.replace(/^\(\?i\)/, ''), one.startsWith('(?i)') ? 'i' : '').test(text));
}

function fits(labels: DoubleLine['labels'], label: string, operator: string, value: string): boolean {
  const own = labels[label] ?? '';
  const wanted = JSON.parse(value) as string;
  return operator === '=' ? own === wanted : new RegExp(`^(?:${wanted})$`).test(own);
}

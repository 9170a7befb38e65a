import { saySpan } from '../../domain/moment.ts';
import { failure, type Failure } from '../../domain/result.ts';
import type { LogAnswer, LogQuery, LogRecord, LogWindow, ScopeStep } from '../log-store.ts';
import { joinRecords, readLine } from '../records.ts';
import { levelOf } from '../reading/level.ts';
import { speakScope } from '../scope.ts';
import { countLines, nameOf, readLabels, readNewest, type LokiLine } from './api.ts';
import { ERROR_FILTER, exploreLink, labelsFor, selectorOf } from './selector.ts';
import type { LokiSettings } from './settings.ts';

/** `max_entries_limit_per_query` where nobody changed it. */
const MOST_ENTRIES = 5_000;
/** How the budget is divided among the windows, in their order. */
const SHARES = [0.6, 0.2, 0.2];

interface Found {
  readonly step: ScopeStep;
  readonly selector: string;
  /** By window, in their order. */
  readonly counts: readonly number[];
}

/** One answer of Loki: the narrowest scope with lines, counted, the newest lines of each window, errors first. */
export async function searchLoki(
  settings: LokiSettings,
  query: LogQuery,
  signal: AbortSignal,
): Promise<LogAnswer | Failure> {
  const found = await findScope(settings, query, signal);
  if ('ok' in found) return found;
  const partial: string[] = [];
  const windows: LogWindow[] = [];
  for (const [index, span] of query.windows.entries()) {
    const count = found.counts[index] ?? 0;
    const limit = Math.min(MOST_ENTRIES, Math.max(1, Math.floor(query.budget.documents * (SHARES[index] ?? 0.2))));
    const lines = count === 0 ? [] : await readWindow(settings, found.selector, { ...span, limit }, count, signal);
    if ('ok' in lines) {
      if (windows.every((one) => one.lines.length === 0)) return lines;
      partial.push(`Not everything was read. ${lines.detail}`);
    }
    const read = 'ok' in lines ? [] : lines;
    const records = Math.max(count, read.length);
    const sampled = read.length < records;
    windows.push({ ...span, records, sampled, lines: joinRecords(read.map(recordOf)) });
    if (sampled && !('ok' in lines))
      partial.push(
        `Of ${records} records in the window "${span.name}" ${read.length} (${Math.round((100 * read.length) / records)} %) were read, errors first and the newest first (budget: ${query.budget.documents} documents).`,
      );
  }
  const [incident] = query.windows;
  const searches = query.windows.map(({ name, from, to }) => ({ window: name, query: found.selector, from, to }));
  return {
    ...{ ok: true, scope: found.step, windows, partial, query: { searches } },
    url: exploreLink(settings.grafana, found.selector, incident?.from ?? 0, incident?.to ?? 0),
  };
}

async function findScope(settings: LokiSettings, query: LogQuery, signal: AbortSignal): Promise<Found | Failure> {
  const { windows, scope } = query;
  const from = Math.min(...windows.map((window) => window.from));
  const to = Math.max(...windows.map((window) => window.to));
  const known = await readLabels(settings, from, to, signal);
  if (!known.ok) return known;
  if (known.value.length === 0) return nothingAtAll(settings, from, to);
  const places = scope.flatMap((step) => labelsFor(step, known.value).map((label) => ({ step, label })));
  if (places.length === 0) return noLabel(settings, scope);
  let silent: Found | null = null;
  for (const { step, label } of places) {
    const selector = selectorOf(label, step.value);
    const counts: number[] = [];
    for (const window of windows) {
      const count = await countLines(settings, selector, window.from, window.to, signal);
      if (!count.ok) return count;
      counts.push(count.value);
    }
    const found = { step, selector, counts };
    if ((counts[0] ?? 0) > 0) return found;
    if (silent === null && counts.some((count) => count > 0)) silent = found;
  }
  return silent ?? nothingFound(settings, query, known.value, signal);
}

/** All lines of the window, or as many as may be: half of them those that speak of errors. */
async function readWindow(
  settings: LokiSettings,
  selector: string,
  span: { readonly from: number; readonly to: number; readonly limit: number },
  count: number,
  signal: AbortSignal,
): Promise<readonly LokiLine[] | Failure> {
  const whole = count <= span.limit;
  const errors = whole
    ? null
    : await readNewest(settings, `${selector} ${ERROR_FILTER}`, { ...span, limit: Math.ceil(span.limit / 2) }, signal);
  if (errors !== null && !errors.ok) return errors;
  const taken = errors?.value ?? [];
  const newest = await readNewest(settings, selector, { ...span, limit: span.limit - taken.length }, signal);
  if (!newest.ok) return newest;
  const seen = new Set(taken.map(({ at, text }) => `${at}\n${text}`));
  const others = newest.value.filter(({ at, text }) => !seen.has(`${at}\n${text}`));
  return [...taken, ...others].sort((a, b) => a.at - b.at);
}

/** What the line does not say of itself, its labels do. */
function recordOf({ at, labels, text }: LokiLine): LogRecord {
  const line = readLine(text, at);
  const label = (...names: string[]): string =>
    names.map((name) => labels[name] ?? '').find((value) => value !== '') ?? '';
  return {
    at,
    level: levelOf(label('level', 'detected_level', 'severity', 'severity_text')) || line.level,
    service: line.service || label('service_name', 'service', 'app', 'job', 'container'),
    host: line.host || label('host', 'hostname', 'node', 'instance'),
    pod: line.pod || label('pod', 'k8s_pod_name', 'pod_name'),
    trace: line.trace || label('trace_id', 'traceId', 'traceID').toLowerCase(),
    text: line.text,
  };
}

function nothingAtAll(settings: LokiSettings, from: number, to: number): Failure {
  return failure(
    'not_found',
    `${nameOf(settings)} holds no stream of ${saySpan(from, to, to)}: see whether anything is shipped there, and whether \`headers: { X-Scope-OrgID: … }\` names the right tenant.`,
  );
}

function noLabel(settings: LokiSettings, scope: readonly ScopeStep[]): Failure {
  const names = [...new Set(scope.map(({ name }) => name))];
  return failure(
    'misconfigured',
    names.length === 0
      ? `No label of this alert says whose lines to read in ${nameOf(settings)}: map one under its \`scope\`, for example \`service: [service, app, job]\`.`
      : `No stream of ${nameOf(settings)} has a label for ${names.join(' or ')}: ship one, such as service_name.`,
  );
}

async function nothingFound(
  settings: LokiSettings,
  { windows, scope }: LogQuery,
  known: readonly string[],
  signal: AbortSignal,
): Promise<Failure> {
  const [window] = windows;
  const any = known.includes('service_name') ? 'service_name' : (known[0] ?? '');
  const { from = 0, to = 0 } = window ?? {};
  const others = await countLines(settings, `{${any}=~".+"}`, from, to, signal);
  if (!others.ok) return others;
  const scopes = scope.map(speakScope).join(', ');
  return failure(
    'not_found',
    others.value > 0
      ? `No line of ${scopes} at ${saySpan(from, to, to)} in ${nameOf(settings)}, though others wrote ${others.value} lines then: check that \`scope\` names what identifies this service, and that it ships its logs.`
      : `Nobody wrote a line into ${nameOf(settings)} at ${saySpan(from, to, to)}: see whether the agents have stopped.`,
  );
}

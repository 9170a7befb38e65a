import type { Client, estypes, TransportRequestOptions } from '@elastic/elasticsearch';
import { failure, type Failure } from '../../domain/result.ts';
import type { LogAnswer, LogQuery, LogWindow, ScopeStep } from '../log-store.ts';
import { discoverLink } from '../kibana-link.ts';
import { levelOf } from '../reading/level.ts';
import { joinRecords, readDocument } from '../records.ts';
import { speakScope } from '../scope.ts';
import type { Stratum } from './allotment.ts';
import type { FieldMap } from './fields.ts';
import { fits, noteLosses, readStrata, type Hit, type Reading } from './pages.ts';
import { countBody, inScope, isError, probeBody, spokenQuery, type Kind, type Span } from './queries.ts';
import type { ElasticsearchSettings } from './settings.ts';

interface WindowCount {
  readonly total: number;
  /** Null where the index does not tell errors. */
  readonly errors: number | null;
  readonly levels: Readonly<Record<string, number>>;
}

/** A scope that holds records, and how many. */
interface Found {
  readonly step: ScopeStep;
  readonly scope: estypes.QueryDslQueryContainer;
  readonly counts: ReadonlyMap<string, WindowCount>;
}

/**
 * One answer: finds the narrowest scope with lines, counts, fetches errors first. Throws what the client throws as long
 * as nothing has been read; afterwards it is a sentence in `partial`, made by `speak`.
 */
export async function search(
  settings: ElasticsearchSettings,
  reading: Reading,
  query: LogQuery,
  speak: (error: unknown) => Failure,
): Promise<LogAnswer | Failure> {
  const found = await findScope(settings, reading, query);
  if ('ok' in found) return found;
  const strata = strataOf(reading.map, query, found.counts);
  const { hits, error } = await readStrata(reading, found.scope, strata, query.budget);
  if (error !== null && hits.every((list) => list.length === 0)) throw error;
  if (error !== null) reading.partial.add(`Not everything was read. ${speak(error).detail}`);
  const windows = query.windows.map((window) =>
    windowOf(window, found.counts.get(window.name), strata, hits, reading.map),
  );
  for (const window of windows)
    if (window.sampled && error === null) reading.partial.add(speakSample(window, settings));
  return {
    ok: true,
    scope: found.step,
    windows,
    partial: [...reading.partial],
    query: spokenQuery(settings.index, reading.map, found.scope, query.windows),
    url: linkOf(settings, reading.map, found.step, query.windows[0]),
  };
}

/** The first scope with lines in the incident; else the first that had lines before and fell silent; else a failure. */
async function findScope(settings: ElasticsearchSettings, reading: Reading, query: LogQuery): Promise<Found | Failure> {
  let silent: Found | null = null;
  const asked: ScopeStep[] = [];
  for (const step of query.scope) {
    const scope = inScope(reading.map, step);
    if (scope === null) continue;
    asked.push(step);
    const found = { step, scope, counts: await countRecords(reading, scope, query.windows) };
    if ((found.counts.get('incident')?.total ?? 0) > 0) return found;
    if (silent === null && [...found.counts.values()].some(({ total }) => total > 0)) silent = found;
  }
  if (silent !== null) return silent;
  return asked.length === 0
    ? noField(settings, reading.map, query.scope)
    : nothingFound(settings, reading, asked, query.windows);
}

async function countRecords(
  reading: Reading,
  scope: estypes.QueryDslQueryContainer,
  windows: readonly Span[],
): Promise<ReadonlyMap<string, WindowCount>> {
  const { client, index, map, options, partial } = reading;
  const body = countBody(map, scope, windows, Math.max(1, reading.timeLeftMs()));
  const answer = await client.search({ index, ignore_unavailable: true, ...body }, options);
  noteLosses(answer, partial);
  const buckets =
    (answer.aggregations?.['windows'] as { buckets?: Record<string, CountBucket> } | undefined)?.buckets ?? {};
  return new Map(Object.entries(buckets).map(([name, bucket]) => [name, countOf(bucket)]));
}

interface CountBucket {
  readonly doc_count: number;
  readonly errors?: { readonly doc_count: number };
  readonly levels?: { readonly buckets: readonly { readonly key: string | number; readonly doc_count: number }[] };
}

function countOf({ doc_count: total, errors, levels }: CountBucket): WindowCount {
  const byLevel: Record<string, number> = {};
  let known = 0;
  for (const { key, doc_count: count } of levels?.buckets ?? []) {
    const level = levelOf(key);
    byLevel[level] = (byLevel[level] ?? 0) + count;
    known += count;
  }
  if (total > known) byLevel[''] = (byLevel[''] ?? 0) + total - known;
  return { total, errors: errors?.doc_count ?? null, levels: byLevel };
}

/** Errors go first where not everything may fit; else a window is one search. */
function strataOf(
  map: FieldMap,
  { windows, budget }: LogQuery,
  counts: ReadonlyMap<string, WindowCount>,
): readonly (Stratum & { readonly span: Span })[] {
  const records = [...counts.values()].reduce((sum, { total }) => sum + total, 0);
  const kinds: readonly Kind[] = isError(map) === null || fits(records, budget) ? ['all'] : ['errors', 'others'];
  return windows.flatMap((span) => {
    const { total = 0, errors = 0 } = counts.get(span.name) ?? {};
    const known = { errors: errors ?? 0, others: total - (errors ?? 0), all: total };
    return kinds.map((kind) => ({ window: span.name, kind, known: known[kind], span }));
  });
}

function windowOf(
  span: Span,
  count: WindowCount | undefined,
  strata: readonly Stratum[],
  hits: readonly (readonly Hit[])[],
  map: FieldMap,
): LogWindow {
  const own = hits.filter((_, index) => strata[index]?.window === span.name).flat();
  const lines = own
    .map(({ source, at }) => ({ ...readDocument(source, span.to, map.paths), ...(at === null ? {} : { at }) }))
    .toReversed()
    .sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  // What arrived between the counting and the reading is counted too.
  const records = Math.max(count?.total ?? 0, own.length);
  return {
    ...span,
    records,
    sampled: own.length < records,
    levels: count?.levels ?? {},
    lines: joinRecords(lines).map(({ at, level, service, host, text }) => ({ at, level, service, host, text })),
  };
}

function speakSample({ name, records, lines }: LogWindow, { budget }: ElasticsearchSettings): string {
  const window = { incident: 'incident window', before: 'window before it', day_before: 'window of the day before' }[
    name
  ];
  return `Of ${records} records in the ${window} about ${lines.length} were read, errors first and the newest first (budget: ${budget.documents} documents, ${budget.bytes} bytes).`;
}

function noField(settings: ElasticsearchSettings, map: FieldMap, scope: readonly ScopeStep[]): Failure {
  return scope.length === 0
    ? failure(
        'misconfigured',
        `No label of this alert says whose lines to read in Elasticsearch "${settings.name}": map one under its \`scope\`, for example \`service: [service, app, job]\`.`,
      )
    : failure(
        'misconfigured',
        `Index "${settings.index}" of Elasticsearch "${settings.name}" (profile ${map.profile}) has no field for ${[...new Set(scope.map(({ name }) => name))].join(' or ')}: name one under \`fields\`.`,
      );
}

/** Zero lines for this scope is one thing, zero in the whole index another: then nothing is being shipped. */
async function nothingFound(
  settings: ElasticsearchSettings,
  reading: Reading,
  asked: readonly ScopeStep[],
  windows: readonly Span[],
): Promise<Failure> {
  const { client, index, map, options, partial } = reading;
  const store = `Elasticsearch "${settings.name}"`;
  if (partial.size > 0)
    return failure('server_error', `${store} found nothing, and did not search everything. ${[...partial].join(' ')}`);
  const window = windows[0];
  if (window === undefined) return failure('misconfigured', `${store} was asked for no window at all.`);
  const answer = await client.search(
    { index, ignore_unavailable: true, ...probeBody(map, window, Math.max(1, reading.timeLeftMs())) },
    options,
  );
  const aggregations = answer.aggregations as
    { window?: { doc_count: number }; newest?: { value: number | null } } | undefined;
  const others = aggregations?.window?.doc_count ?? 0;
  const newest = aggregations?.newest?.value ?? null;
  const scopes = asked.map(speakScope).join(', ');
  const span = `${new Date(window.from).toISOString()} to ${new Date(window.to).toISOString()}`;
  if (others > 0)
    return failure(
      'not_found',
      `No line of ${scopes} from ${span} in ${store}, though others wrote ${others} lines into "${settings.index}" then: check that \`scope\` and \`fields\` name what identifies this service, and that it ships its logs.`,
    );
  return failure(
    'not_found',
    newest === null
      ? `"${settings.index}" in ${store} holds no line at all: check \`index\`, and that logs are being shipped.`
      : `Nobody wrote a line into "${settings.index}" in ${store} from ${span}; the newest is of ${new Date(newest).toISOString()}: see whether the shippers have stopped.`,
  );
}

function linkOf({ kibana }: ElasticsearchSettings, map: FieldMap, step: ScopeStep, window: Span | undefined): string {
  if (kibana === undefined || window === undefined) return '';
  return discoverLink({
    url: kibana.url,
    space: kibana.space,
    dataView: kibana.data_view,
    from: window.from,
    to: window.to,
    timeField: map.time,
    columns: [...map.level.slice(0, 1).map(({ path }) => path), ...map.paths.message.slice(0, 1)],
    fields: map.scope[step.name].map(({ path }) => path),
    value: step.value,
  });
}

/** For `check`: what the newest hour holds. */
export async function countRecent(
  client: Client,
  index: string,
  map: FieldMap,
  now: number,
  options: TransportRequestOptions,
) {
  const hour = { name: 'incident', from: now - 3_600_000, to: now } as const;
  const answer = await client.search({ index, ignore_unavailable: true, ...probeBody(map, hour, 5_000) }, options);
  return (answer.aggregations?.['window'] as { doc_count?: number } | undefined)?.doc_count ?? 0;
}

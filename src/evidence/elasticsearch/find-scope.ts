import type { estypes } from '@elastic/elasticsearch';
import { sayClock } from '../../domain/moment.ts';
import { failure, type Failure } from '../../domain/result.ts';
import type { LogQuery, ScopeStep } from '../log-store.ts';
import { levelOf } from '../reading/level.ts';
import { firstText, type Document } from '../reading/document.ts';
import { OWN_STEPS, speakScope, spokenNames } from '../scope.ts';
import { speakWindow } from '../windows.ts';
import { noteLosses, type Reading } from './one-page.ts';
import { anyOf, countBody, inScope, namingOneOf, newestTraces, ofTraces, probeBody, type Span } from './queries.ts';
import { nameOf } from './names.ts';
import type { SearchSettings } from './settings.ts';

export interface WindowCount {
  readonly total: number;
  /** Null where the index does not tell errors. */
  readonly errors: number | null;
  readonly levels: Readonly<Record<string, number>>;
}

/** What ties the lines of others to a service that is silent. */
export interface Neighbours {
  readonly names: readonly string[];
  readonly traces: readonly string[];
}

/** A scope that holds records, and how many. */
export interface Found {
  readonly step: ScopeStep;
  readonly scope: estypes.QueryDslQueryContainer;
  readonly counts: ReadonlyMap<string, WindowCount>;
  readonly neighbours: Neighbours | null;
  /** Narrower steps that held nothing, or less, in the incident window. */
  readonly passed: readonly ScopeStep[];
}

/** Fewer lines of a pod than this, and those of its workload and service are looked at too. */
const FEW = 5;

/**
 * The scope to read: the narrowest of pod, workload and service that has more than a few lines in the incident; else
 * whoever names the silent service or shares its traces; else host and namespace; else what had lines before and fell
 * silent; else why there is nothing.
 */
export async function findScope(settings: SearchSettings, reading: Reading, query: LogQuery): Promise<Found | Failure> {
  const tried: Found[] = [];
  const count = async (step: ScopeStep): Promise<Found | null> => {
    const scope = inScope(reading.map, step);
    if (scope === null) return null;
    const counts = await countRecords(reading, scope, query.windows);
    const found = { step, scope, counts, neighbours: null, passed: tried.map((one) => one.step) };
    tried.push(found);
    return found;
  };
  let best: Found | null = null;
  for (const step of query.scope.filter(({ name }) => OWN_STEPS.has(name))) {
    const found = await count(step);
    if (found !== null && inIncident(found) > inIncident(best)) best = found;
    if (inIncident(best) >= FEW) break;
  }
  if (best !== null) return best;
  const around = await findNeighbours(reading, query, tried);
  if (around !== null) return around;
  for (const step of query.scope.filter(({ name }) => !OWN_STEPS.has(name))) {
    const found = await count(step);
    if (inIncident(found) > 0) return found as Found;
  }
  const silent = tried.find(({ counts }) => [...counts.values()].some(({ total }) => total > 0));
  if (silent !== undefined) return { ...silent, passed: [] };
  return tried.length === 0
    ? noField(settings, reading, query.scope)
    : nothingFound(settings, reading, tried, query.windows);
}

function inIncident(found: Found | null): number {
  return found?.counts.get('incident')?.total ?? 0;
}

/** Lines of others in the incident that name what is silent, or share the traces that it wrote before it fell silent. */
async function findNeighbours(reading: Reading, query: LogQuery, tried: readonly Found[]): Promise<Found | null> {
  const [first] = tried;
  if (first === undefined) return null;
  const silent = tried.find(({ counts }) => [...counts.values()].some(({ total }) => total > 0));
  const names = spokenNames(tried.map(({ step }) => step));
  const traces = silent === undefined ? [] : await readTraces(reading, silent.scope, query.windows);
  const ties = [...namingOneOf(reading.map, names), ...ofTraces(reading.map, traces)];
  if (ties.length === 0) return null;
  const scope = anyOf([...ties, ...(silent === undefined ? [] : [silent.scope])]);
  const counts = await countRecords(reading, scope, query.windows);
  const step = silent?.step ?? tried.find(({ step: { name } }) => name === 'service')?.step ?? first.step;
  const found = { step, scope, counts, neighbours: { names, traces }, passed: [] };
  return inIncident(found) > 0 ? found : null;
}

const MAX_TRACES = 64;

/** Of the newest records: what the service worked on when it fell silent. */
async function readTraces(
  { client, index, map, options, timeLeftMs }: Reading,
  scope: estypes.QueryDslQueryContainer,
  windows: readonly Span[],
): Promise<readonly string[]> {
  const paths = map.trace.map(({ path }) => path);
  const spans = windows.filter(({ name }) => name !== 'day_before');
  if (paths.length === 0 || spans.length === 0) return [];
  const span = { from: Math.min(...spans.map(({ from }) => from)), to: Math.max(...spans.map(({ to }) => to)) };
  const body = newestTraces(map, scope, span, Math.max(1, timeLeftMs()));
  const answer = await client.search({ index, ignore_unavailable: true, ...body }, options);
  const found = (answer.hits?.hits ?? []).map(({ _source }) => firstText((_source ?? {}) as Document, paths));
  return [...new Set(found)].filter((trace) => /^[\w-]{8,64}$/.test(trace)).slice(0, MAX_TRACES);
}

async function countRecords(
  reading: Reading,
  scope: estypes.QueryDslQueryContainer,
  windows: readonly Span[],
): Promise<ReadonlyMap<string, WindowCount>> {
  const { client, index, map, options, partial } = reading;
  const body = countBody(map, scope, windows, Math.max(1, reading.timeLeftMs()));
  const answer = await client.search({ index, ignore_unavailable: true, ...body }, options);
  noteLosses(answer, partial, reading.product);
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

function noField(settings: SearchSettings, { map }: Reading, scope: readonly ScopeStep[]): Failure {
  return scope.length === 0
    ? failure(
        'misconfigured',
        `No label of this alert says whose lines to read in ${nameOf(settings)}: map one under its \`scope\`, for example \`service: [service, app, job]\`.`,
      )
    : failure(
        'misconfigured',
        `Index "${settings.index}" of ${nameOf(settings)} (profile ${map.profile}) has no field for ${[...new Set(scope.map(({ name }) => name))].join(' or ')}: name one under \`fields\`.`,
      );
}

/** Zero lines for this scope is one thing, zero in the whole index another: then nothing is being shipped. */
async function nothingFound(
  settings: SearchSettings,
  reading: Reading,
  tried: readonly Found[],
  windows: readonly Span[],
): Promise<Failure> {
  const { client, index, map, options, partial } = reading;
  const store = nameOf(settings);
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
  const scopes = tried.map(({ step }) => speakScope(step)).join(', ');
  const span = speakWindow(window);
  if (others > 0)
    return failure(
      'not_found',
      `No line of ${scopes} at ${span} in ${store}, though others wrote ${others} ${others === 1 ? 'line' : 'lines'} into "${settings.index}" then: check that \`scope\` and \`fields\` name what identifies this service, and that it ships its logs.`,
    );
  return failure(
    'not_found',
    newest === null
      ? `"${settings.index}" in ${store} holds no line at all: check \`index\`, and that logs are being shipped.`
      : `Nobody wrote a line into "${settings.index}" in ${store} at ${span}; the newest is of ${sayClock(newest, window.to)}: see whether the shippers have stopped.`,
  );
}

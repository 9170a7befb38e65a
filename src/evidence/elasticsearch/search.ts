import type { Client, TransportRequestOptions } from '@elastic/elasticsearch';
import type { Failure } from '../../domain/result.ts';
import type { LogAnswer, LogQuery, LogRecord, LogWindow } from '../log-store.ts';
import { discoverLink } from '../kibana-link.ts';
import { joinRecords } from '../records.ts';
import { speakNeighbours, speakScope } from '../scope.ts';
import type { Stratum } from './allotment.ts';
import type { FieldMap } from './fields.ts';
import { findScope, type Found, type WindowCount } from './find-scope.ts';
import type { Reading } from './one-page.ts';
import { fits, readStrata } from './pages.ts';
import { isError, probeBody, spokenQuery, type Kind, type Span } from './queries.ts';
import type { SearchSettings } from './settings.ts';

/**
 * One answer: finds the narrowest scope with lines, counts, fetches errors first. Throws what the client throws as long
 * as nothing has been read; afterwards it is a sentence in `partial`, made by `speak`.
 */
export async function search(
  settings: SearchSettings,
  reading: Reading,
  query: LogQuery,
  speak: (error: unknown) => Failure,
): Promise<LogAnswer | Failure> {
  const found = await findScope(settings, reading, query);
  if ('ok' in found) return found;
  const strata = strataOf(reading.map, query, found.counts);
  const { records, error } = await readStrata(reading, found.scope, strata, query.budget);
  if (error !== null && records.every((list) => list.length === 0)) throw error;
  if (error !== null) reading.partial.add(`Not everything was read. ${speak(error).detail}`);
  const windows = query.windows.map((window) => windowOf(window, found.counts.get(window.name), strata, records));
  for (const window of windows)
    if (window.sampled && error === null) reading.partial.add(speakSample(window, settings));
  return {
    ok: true,
    scope: found.step,
    neighbours: found.neighbours !== null,
    windows,
    notes: speakWay(found),
    partial: [...reading.partial],
    query: spokenQuery(settings.index, reading.map, found.scope, query.windows),
    url: linkOf(settings, reading.map, found, query.windows[0]),
  };
}

/** How it came to this scope. */
function speakWay({ step, neighbours, passed }: Found): readonly string[] {
  if (neighbours !== null) return [speakNeighbours(step, neighbours)];
  if (passed.length === 0) return [];
  const narrower = passed.map(speakScope).join(', ');
  return [`There is less of ${narrower}, so ${speakScope(step)} was read.`];
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
  read: readonly (readonly LogRecord[])[],
): LogWindow {
  const own = read.filter((_, index) => strata[index]?.window === span.name).flat();
  const lines = own.toReversed().sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  // What arrived between the counting and the reading is counted too.
  const records = Math.max(count?.total ?? 0, own.length);
  return {
    ...span,
    records,
    sampled: own.length < records,
    levels: count?.levels ?? {},
    lines: joinRecords(lines),
  };
}

function speakSample({ name, records, lines }: LogWindow, { budget }: SearchSettings): string {
  const window = { incident: 'incident window', before: 'window before it', day_before: 'window of the day before' }[
    name
  ];
  return `Of ${records} records in the ${window} about ${lines.length} (${Math.max(1, Math.round((100 * lines.length) / Math.max(1, records)))} %) were read, errors first and the newest first (budget: ${budget.documents} documents, ${budget.bytes} bytes).`;
}

function linkOf({ kibana }: SearchSettings, map: FieldMap, found: Found, window: Span | undefined): string {
  if (kibana === undefined || window === undefined) return '';
  return discoverLink({
    url: kibana.url,
    space: kibana.space,
    dataView: kibana.data_view,
    from: window.from,
    to: window.to,
    timeField: map.time,
    columns: [...map.level.slice(0, 1).map(({ path }) => path), ...map.paths.message.slice(0, 1)],
    fields: map.scope[found.step.name].map(({ path }) => path),
    value: found.step.value,
    others: othersOf(map, found),
  });
}

function othersOf(map: FieldMap, { neighbours }: Found): readonly { field: string; value: string }[] {
  if (neighbours === null) return [];
  const { names, traces } = neighbours;
  return [
    ...names.flatMap((value) => map.words.map((field) => ({ field, value }))),
    ...traces.slice(0, 10).flatMap((value) => map.trace.map(({ path }) => ({ field: path, value }))),
  ];
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

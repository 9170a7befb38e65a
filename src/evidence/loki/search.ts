import type { Failure } from '../../domain/result.ts';
import type { LogAnswer, LogQuery, LogWindow } from '../log-store.ts';
import { joinRecords } from '../records.ts';
import { speakNeighbours } from '../scope.ts';
import { readNewest, type LokiLine } from './api.ts';
import { findScope } from './find-scope.ts';
import { recordOf } from './record.ts';
import { ERROR_FILTER, exploreLink } from './selector.ts';
import type { LokiSettings } from './settings.ts';

/** `max_entries_limit_per_query` where nobody changed it. */
const MOST_ENTRIES = 5_000;
/** How the budget is divided among the windows, in their order. */
const SHARES = [0.6, 0.2, 0.2];

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
    ...{ ok: true, scope: found.step, neighbours: found.neighbours !== null, windows, partial, query: { searches } },
    notes: found.neighbours === null ? [] : [speakNeighbours(found.step, found.neighbours)],
    url: exploreLink(settings.grafana, found.selector, incident?.from ?? 0, incident?.to ?? 0),
  };
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

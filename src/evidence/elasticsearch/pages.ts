import type { Client, estypes, TransportRequestOptions } from '@elastic/elasticsearch';
import type { LogRecord } from '../log-store.ts';
import type { Document } from '../reading/document.ts';
import { readDocument } from '../records.ts';
import { allot, shareOf, type Stratum } from './allotment.ts';
import { InvalidAnswer } from './failures.ts';
import type { FieldMap } from './fields.ts';
import { closePit, KEEP_ALIVE, openPit } from './point-in-time.ts';
import { pageBody, type Span } from './queries.ts';

/** What the searches share: the client, what limits them, and where they leave word of what was cut. */
export interface Reading {
  readonly client: Client;
  readonly product: 'Elasticsearch' | 'OpenSearch';
  readonly index: string;
  readonly map: FieldMap;
  readonly options: TransportRequestOptions;
  /** Milliseconds until the budget of time is spent. */
  readonly timeLeftMs: () => number;
  /** Sentences on what is missing; each once. */
  readonly partial: Set<string>;
}

/** As large as a record may well be; most are a third of it. */
const LARGE_RECORD_BYTES = 1_500;
const LARGEST_PAGE = 2_500;
/** `_index`, `_id`, `sort` and the braces around them, generously. */
const ENVELOPE_BYTES = 400;

/**
 * Reads the strata one after the other, the newest records of each first, until the documents, the bytes or the time
 * are spent. Lines that were read before something broke are kept: the rest is a sentence in `partial`.
 */
export async function readStrata(
  reading: Reading,
  scope: estypes.QueryDslQueryContainer,
  strata: readonly (Stratum & { readonly span: Span })[],
  budget: { readonly documents: number; readonly bytes: number },
): Promise<{ readonly records: readonly (readonly LogRecord[])[]; readonly error: unknown }> {
  const counts = allot(strata, budget.documents);
  const records: LogRecord[][] = strata.map(() => []);
  const firstPage = Math.max(20, Math.min(LARGEST_PAGE, Math.floor(budget.bytes / LARGE_RECORD_BYTES)));
  // One page each needs no point in time.
  const pit = counts.some((count) => count > firstPage) ? await openPit(reading) : null;
  let bytesLeft = budget.bytes;
  let error: unknown = null;
  for (const [index, stratum] of strata.entries()) {
    if ((counts[index] ?? 0) === 0) continue;
    const reserved = strata.reduce(
      (sum, later, at) => sum + (at > index ? reserve(later, counts[at] ?? 0, budget.bytes) : 0),
      0,
    );
    const into = records[index] ?? [];
    try {
      const search = { reading, scope, pit, firstPage };
      bytesLeft -= await readStratum(search, stratum, counts[index] ?? 0, bytesLeft - reserved, into);
    } catch (cause) {
      error = cause;
      break;
    }
  }
  if (pit !== null) void closePit(reading, pit);
  return { records, error };
}

function reserve(stratum: Stratum, count: number, bytes: number): number {
  return Math.min(shareOf(stratum) * bytes, count * LARGE_RECORD_BYTES);
}

interface Search {
  readonly reading: Reading;
  readonly scope: estypes.QueryDslQueryContainer;
  readonly pit: string | null;
  /** How many records are asked for before their size is known. */
  readonly firstPage: number;
}

/** Whether all of these are sure to fit, so that nothing need be read ahead of the rest. */
export function fits(records: number, budget: { readonly documents: number; readonly bytes: number }): boolean {
  return records <= budget.documents && records * LARGE_RECORD_BYTES <= budget.bytes;
}

/** Fills `into` and answers how many bytes that took. */
async function readStratum(
  { reading, scope, pit, firstPage }: Search,
  stratum: Stratum & { readonly span: Span },
  count: number,
  bytes: number,
  into: LogRecord[],
): Promise<number> {
  let used = 0;
  let size = Math.min(count, firstPage);
  let after: estypes.SortResults | null = null;
  while (size > 0) {
    const body = pageBody(reading.map, scope, stratum.span, stratum.kind, size, Math.max(1, reading.timeLeftMs()));
    const room = Math.max(bytes - used, 0) + size * ENVELOPE_BYTES + 65_536;
    const answer = await searchPage(
      reading,
      { ...body, ...(after === null ? {} : { search_after: after }) },
      pit,
      room,
    );
    if (answer === 'too large') {
      size = Math.floor(size / 4);
      continue;
    }
    const got = answer.hits.hits;
    used += takeHits(reading, got, stratum.span.to, into);
    after = got.at(-1)?.sort ?? null;
    // Without a point in time a second page could skip or repeat records of the same instant.
    if (got.length < size || after === null || pit === null || into.length >= count || used >= bytes) break;
    const average = Math.max(1, used / Math.max(1, into.length));
    size = Math.min(count - into.length, LARGEST_PAGE, Math.floor((bytes - used) / average));
  }
  return used;
}

/** What is needed of each; a page is forgotten before the next one comes. */
function takeHits(reading: Reading, hits: readonly estypes.SearchHit[], now: number, into: LogRecord[]): number {
  let bytes = 0;
  for (const { _source: source, sort } of hits) {
    if (source === undefined || source === null) {
      reading.partial.add('Some records came without their text, as the index does not keep `_source`.');
      continue;
    }
    bytes += sizeOf(source);
    const { at, level, service, host, pod, text } = readDocument(source as Document, now, reading.map.paths);
    const sorted = Number(sort?.[0]);
    into.push({ at: Number.isFinite(sorted) ? sorted : at, level, service, host, pod, text });
  }
  return bytes;
}

/** Of the fields that were asked for, about; deeper structures than a log has are not counted. */
function sizeOf(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null || depth > 8) return 8;
  return Object.entries(value).reduce((sum, [name, child]) => sum + name.length + 4 + sizeOf(child, depth + 1), 2);
}

async function searchPage(
  reading: Reading,
  body: estypes.SearchRequest,
  pit: string | null,
  maxBytes: number,
): Promise<estypes.SearchResponse | 'too large'> {
  const where =
    pit === null ? { index: reading.index, ignore_unavailable: true } : { pit: { id: pit, keep_alive: KEEP_ALIVE } };
  try {
    const answer = await reading.client.search(
      { ...body, ...where },
      { ...reading.options, maxResponseSize: Math.floor(maxBytes) },
    );
    noteLosses(answer, reading.partial, reading.product);
    if (!Array.isArray(answer.hits?.hits)) throw new InvalidAnswer('an answer without `hits`');
    return answer;
  } catch (error) {
    if (!/^The content length \(\d+\) is bigger/.test((error as Error).message)) throw error;
    reading.partial.add('Some records are too large for the budget of bytes and were left out (`budget.bytes`).');
    return 'too large';
  }
}

/** `timed_out` and failed shards come with status 200: what they held is missing, and is said to be. */
export function noteLosses(
  answer: Pick<estypes.SearchResponse, 'timed_out' | '_shards'>,
  partial: Set<string>,
  product: string,
): void {
  const { timed_out: timedOut, _shards: shards } = answer;
  if (typeof shards !== 'object') throw new InvalidAnswer('an answer without `_shards`');
  if (timedOut)
    partial.add(
      `${product} stopped searching at its time limit (timed_out), so records are missing: allow more under \`budget.time\`.`,
    );
  const { failed, total, failures } = shards;
  if (failed === 0) return;
  const indices = [...new Set((failures ?? []).map(({ index }) => index ?? '').filter((index) => index !== ''))];
  const types = [...new Set((failures ?? []).map(({ reason }) => reason.type))].filter((type) =>
    /^\w{1,64}$/.test(type),
  );
  const which = indices.length === 0 ? '' : ` of ${indices.slice(0, 5).join(', ')}`;
  const why = types.length === 0 ? '' : ` (${types.slice(0, 3).join(', ')})`;
  partial.add(
    `${failed} of ${total} shards failed${which}${why}, so their records are missing: look at the health and the mapping of these indices.`,
  );
}

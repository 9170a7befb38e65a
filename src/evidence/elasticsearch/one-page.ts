import type { Client, estypes, TransportRequestOptions } from '@elastic/elasticsearch';
import type { LogRecord } from '../log-store.ts';
import type { Document } from '../reading/document.ts';
import { readDocument } from '../records.ts';
import { InvalidAnswer } from './failures.ts';
import type { FieldMap } from './fields.ts';
import { KEEP_ALIVE } from './point-in-time.ts';

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

/** What is needed of each; a page is forgotten before the next one comes. */
export function takeHits(reading: Reading, hits: readonly estypes.SearchHit[], now: number, into: LogRecord[]): number {
  let bytes = 0;
  for (const { _source: source, sort } of hits) {
    if (source === undefined || source === null) {
      reading.partial.add('Some records came without their text, as the index does not keep `_source`.');
      continue;
    }
    bytes += sizeOf(source);
    const { at, level, service, host, pod, trace, text } = readDocument(source as Document, now, reading.map.paths);
    const sorted = Number(sort?.[0]);
    into.push({ at: Number.isFinite(sorted) ? sorted : at, level, service, host, pod, trace, text });
  }
  return bytes;
}

/** Of the fields that were asked for, about; deeper structures than a log has are not counted. */
function sizeOf(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null || depth > 8) return 8;
  return Object.entries(value).reduce((sum, [name, child]) => sum + name.length + 4 + sizeOf(child, depth + 1), 2);
}

export async function searchPage(
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

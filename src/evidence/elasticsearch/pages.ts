import type { estypes } from '@elastic/elasticsearch';
import type { LogRecord } from '../log-store.ts';
import { allot, shareOf, type Stratum } from './allotment.ts';
import { searchPage, takeHits, type Reading } from './one-page.ts';
import { closePit, openPit } from './point-in-time.ts';
import { pageBody, type Span } from './queries.ts';

/** As large as a record may well be; most are a third of it. */
const LARGE_RECORD_BYTES = 1_500;
/** Of a page whose records' size is not known yet, and … */
const LARGEST_PAGE = 2_500;
/** … of one where it is: enough that few pages are asked for, and little memory at once. */
const PAGE_BYTES = 2_000_000;
/** `_index`, `_id`, `sort` and the braces around them, generously. */
const ENVELOPE_BYTES = 400;

type Part = Stratum & { readonly span: Span };
interface Budget {
  readonly documents: number;
  readonly bytes: number;
}

/**
 * Reads the strata one after the other, the newest records of each first, until the documents, the bytes or the time
 * are spent. Lines that were read before something broke are kept: the rest is a sentence in `partial`.
 */
export async function readStrata(
  reading: Reading,
  scope: estypes.QueryDslQueryContainer,
  strata: readonly Part[],
  budget: Budget,
): Promise<{ readonly records: readonly (readonly LogRecord[])[]; readonly error: unknown }> {
  const counts = allot(strata, budget.documents);
  const records: LogRecord[][] = strata.map(() => []);
  const firstPage = Math.max(20, Math.min(LARGEST_PAGE, Math.floor(budget.bytes / LARGE_RECORD_BYTES)));
  // One page each needs no point in time.
  const pit = counts.some((count) => count > firstPage) ? await openPit(reading) : null;
  const search: Search = { reading, scope, pit, firstPage, read: { records: 0, bytes: 0 } };
  let error: unknown = null;
  for (let index = 0; index < strata.length; index += 1) {
    const stratum = strata[index] as Part;
    const left = budget.bytes - search.read.bytes;
    const whole = wholeWindow(search.read, strata, counts, index, left);
    const [part, count] = whole ?? [stratum, counts[index] ?? 0];
    if (count > 0) {
      try {
        const bytes = left - reserveAfter(whole === null ? index : index + 1, strata, counts, budget.bytes);
        await readStratum(search, part, count, bytes, records[index] ?? []);
      } catch (cause) {
        error = cause;
        break;
      }
    }
    if (whole !== null) index += 1;
  }
  if (pit !== null) void closePit(reading, pit);
  return { records, error };
}

/** What the strata after this one are sure of. */
function reserveAfter(index: number, strata: readonly Stratum[], counts: readonly number[], bytes: number): number {
  return strata.reduce(
    (sum, later, at) =>
      sum + (at > index ? Math.min(shareOf(later) * bytes, (counts[at] ?? 0) * LARGE_RECORD_BYTES) : 0),
    0,
  );
}

/**
 * The errors and the others of a window as one search, where both are read to the end and what was read so far says that
 * all which is still to come fits: a busy store is asked less often.
 */
function wholeWindow(
  read: Search['read'],
  strata: readonly Part[],
  counts: readonly number[],
  index: number,
  bytesLeft: number,
): readonly [Part, number] | null {
  const [errors, others] = strata.slice(index, index + 2);
  if (errors?.kind !== 'errors' || others?.window !== errors.window || read.records === 0) return null;
  const later = strata.slice(index);
  const wanted = later.reduce((sum, _, at) => sum + (counts[index + at] ?? 0), 0);
  const isWhole = [errors, others].every(({ known }, at) => counts[index + at] === known);
  if (!isWhole || wanted * sizeSoFar(read) * CAUTION > bytesLeft) return null;
  const known = errors.known + others.known;
  return [{ ...errors, kind: 'all', known }, known];
}

/** What comes may be larger than what came. */
const CAUTION = 1.5;

function sizeSoFar({ records, bytes }: Search['read']): number {
  return Math.max(1, bytes / Math.max(1, records));
}

interface Search {
  readonly reading: Reading;
  readonly scope: estypes.QueryDslQueryContainer;
  readonly pit: string | null;
  /** How many records are asked for before their size is known. */
  readonly firstPage: number;
  /** So far, of all strata. */
  readonly read: { records: number; bytes: number };
}

/** Whether all of these are sure to fit, so that nothing need be read ahead of the rest. */
export function fits(records: number, budget: Budget): boolean {
  return records <= budget.documents && records * LARGE_RECORD_BYTES <= budget.bytes;
}

/** Fills `into`. */
async function readStratum(search: Search, stratum: Part, count: number, bytes: number, into: LogRecord[]) {
  const { reading, scope, pit, firstPage, read } = search;
  const before = read.bytes;
  let size = Math.min(count, Math.max(firstPage, pageSize(read)));
  let after: estypes.SortResults | null = null;
  while (size > 0) {
    const body = pageBody(reading.map, scope, stratum.span, stratum.kind, size, Math.max(1, reading.timeLeftMs()));
    const room = Math.max(bytes - (read.bytes - before), 0) + size * ENVELOPE_BYTES + 65_536;
    const next = after === null ? {} : { search_after: after };
    const answer = await searchPage(reading, { ...body, ...next }, pit, room);
    if (answer === 'too large') {
      size = Math.floor(size / 4);
      continue;
    }
    const got = answer.hits.hits;
    read.bytes += takeHits(reading, got, stratum.span.to, into);
    read.records += got.length;
    after = got.at(-1)?.sort ?? null;
    const left = bytes - (read.bytes - before);
    // Without a point in time a second page could skip or repeat records of the same instant.
    if (got.length < size || after === null || pit === null || into.length >= count || left <= 0) break;
    size = Math.min(count - into.length, pageSize(read), Math.floor(left / sizeSoFar(read)));
  }
}

function pageSize(read: Search['read']): number {
  return read.records === 0 ? 0 : Math.floor(PAGE_BYTES / sizeSoFar(read));
}

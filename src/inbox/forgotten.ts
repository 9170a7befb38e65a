import type { Awaitable } from './inbox.ts';

/**
 * Past retention the body of a delivery goes; its row stays, with its size and SHA-256 in `reason`. This is done strictly
 * in the order of the numbers, so those that are forgotten are all before those that are not.
 */
export const FORGOTTEN = 'past retention: ';

/** What `reason` says then. @param reason why it was refused, '' where it was accepted */
export function tombstone(bytes: number, sha256: string, reason: string): string {
  return `${FORGOTTEN}${bytes} bytes, sha256 ${sha256}${reason === '' ? '' : `; was: ${reason}`}`;
}

/** A delivery without its body. */
export interface Weighed {
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly bytes: number;
}

/** At once, so that deliveries that come meanwhile wait some milliseconds at most. */
export const FORGET_ROWS = 200;
const FORGET_BYTES = 2 * 1024 * 1024;

/** Those at the beginning of these that are older than `before`, as many as are taken at once; one large one goes alone. */
export function nextToForget(rows: readonly Weighed[], before: number): readonly Weighed[] {
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += row.bytes;
    return row.at >= before || (index > 0 && bytes > FORGET_BYTES);
  });
  return end < 0 ? rows : rows.slice(0, end);
}

/** Some row: its number, and what stands in `reason`. */
export interface Reasoned {
  readonly seq: number;
  readonly reason: string;
}

/**
 * The number at which those with a body begin, found in some twenty looks rather than by walking over all the others.
 * @param atOrAfter the first row from this number on
 */
export async function firstKept(
  atOrAfter: (seq: number) => Awaitable<Reasoned | undefined>,
  upTo: number,
): Promise<number> {
  let low = 1;
  for (let high = upTo + 1; low < high;) {
    const middle = Math.floor((low + high) / 2);
    const row = await atOrAfter(middle);
    if (row?.reason.startsWith(FORGOTTEN) === true && row.seq < high) low = row.seq + 1;
    else high = middle;
  }
  return low;
}

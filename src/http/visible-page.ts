/** So many are read at once while hidden ones are passed over, and so often. */
const PIECE = 200;
const PIECES_MAX = 50;

/**
 * A page of what somebody may know of: what they may not is passed over as if it were not there. To leave it out of a page
 * that was read would show by a gap, or by where the next page begins, that it fits.
 * @param read at most so many after an item, or from the beginning
 * @returns at most `limit` and one more where more follow
 */
export async function visiblePage<T>(
  read: (limit: number, after: T | null) => Promise<readonly T[]>,
  isHidden: (item: T) => boolean,
  limit: number,
): Promise<T[]> {
  const seen: T[] = [];
  let after: T | null = null;
  for (let piece = 0; piece < PIECES_MAX && seen.length <= limit; piece++) {
    const wanted = Math.max(limit + 1, PIECE);
    const found: readonly T[] = await read(wanted, after);
    seen.push(...found.filter((item) => !isHidden(item)));
    after = found.at(-1) ?? null;
    if (found.length < wanted) break;
  }
  return seen.slice(0, limit + 1);
}

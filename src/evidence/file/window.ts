import type { FileHandle } from 'node:fs/promises';
import { readLine } from '../records.ts';

/** One read of the disk. Files are never held whole. */
const CHUNK_BYTES = 65_536;
/** Of a line that is longer only so much is kept. */
const MAX_LINE_BYTES = 262_144;
/** Lines of several writers are not in strict order: so far around the edges of a window is read too. */
const SLACK_BYTES = 2 * CHUNK_BYTES;

/** Which bytes of a file to read: `[from, to)`; `cut` where the budget allows only the newest part. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
  readonly cut: boolean;
}

/**
 * Finds a window in a file by halving, as lines are in order of time, roughly: a few reads, however large it is.
 * Null where no line at its beginning or its end shows a time.
 */
export async function findWindow(
  handle: FileHandle,
  size: number,
  window: { readonly from: number; readonly to: number },
  maxBytes: number,
  now: number,
): Promise<ByteRange | null> {
  const file = { handle, size, now };
  if ((await firstTime(file, 0)) === null && (await firstTime(file, Math.max(0, size - CHUNK_BYTES))) === null)
    return null;
  const from = Math.max(0, (await offsetOf(file, window.from)) - SLACK_BYTES);
  const to = Math.min(size, (await offsetOf(file, window.to)) + SLACK_BYTES);
  return newest(from, to, maxBytes);
}

/** The end of a file, as far as the budget reaches. */
export function newest(from: number, to: number, maxBytes: number): ByteRange {
  return { from: Math.max(from, to - Math.floor(maxBytes)), to, cut: to - from > maxBytes };
}

interface TimedFile {
  readonly handle: FileHandle;
  readonly size: number;
  readonly now: number;
}

/** A place at most a chunk before the first line of that time. */
async function offsetOf(file: TimedFile, at: number): Promise<number> {
  let low = 0;
  let high = file.size;
  while (high - low > CHUNK_BYTES) {
    const middle = Math.floor((low + high) / 2);
    const time = await firstTime(file, middle);
    if (time !== null && time < at) low = middle;
    else high = middle;
  }
  return low;
}

/** The time of the first line at or after this place that shows one; null where the next chunk has none. */
async function firstTime({ handle, now }: TimedFile, offset: number): Promise<number | null> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, offset);
  const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
  for (const line of offset === 0 ? lines : lines.slice(1)) {
    const { at } = readLine(line, now);
    if (at !== null) return at;
  }
  return null;
}

/** The lines of a range. The first one is left out where it began before the range. */
export async function* readLines(handle: FileHandle, range: ByteRange): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  let partial = range.from > 0;
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let offset = range.from; offset < range.to;) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(CHUNK_BYTES, range.to - offset), offset);
    if (bytesRead === 0) break;
    offset += bytesRead;
    let start = 0;
    for (let end = buffer.indexOf(10); end >= 0 && end < bytesRead; end = buffer.indexOf(10, start)) {
      if (!partial) yield joinLine(rest, buffer.subarray(start, end));
      partial = false;
      rest = Buffer.alloc(0);
      start = end + 1;
    }
    if (rest.length < MAX_LINE_BYTES) rest = Buffer.concat([rest, buffer.subarray(start, bytesRead)]);
  }
  if (rest.length > 0 && !partial) yield rest.toString('utf8');
}

function joinLine(rest: Buffer, end: Buffer): string {
  return rest.length === 0 ? end.toString('utf8') : Buffer.concat([rest, end]).toString('utf8');
}

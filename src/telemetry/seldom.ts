import type { LogLine } from './logger.ts';

const EVERY_MS = 60_000;
/** Different lines that are remembered; after that it begins anew. */
const REMEMBERED = 200;

/**
 * The same line again at most once a minute, with how many were left out: a store that is away is met by everything that
 * works, many times a second, and what the log says besides must be found.
 * @param monotonic milliseconds of a clock that never jumps
 */
export function seldom(say: LogLine, monotonic: () => number = () => performance.now()): LogLine {
  const said = new Map<string, { readonly at: number; leftOut: number }>();
  return (message, fields = {}) => {
    const line = JSON.stringify([message, fields]);
    const before = said.get(line);
    const at = monotonic();
    if (before !== undefined && at - before.at < EVERY_MS) {
      before.leftOut += 1;
      return;
    }
    if (said.size >= REMEMBERED) said.clear();
    said.set(line, { at, leftOut: 0 });
    const leftOut = before?.leftOut ?? 0;
    say(message, leftOut === 0 ? fields : { ...fields, leftOut });
  };
}

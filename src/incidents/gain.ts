import type { Evidence, EvidenceLine } from '../domain/incident.ts';

/** What a further look at the logs adds to what is on record: nothing, something, or what people should hear of. */
export type Gain = 'nothing' | 'more' | 'material';

/** Lines that stand above this place explain the trouble, as far as anything does. */
const TOP = 5;

/**
 * Compares a further look with the looks before it: other lines, other classes, logs where there were none. Lines count as
 * the same where they differ in nothing but what varies from one record to the next. Pure.
 * @param earlier the evidence of kind `logs` on record, the oldest first
 */
export function gainOf(earlier: readonly Evidence[], found: Evidence): Gain {
  const last = earlier.at(-1);
  if (last === undefined) return 'more';
  if (found.state === 'unavailable') return 'nothing';
  if (earlier.every(({ state }) => state === 'unavailable')) return 'material';
  const known = earlier.flatMap(({ lines }) => lines).toReversed();
  const same = (line: EvidenceLine): EvidenceLine | undefined => known.find((other) => areAlike(line, other));
  if (found.lines.some((line, place) => same(line) === undefined && explains(line, place))) return 'material';
  if (found.lines.some((line) => same(line)?.class !== line.class || same(line) === undefined)) return 'more';
  return last.state === 'partial' && found.state === 'complete' ? 'more' : 'nothing';
}

function explains({ level, class: change }: EvidenceLine, place: number): boolean {
  return level === 'error' || level === 'fatal' || (place < TOP && (change === 'NEW' || change === 'GONE'));
}

/** How much of two lines must agree word by word; what holds a digit agrees with everything. */
const AGREEING = 0.6;

/** Whether two lines of an excerpt are of one kind, judged by their first line. */
export function areAlike(a: EvidenceLine, b: EvidenceLine): boolean {
  if (a.level !== b.level || a.service !== b.service) return false;
  const [words, others] = [wordsOf(a), wordsOf(b)];
  if (words.length !== others.length) return false;
  const agreeing = words.filter((word, index) => word === others[index]).length;
  return agreeing >= AGREEING * words.length;
}

function wordsOf({ text }: EvidenceLine): readonly string[] {
  const [first = ''] = text.slice(0, 1_000).split('\n');
  return first
    .split(/[\s,;:=()[\]{}"']+/)
    .filter((word) => word !== '')
    .map((word) => (/\d/.test(word) ? '#' : word));
}

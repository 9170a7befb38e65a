import type { EvidenceLine } from '../domain/incident.ts';
import { groupRecords, type ExcerptInput } from './ranking/log-group.ts';
import { rankGroups, type RankedGroup } from './ranking/rank.ts';
import { SIGNIFICANT } from './ranking/weights.ts';

export interface ExcerptBudget {
  readonly lines: number;
  /** Of all texts together, UTF-8. */
  readonly bytes: number;
}

const LINE_BYTES = 1_200;

/** The lines that explain the most, best first: one for each group, and one at least of each class that there is. */
export function selectExcerpt(input: ExcerptInput, budget: ExcerptBudget): readonly EvidenceLine[] {
  const compared = input.baselines.some(({ records }) => records.length > 0);
  const lines: EvidenceLine[] = [];
  let bytes = 0;
  for (const group of chooseGroups(rankGroups(groupRecords(input)), budget.lines)) {
    const [example] = group.examples;
    if (example === undefined) continue;
    const { at, level, service } = example;
    const text = shorten(example.text, LINE_BYTES);
    bytes += Buffer.byteLength(text);
    if (bytes > budget.bytes && lines.length > 0) break;
    const change = compared ? { expected: round(group.expected), class: group.class } : {};
    lines.push({ at, level, service, text, count: Math.round(group.observed), ...change });
  }
  return lines;
}

/**
 * The best, of which the last give way to the best of a class that would be missing. What vanished counts only where that
 * is no chance.
 */
export function chooseGroups(ranked: readonly RankedGroup[], most: number): readonly RankedGroup[] {
  const worth = ranked.filter(({ observed, change }) => observed > 0 || change <= -SIGNIFICANT);
  const chosen = worth.slice(0, most);
  for (const kind of ['NEW', 'UP', 'GONE', 'DOWN'] as const) {
    if (chosen.some((group) => group.class === kind)) continue;
    const best = worth.find((group) => group.class === kind && Math.abs(group.change) >= SIGNIFICANT);
    const spare = chosen.findLastIndex((group, index) => chosen.findIndex((one) => one.class === group.class) < index);
    if (best !== undefined && spare >= 0) chosen[spare] = best;
  }
  return chosen.sort((a, b) => b.score - a.score);
}

export function round(count: number): number {
  return count >= 10 ? Math.round(count) : Math.round(count * 10) / 10;
}

/** Whole lines from the top: of a stack trace the exception and its first frames, with how many more there were. */
export function shorten(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const lines = text.split('\n');
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > maxBytes - 40) break;
    kept.push(line);
  }
  if (kept.length === 0) kept.push(`${cutBytes(lines[0] ?? '', maxBytes - 40)}…`);
  const more = lines.length - kept.length;
  return more === 0 ? kept.join('\n') : `${kept.join('\n')}\n… ${more} more ${more === 1 ? 'line' : 'lines'}`;
}

function cutBytes(text: string, maxBytes: number): string {
  return Buffer.from(text)
    .subarray(0, maxBytes)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
}

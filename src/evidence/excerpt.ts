import type { EvidenceLine } from '../domain/incident.ts';
import type { LogRecord } from './log-store.ts';
import { normaliseRecord } from './normalise.ts';

/** The records of the three windows, redacted. */
export interface ExcerptInput {
  readonly incident: readonly LogRecord[];
  readonly baselines: readonly (readonly LogRecord[])[];
}

export interface ExcerptBudget {
  readonly lines: number;
  /** Of all texts together, UTF-8. */
  readonly bytes: number;
}

/** Records that are alike, and how often they come: what the ranking sees. */
export interface LogGroup {
  readonly level: string;
  readonly service: string;
  /** The newest of the incident window. */
  readonly example: LogRecord;
  readonly observed: number;
  /** How often the baselines saw it, for a window of the same length. */
  readonly expected: number;
  /** 0 for what was last seen at the beginning of the incident window, 1 at its end. */
  readonly recency: number;
}

/** Everything that decides the order of lines stands here. */
export const WEIGHTS = {
  level: { fatal: 8, error: 7, warn: 4, '': 2, info: 1, debug: 0, trace: 0 } as Readonly<Record<string, number>>,
  /** Never seen in the baselines. */
  unseen: 5,
  /** Seen more often than expected, at most this, reached at ten times as often. */
  risen: 3,
  /** Seen as often as ever, or less. */
  usual: 0,
  recency: 0.9,
} as const;

const LINE_BYTES = 1_200;

/** The lines that explain the most, best first: what is severe, what is new, what came last. One line for each group. */
export function selectExcerpt(input: ExcerptInput, budget: ExcerptBudget): readonly EvidenceLine[] {
  const ranked = rankGroups(groupRecords(input));
  const lines: EvidenceLine[] = [];
  let bytes = 0;
  for (const { example, observed } of ranked) {
    if (lines.length >= budget.lines) break;
    const text = shorten(example.text, LINE_BYTES);
    bytes += Buffer.byteLength(text);
    if (bytes > budget.bytes && lines.length > 0) break;
    lines.push({ at: example.at, level: example.level, service: example.service, text, count: observed });
  }
  return lines;
}

/** Highest score first; what scores the same in the order of its newest record. */
export function rankGroups(groups: readonly LogGroup[]): readonly LogGroup[] {
  return groups
    .map((group) => ({ group, score: scoreOf(group) }))
    .sort((a, b) => b.score - a.score || (b.group.example.at ?? 0) - (a.group.example.at ?? 0))
    .map(({ group }) => group);
}

export function scoreOf({ level, observed, expected, recency }: LogGroup): number {
  const change =
    expected === 0
      ? WEIGHTS.unseen
      : observed > expected
        ? WEIGHTS.risen * Math.min(1, Math.log10(observed / expected))
        : WEIGHTS.usual;
  return (WEIGHTS.level[level] ?? WEIGHTS.level[''] ?? 0) + change + WEIGHTS.recency * recency;
}

export function groupRecords({ incident, baselines }: ExcerptInput): readonly LogGroup[] {
  const expected = new Map<string, number>();
  const read = baselines.filter((records) => records.length > 0);
  for (const record of read.flat()) {
    const key = keyOf(record);
    expected.set(key, (expected.get(key) ?? 0) + 1 / read.length);
  }
  const groups = new Map<string, { example: LogRecord; last: number; observed: number }>();
  incident.forEach((record, index) => {
    const key = keyOf(record);
    const group = groups.get(key);
    const last = record.at ?? index;
    if (group === undefined) groups.set(key, { example: record, last, observed: 1 });
    else {
      group.observed += 1;
      if (last >= group.last) Object.assign(group, { example: record, last });
    }
  });
  const [first, end] = span([...groups.values()].map(({ last }) => last));
  return [...groups].map(([key, { example, last, observed }]) => ({
    level: example.level,
    service: example.service,
    example,
    observed,
    expected: expected.get(key) ?? 0,
    recency: end > first ? (last - first) / (end - first) : 1,
  }));
}

function keyOf(record: LogRecord): string {
  return `${record.service}\n${record.level}\n${normaliseRecord(record.text)}`;
}

function span(values: readonly number[]): readonly [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
}

/** Whole lines from the top: of a stack trace the exception and its first frames, with how many more there were. */
function shorten(text: string, maxBytes: number): string {
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

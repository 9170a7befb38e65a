import type { LogRecord } from '../log-store.ts';
import { siteOfText, shapeOfText } from '../mining/message.ts';
import { TemplateMiner } from '../mining/miner.ts';

/** The records of one window; `weight` says how many each of a level stands for where a store sampled. */
export interface Sample {
  readonly records: readonly LogRecord[];
  readonly weight?: (level: string) => number;
}

export interface ExcerptInput {
  readonly incident: Sample;
  readonly baselines: readonly Sample[];
  /** The windows are equally long: then counts are compared, else shares of all records. */
  readonly sameLength: boolean;
  /** The time that was asked for: what stands near it counts. Epoch milliseconds. */
  readonly at: number | null;
  /** When the alert fired, where the windows are those of an alert. Epoch milliseconds. */
  readonly firedAt?: number;
}

/** Records that are alike, and how often they come: what the ranking sees. */
export interface LogGroup {
  /** Of the template. */
  readonly id: string;
  readonly template: string;
  /** Logger, program or place in the code; '' where lines do not say. */
  readonly site: string;
  readonly level: string;
  readonly service: string;
  /** The newest first; of the incident window where it has any. */
  readonly examples: readonly LogRecord[];
  /** All of the incident window, in their order. */
  readonly members: readonly LogRecord[];
  readonly observed: number;
  /** How often it would come if nothing had changed. */
  readonly expected: number;
  /** What never came here, but does come elsewhere: how often it would have been due here too. 0 where nobody knows it. */
  readonly dueFromElsewhere: number;
  /** Signed G: how certain it is that it became more (positive) or less. 0 where there is no baseline. */
  readonly change: number;
  /** 0 for what was last seen at the beginning of the incident window (or far from `at`), 1 at its end (or at `at`). */
  readonly recency: number;
  /** 0 for what began, or began to rise, before the alert fired; towards 1 the longer after it: half at a minute. */
  readonly late: number;
}

const MAX_EXAMPLES = 3;

interface Tally {
  readonly id: string;
  readonly template: string;
  readonly site: string;
  readonly level: string;
  readonly service: string;
  observed: number;
  before: number;
  /** As read, without weights: what the certainty depends on. */
  readObserved: number;
  readBefore: number;
  incident: LogRecord[];
  baseline: LogRecord[];
  readonly members: LogRecord[];
  last: number;
  nearest: number;
}

/** Mines all windows at once, and counts by service, level, place and template. */
export function groupRecords(input: ExcerptInput): readonly LogGroup[] {
  const tallies = tally(input);
  const read = input.baselines.filter(({ records }) => records.length > 0);
  const ratio = input.sameLength ? 1 / Math.max(1, read.length) : exposure(tallies);
  const [first, end] = span(tallies.filter(({ observed }) => observed > 0).map(({ last }) => last));
  const width = Math.max(1, end - first);
  const due = dueFromElsewhere(tallies);
  return tallies.map((one) => ({
    id: one.id,
    template: one.template,
    site: one.site,
    level: one.level,
    service: one.service,
    examples: (one.observed > 0 ? one.incident : one.baseline).slice(0, MAX_EXAMPLES),
    members: one.members,
    observed: one.observed,
    expected: one.before * ratio,
    dueFromElsewhere: one.before > 0 ? 0 : due(one) * ratio,
    change: read.length === 0 ? 0 : signedG(one.readObserved, one.readBefore, ratioAsRead(one, ratio)),
    recency:
      one.observed === 0
        ? 0
        : input.at === null
          ? end > first
            ? (one.last - first) / width
            : 1
          : 1 / (1 + one.nearest / 60_000),
    late: lateness(one, one.before * ratio, input.firedAt),
  }));
}

/**
 * What all services say now and then (a library, a framework) need not have been said here before: the share of this
 * service in all records times how often the others said it.
 */
function dueFromElsewhere(tallies: readonly Tally[]): (one: Tally) => number {
  const before = new Map<string, number>();
  const records = new Map<string, number>();
  let all = 0;
  for (const one of tallies) {
    const count = one.observed + one.before;
    before.set(kindOf(one), (before.get(kindOf(one)) ?? 0) + one.before);
    records.set(one.service, (records.get(one.service) ?? 0) + count);
    all += count;
  }
  return (one) => (before.get(kindOf(one)) ?? 0) * ((records.get(one.service) ?? 0) / Math.max(1, all));
}

function kindOf({ id, level, site }: Tally): string {
  return `${level}\n${site}\n${id}`;
}

/** Where more came than was to be expected, those beyond that number are the rise: it began with the first of them. */
function lateness({ members, observed }: Tally, expected: number, firedAt: number | undefined): number {
  const usual = Math.floor((members.length * expected) / observed);
  if (firedAt === undefined || usual >= members.length) return 0;
  const times = members.flatMap(({ at }) => (at === null ? [] : [at])).sort((a, b) => a - b);
  const minutes = Math.max(0, (times[usual] ?? firedAt) - firedAt) / 60_000;
  return minutes / (1 + minutes);
}

/** Weights change how many records were read of those there are; the test goes by what was read. */
function ratioAsRead(one: Tally, ratio: number): number {
  const incident = one.readObserved > 0 ? one.observed / one.readObserved : 1;
  const before = one.readBefore > 0 ? one.before / one.readBefore : 1;
  return (ratio * before) / incident;
}

/**
 * G of a likelihood-ratio test (Woolf 1957) that two counts come from one rate, the first in a window `ratio` times as
 * long as the second; negative where it became less.
 */
export function signedG(observed: number, before: number, ratio: number): number {
  const total = observed + before;
  if (total === 0 || ratio <= 0) return 0;
  const expected = (total * ratio) / (1 + ratio);
  const rest = total / (1 + ratio);
  const g = 2 * (term(observed, expected) + term(before, rest));
  return observed >= expected ? g : -g;
}

function term(count: number, expected: number): number {
  return count === 0 ? 0 : count * Math.log(count / expected);
}

/** How much more the incident holds of what both hold: the median over templates, so that one flood does not move it. */
function exposure(tallies: readonly Tally[]): number {
  const ratios = tallies
    .filter(({ observed, before }) => observed > 0 && before >= 5)
    .map(({ observed, before }) => observed / before)
    .sort((a, b) => a - b);
  if (ratios.length >= 10) return ratios[Math.floor(ratios.length / 2)] ?? 1;
  const sum = (pick: (one: Tally) => number): number => tallies.reduce((total, one) => total + pick(one), 0);
  return (
    sum(({ observed }) => observed) /
    Math.max(
      1,
      sum(({ before }) => before),
    )
  );
}

function tally({ incident, baselines, at }: ExcerptInput): Tally[] {
  const miner = new TemplateMiner();
  const samples = [incident, ...baselines];
  const slots = samples.map(({ records }) => records.map(({ text }) => miner.addShape(shapeOfText(text))));
  const templates = miner.finish();
  const tallies = new Map<string, Tally>();
  samples.forEach(({ records, weight }, window) => {
    records.forEach((record, index) => {
      const { id, text } = templates[slots[window]?.[index] ?? 0] ?? { id: '', text: '' };
      const one = tallyOf(tallies, record, id, text);
      count(one, record, index, window === 0, weight?.(record.level) ?? 1, at);
    });
  });
  return [...tallies.values()];
}

function tallyOf(tallies: Map<string, Tally>, record: LogRecord, id: string, template: string): Tally {
  const site = siteOfText(record.text);
  const key = `${record.service}\n${record.level}\n${site}\n${id}`;
  const known = tallies.get(key);
  if (known !== undefined) return known;
  const { level, service } = record;
  const counts = { observed: 0, before: 0, readObserved: 0, readBefore: 0, last: -Infinity, nearest: Infinity };
  const made: Tally = { id, template, site, level, service, incident: [], baseline: [], members: [], ...counts };
  tallies.set(key, made);
  return made;
}

function count(
  one: Tally,
  record: LogRecord,
  index: number,
  isIncident: boolean,
  weight: number,
  at: number | null,
): void {
  if (!isIncident) {
    one.before += weight;
    one.readBefore += 1;
    if (one.baseline.length < MAX_EXAMPLES) one.baseline.push(record);
    return;
  }
  one.members.push(record);
  one.observed += weight;
  one.readObserved += 1;
  const last = record.at ?? index;
  if (last >= one.last) {
    one.last = last;
    one.incident = [record, ...one.incident.slice(0, MAX_EXAMPLES - 1)];
  } else if (one.incident.length < MAX_EXAMPLES) one.incident.push(record);
  if (at !== null && record.at !== null) one.nearest = Math.min(one.nearest, Math.abs(record.at - at));
}

function span(values: readonly number[]): readonly [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
}

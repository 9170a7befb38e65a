import { chooseGroups, round, shorten } from './excerpt.ts';
import type { NumberedRecord } from './file/read-records.ts';
import { groupRecords } from './ranking/log-group.ts';
import { sayClock } from '../domain/moment.ts';
import { rankGroups, type ChangeClass, type RankedGroup } from './ranking/rank.ts';
import { scoreWithin } from './ranking/within.ts';
import type { Redactor } from './redact.ts';
import { logWindows } from './windows.ts';

/** What files hold about an incident: the shape that the contract gives `logs excerpt -o json`. Times are RFC 3339. */
export interface FileExcerpt {
  readonly state: 'complete' | 'partial' | 'unavailable';
  readonly reason: string;
  readonly windows: readonly FileWindow[];
  readonly lines: readonly FileExcerptLine[];
  readonly templates: readonly FileTemplate[];
}

export interface FileWindow {
  readonly name: 'incident' | 'before' | 'day_before';
  readonly from: string | null;
  readonly to: string | null;
  readonly records: number;
  readonly sampled: boolean;
}

export interface FileExcerptLine {
  readonly at: string | null;
  readonly level: string;
  readonly service: string;
  readonly text: string;
  /** The id of its template. */
  readonly template: string;
  readonly class: ChangeClass;
  /** Its number in the file, from 1. */
  readonly line: number;
}

export interface FileTemplate {
  readonly id: string;
  readonly text: string;
  readonly class: ChangeClass;
  readonly service: string;
  readonly level: string;
  readonly observed: number;
  readonly expected: number;
  readonly score: number;
  readonly examples: readonly string[];
}

export interface FileSources {
  readonly incident: FileRecords;
  /** What a usual time looks like; null where nobody named any. */
  readonly baseline: FileRecords | null;
  /** When it was noticed. Epoch milliseconds. */
  readonly at: number | null;
  readonly service: string | null;
}

export interface FileRecords {
  readonly records: readonly NumberedRecord[];
  /** How many there were, those that had to be forgotten included. */
  readonly all: number;
}

export interface FileBudget {
  readonly lines: number;
  readonly templates: number;
}

const LINE_BYTES = 8_192;

interface Window {
  readonly name: FileWindow['name'];
  readonly from: number | null;
  readonly to: number | null;
  readonly records: readonly NumberedRecord[];
  readonly all: number;
}

/** The lines and templates of these files that explain most, best first, or why there are none. Redacted. */
export function explainFiles(sources: FileSources, budget: FileBudget, redact: Redactor): FileExcerpt {
  const [incident, ...baselines] = windowsOf(sources);
  const windows = [incident, ...baselines].map(speakWindow);
  if (incident.records.length === 0 && baselines.every(({ records }) => records.length === 0))
    return { state: 'unavailable', reason: nothing(sources), windows, lines: [], templates: [] };
  const compared = baselines.some(({ records }) => records.length > 0);
  const ranked = rankGroups(
    groupRecords({
      incident: { records: incident.records },
      baselines: baselines.map(({ records }) => ({ records })),
      sameLength: sources.baseline === null,
      at: sources.at,
    }),
  );
  const found = compared
    ? byChange(ranked, budget, redact)
    : withinOne(incident.records, ranked, budget, sources.at, redact);
  const partial = [incident, ...baselines].some(({ all, records }) => all > records.length);
  return {
    state: partial ? 'partial' : 'complete',
    reason: speak(incident, baselines, compared, partial),
    windows,
    ...found,
  };
}

/** A baseline file makes all of the other one the incident; else a time cuts one file into windows, where it has times. */
function windowsOf({ incident, baseline, at, service }: FileSources): readonly [Window, ...Window[]] {
  const mine = ofService(incident, service);
  if (baseline !== null) return [whole('incident', mine), whole('before', ofService(baseline, service))];
  if (at === null || mine.records.every((record) => record.at === null)) return [whole('incident', mine)];
  const [now, ...before] = logWindows({ startsAt: at, now: at + 120_000 }).map(({ name, from, to }) => {
    const records = mine.records.filter((record) => record.at !== null && record.at >= from && record.at < to);
    return { name, from, to, records, all: records.length };
  });
  return [now ?? whole('incident', mine), ...before];
}

function ofService({ records, all }: FileRecords, service: string | null): FileRecords {
  if (service === null) return { records, all };
  const own = records.filter((record) => record.service.toLowerCase() === service.toLowerCase());
  return { records: own, all: own.length + (all - records.length) };
}

function whole(name: Window['name'], { records, all }: FileRecords): Window {
  const times = records.flatMap(({ at }) => (at === null ? [] : [at]));
  const from = times.reduce<number | null>((low, at) => (low === null || at < low ? at : low), null);
  const to = times.reduce<number | null>((high, at) => (high === null || at > high ? at : high), null);
  return { name, from, to, records, all };
}

function speakWindow({ name, from, to, records, all }: Window): FileWindow {
  const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  return { name, from: time(from), to: time(to), records: all, sampled: all > records.length };
}

type Found = Pick<FileExcerpt, 'lines' | 'templates'>;

function byChange(ranked: readonly RankedGroup[], budget: FileBudget, redact: Redactor): Found {
  return {
    lines: chooseGroups(ranked, budget.lines).flatMap((group) => {
      const example = group.examples[0] as NumberedRecord | undefined;
      return example === undefined ? [] : [lineOf(example, group, redact)];
    }),
    templates: chooseGroups(ranked, budget.templates).map((group) => templateOf(group, group.score, redact)),
  };
}

/** Lines by what they say and where they stand; a template is worth what its best line is. */
function withinOne(
  records: readonly NumberedRecord[],
  ranked: readonly RankedGroup[],
  budget: FileBudget,
  at: number | null,
  redact: Redactor,
): Found {
  const scores = scoreWithin(records, at);
  const groups = new Map<NumberedRecord, RankedGroup>();
  for (const group of ranked) for (const record of group.members) groups.set(record as NumberedRecord, group);
  const best = new Map<RankedGroup, { score: number; record: NumberedRecord }>();
  const order = records
    .map((record, index) => ({ record, score: scores[index] ?? 0 }))
    .sort((a, b) => b.score - a.score || a.record.line - b.record.line);
  for (const one of order) {
    const group = groups.get(one.record);
    if (group !== undefined && !best.has(group)) best.set(group, one);
  }
  const lines = order.slice(0, budget.lines).flatMap(({ record }) => {
    const group = groups.get(record);
    return group === undefined ? [] : [lineOf(record, group, redact)];
  });
  const templates = [...best].slice(0, budget.templates).map(([group, { score, record }]) => {
    const examples = [record, ...group.examples.filter((example) => example !== record)].slice(0, 3);
    return templateOf({ ...group, examples }, score, redact);
  });
  return { lines, templates };
}

function lineOf(record: NumberedRecord, group: RankedGroup, redact: Redactor): FileExcerptLine {
  const { at, level, service, text, line } = record;
  return {
    at: at === null ? null : new Date(at).toISOString(),
    level,
    service: redact(service),
    text: shorten(redact(text), LINE_BYTES),
    template: group.id,
    class: group.class,
    line,
  };
}

function templateOf(group: RankedGroup, score: number, redact: Redactor): FileTemplate {
  const { id, template, site, service, level, observed, expected, examples } = group;
  return {
    id,
    text: redact(site === '' ? template : `${site} ${template}`),
    class: group.class,
    service: redact(service),
    level,
    observed: Math.round(observed),
    expected: round(expected),
    score: Math.round(score * 1_000) / 1_000,
    examples: examples.map(({ text }) => shorten(redact(text), LINE_BYTES)),
  };
}

function nothing({ service, incident, at }: FileSources): string {
  if (incident.records.length === 0) return 'The input holds no lines: see whether it is the right file.';
  if (service !== null)
    return `None of ${sayRecords(incident.records.length)} is of the service "${service}": see which there are, or leave out --service.`;
  return `None of ${sayRecords(incident.records.length)} is of the time around ${at === null ? 'it' : sayClock(at, null)}: see which time the file covers, or leave out --at.`;
}

function sayRecords(count: number): string {
  return count === 1 ? '1 record' : `${count} records`;
}

function speak(incident: Window, baselines: readonly Window[], compared: boolean, partial: boolean): string {
  const before = baselines.reduce((sum, { records }) => sum + records.length, 0);
  const records = sayRecords(incident.records.length);
  const looked = compared
    ? `${records}, against ${before} of the usual time.`
    : `${records} with nothing to compare them with: ranked by words of failure, severity, rarity and nearness to the end${baselines.length > 0 ? '' : '; --baseline FILE or --at TIME compares'}.`;
  return partial
    ? `${looked} The input is larger than can be ranked at once: its oldest records were left out.`
    : looked;
}

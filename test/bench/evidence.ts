import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { explainFiles, type FileExcerpt, type FileRecords } from '../../src/evidence/file-excerpt.ts';
import { RecordReader } from '../../src/evidence/file/read-records.ts';
import { LineMiner } from '../../src/evidence/mining/line-miner.ts';
import { PlainDrain } from './drain.ts';

/** Data that is evaluated with, and never part of the project. */
const LOGS = new URL('../../../shared/corpus/logs/', import.meta.url).pathname;

/** Every development system, the causal sites, the CI failures, and the speed. @returns the tables */
export async function benchEvidence(): Promise<string> {
  const parts = [
    ['loghub', benchGrouping],
    ['trainticket', benchSites],
    ['ci-failures', benchFailures],
    ['loghub', benchSpeed],
  ] as const;
  return parts
    .map(([folder, run]) =>
      existsSync(join(LOGS, folder))
        ? run(join(LOGS, folder))
        : `${folder}: absent (looked for it in ../shared/corpus/logs)`,
    )
    .join('\n\n');
}

interface Labelled {
  readonly system: string;
  readonly content: readonly string[];
  readonly raw: readonly string[];
  readonly events: readonly string[];
}

function readLabelled(folder: string): Labelled[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name: system }) => {
      const [head = [], ...rows] = readCsv(
        readFileSync(join(folder, system, `${system}_2k.log_structured.csv`), 'utf8'),
      );
      const column = (name: string): string[] => rows.map((row) => row[head.indexOf(name)] ?? '');
      const raw = readFileSync(join(folder, system, `${system}_2k.log`), 'utf8')
        .trimEnd()
        .split('\n');
      return { system, content: column('Content'), raw, events: column('EventId') };
    });
}

/** RFC 4180. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (row.length > 1) rows.push(row);
    row = [];
  }
  return rows;
}

interface Score {
  /** Share of lines whose cluster is exactly the true one (Zhu et al., ICSE-SEIP 2019). */
  readonly accuracy: number;
  /** Of exactly found clusters among all clusters (Jiang et al., ISSTA 2024). */
  readonly f1: number;
}

function compare(found: readonly (string | number)[], truth: readonly string[]): Score {
  const groupsOf = (labels: readonly (string | number)[]): Map<string | number, number[]> => {
    const groups = new Map<string | number, number[]>();
    labels.forEach((label, line) => groups.set(label, [...(groups.get(label) ?? []), line]));
    return groups;
  };
  const trueGroups = groupsOf(truth);
  const foundGroups = groupsOf(found);
  const exact = [...foundGroups.values()].filter((lines) => {
    const label = truth[lines[0] ?? 0] ?? '';
    return trueGroups.get(label)?.length === lines.length && lines.every((line) => truth[line] === label);
  });
  const [precision, recall] = [exact.length / foundGroups.size, exact.length / trueGroups.size];
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { accuracy: exact.reduce((sum, lines) => sum + lines.length, 0) / truth.length, f1 };
}

function mine(lines: readonly string[]): string[] {
  const miner = new LineMiner();
  for (const line of lines) miner.add(line);
  return [...miner.finish().byLine()].map(({ id }) => id);
}

function drain(lines: readonly string[]): number[] {
  const reference = new PlainDrain();
  return lines.map((line) => reference.add(line));
}

function benchGrouping(folder: string): string {
  const rows = readLabelled(folder).map(({ system, content, raw, events }) => {
    const own = compare(mine(content), events);
    return [
      system,
      own.accuracy,
      own.f1,
      compare(mine(raw), events).accuracy,
      compare(drain(content), events).accuracy,
    ] as const;
  });
  const mean = ([1, 2, 3, 4] as const).map((column) => rows.reduce((sum, row) => sum + row[column], 0) / rows.length);
  const line = (name: string, values: readonly number[]): string =>
    `${name.padEnd(14)}${values.map((value) => value.toFixed(3).padStart(14)).join('')}`;
  return [
    'grouping (wanted: accuracy ≥ 0.95 in the mean, one configuration)',
    `${''.padEnd(14)}${['accuracy', 'F1', 'on raw lines', 'plain Drain'].map((name) => name.padStart(14)).join('')}`,
    ...rows.map(([system, ...values]) => line(system, values)),
    line('mean', mean),
  ].join('\n');
}

function readRecords(lines: readonly string[]): FileRecords {
  const reader = new RecordReader({ raw: false, now: Date.now() });
  for (const line of lines) reader.add(line);
  return reader.finish();
}

const asItIs = (text: string): string => text;

interface FaultCase {
  readonly case: string;
  readonly new_log_sites: readonly string[];
  readonly vanished_log_sites: readonly string[];
}

function benchSites(folder: string): string {
  const load = (name: string): FileRecords =>
    readRecords(
      gunzipSync(readFileSync(join(folder, `${name}.ndjson.gz`)))
        .toString('utf8')
        .trimEnd()
        .split('\n'),
    );
  const baseline = load('baseline');
  const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as readonly FaultCase[];
  const rows = cases.map(({ case: name, new_log_sites: fresh, vanished_log_sites: gone }) => {
    const { templates } = explainFiles(
      { incident: load(name), baseline, at: null, service: null },
      { lines: 20, templates: 100 },
      asItIs,
    );
    const kind = fresh.length > 0 ? 'new site' : gone.length > 0 ? 'lost sites' : 'neither';
    return { name, kind, place: placeOf(templates, fresh.length > 0 ? fresh : gone) };
  });
  const within = (kind: string, most: number): string => {
    const own = rows.filter((row) => row.kind === kind);
    return `${own.filter(({ place }) => place > 0 && place <= most).length} of ${own.length}`;
  };
  return [
    'causal site among the templates, all services in scope (wanted: new sites 6 of 6 in the first 5, lost sites 2 of 3 in the first 10)',
    ...rows.map(
      ({ name, kind, place }) =>
        `${name.padEnd(28)}${kind.padEnd(12)}${place > 0 ? `place ${place}` : kind === 'neither' ? '-' : 'not found'}`,
    ),
    `new sites in the first 5: ${within('new site', 5)}; lost sites in the first 10: ${within('lost sites', 10)}`,
  ].join('\n');
}

/** From 1; 0 where none of the sites shows. */
function placeOf(templates: FileExcerpt['templates'], sites: readonly string[]): number {
  return (
    templates.findIndex(({ text, examples }) =>
      sites.some((site) => [text, ...examples].some((one) => one.includes(site))),
    ) + 1
  );
}

interface GroundTruth {
  readonly required_signals: readonly { readonly evidence_lines: readonly (readonly [number, number])[] }[];
}

function benchFailures(folder: string): string {
  const rows = readdirSync(folder).map((name) => {
    const truth = JSON.parse(readFileSync(join(folder, name, 'ground_truth.json'), 'utf8')) as GroundTruth;
    const wanted = new Set(
      truth.required_signals.flatMap(({ evidence_lines: spans }) =>
        spans.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index)),
      ),
    );
    const incident = readRecords(readFileSync(join(folder, name, 'raw.log'), 'utf8').split('\n'));
    const { lines } = explainFiles(
      { incident, baseline: null, at: null, service: null },
      { lines: 100, templates: 20 },
      asItIs,
    );
    const share = (most: number): number =>
      new Set(
        lines
          .slice(0, most)
          .map(({ line }) => line)
          .filter((line) => wanted.has(line)),
      ).size / wanted.size;
    return { name, wanted: wanted.size, first20: share(20), first100: share(100) };
  });
  const mean = (pick: (row: (typeof rows)[number]) => number): string =>
    (rows.reduce((sum, row) => sum + pick(row), 0) / rows.length).toFixed(3).padStart(8);
  return [
    'labelled evidence lines of CI failures within 20 and 100 lines (wanted: ≥ 0.75 and ≥ 0.90 in the mean)',
    ...rows.map(
      ({ name, wanted, first20, first100 }) =>
        `${name.padEnd(36)}${String(wanted).padStart(3)} lines${first20.toFixed(3).padStart(8)}${first100.toFixed(3).padStart(8)}`,
    ),
    `${'mean'.padEnd(45)}${mean(({ first20 }) => first20)}${mean(({ first100 }) => first100)}`,
  ].join('\n');
}

const ROUNDS = 7;
const COPIES = 5;

/** In turn, so that a busy machine slows both; the best of each. */
function benchSpeed(folder: string): string {
  const all = readLabelled(folder);
  const rows = (['content', 'raw'] as const).map((form) => {
    const lines = Array.from({ length: COPIES }, () => all.flatMap((one) => one[form])).flat();
    const best = { own: 0, reference: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      best.own = Math.max(best.own, perSecond(lines, mine));
      best.reference = Math.max(best.reference, perSecond(lines, drain));
    }
    return `${form.padEnd(10)}${best.own.toFixed(0).padStart(10)} lines/s${best.reference.toFixed(0).padStart(10)} lines/s${(best.own / best.reference).toFixed(2).padStart(8)}`;
  });
  return ['mined on one core, against plain Drain (test/bench/drain.ts) in the same run (wanted: ≥ 0.8)', ...rows].join(
    '\n',
  );
}

function perSecond(lines: readonly string[], run: (lines: readonly string[]) => unknown): number {
  const began = performance.now();
  run(lines);
  return (lines.length / (performance.now() - began)) * 1_000;
}

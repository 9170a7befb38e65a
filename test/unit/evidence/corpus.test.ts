import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { selectExcerpt } from '../../../src/evidence/excerpt.ts';
import { explainFiles, type FileRecords } from '../../../src/evidence/file-excerpt.ts';
import { RecordReader } from '../../../src/evidence/file/read-records.ts';
import type { Document } from '../../../src/evidence/reading/document.ts';
import { LineMiner } from '../../../src/evidence/mining/line-miner.ts';
import { readDocument, type LocatedRecord } from '../../../src/evidence/records.ts';
import { createRedactor } from '../../../src/evidence/redact.ts';
import { CORPUS, describeWith } from '../../helpers/requires.ts';

const redact = createRedactor(Buffer.from('a key for tests'));

describeWith('corpus', 'recorded logs', () => {
  it('show the line that names the fault, where there is one, as the first of the faulty service', () => {
    const folder = join(CORPUS, 'logs', 'trainticket');
    const load = (name: string): LocatedRecord[] =>
      gunzipSync(readFileSync(join(folder, name)))
        .toString('utf8')
        .trim()
        .split('\n')
        .map((line) => readDocument(JSON.parse(line) as Document, 0))
        .map((record) => ({ ...record, text: redact(record.text) }));
    const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as readonly {
      case: string;
      faulty_service: string;
      new_log_sites: readonly string[];
    }[];
    const baseline = load('baseline.ndjson.gz');
    const places = cases
      .filter(({ new_log_sites: sites }) => sites.length > 0)
      .map(({ case: name, faulty_service: service, new_log_sites: sites }) => {
        const own = (records: readonly LocatedRecord[]) => ({
          records: records.filter((record) => record.service === service),
        });
        const lines = selectExcerpt(
          { incident: own(load(`${name}.ndjson.gz`)), baselines: [own(baseline)], sameLength: false, at: null },
          { lines: 20, bytes: 16_384 },
        );
        return [name, lines.findIndex(({ text }) => sites.some((site) => text.includes(site)))];
      });
    expect(places.length).toBeGreaterThan(0);
    expect(places).toEqual(places.map(([name]) => [name, 0]));
  }, 300_000);

  it('name the cause among the first five templates, all services in scope, also where it only vanished', () => {
    const folder = join(CORPUS, 'logs', 'trainticket');
    const load = (name: string): FileRecords => {
      const reader = new RecordReader({ raw: false, now: 0 });
      for (const line of gunzipSync(readFileSync(join(folder, name)))
        .toString('utf8')
        .trim()
        .split('\n'))
        reader.add(line);
      return reader.finish();
    };
    const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as readonly {
      case: string;
      new_log_sites: readonly string[];
      vanished_log_sites: readonly string[];
    }[];
    const baseline = load('baseline.ndjson.gz');
    for (const { case: name, new_log_sites: fresh, vanished_log_sites: gone } of cases) {
      const sites = fresh.length > 0 ? fresh : gone;
      if (sites.length === 0) continue;
      const sources = { incident: load(`${name}.ndjson.gz`), baseline, at: null, service: null };
      const { templates } = explainFiles(sources, { lines: 20, templates: 5 }, redact);
      expect([name, templates.some(({ text }) => sites.some((site) => text.includes(site)))]).toEqual([name, true]);
    }
  }, 300_000);

  it('of a failed build show three in four of the lines that people marked within 20, nine in ten within 100', () => {
    const folder = join(CORPUS, 'logs', 'ci-failures');
    const shares = readdirSync(folder).map((name) => {
      const truth = JSON.parse(readFileSync(join(folder, name, 'ground_truth.json'), 'utf8')) as {
        required_signals: { evidence_lines: [number, number][] }[];
      };
      const wanted = new Set<number>();
      for (const { evidence_lines: spans } of truth.required_signals)
        for (const [from, to] of spans) for (let line = from; line <= to; line += 1) wanted.add(line);
      const reader = new RecordReader({ raw: false, now: 0 });
      for (const line of readFileSync(join(folder, name, 'raw.log'), 'utf8').split('\n')) reader.add(line);
      const sources = { incident: reader.finish(), baseline: null, at: null, service: null };
      const { lines } = explainFiles(sources, { lines: 100, templates: 1 }, redact);
      return [20, 100].map((most) => lines.slice(0, most).filter(({ line }) => wanted.has(line)).length / wanted.size);
    });
    const mean = (column: number): number =>
      shares.reduce((sum, share) => sum + (share[column] ?? 0), 0) / shares.length;
    expect(mean(0)).toBeGreaterThanOrEqual(0.75);
    expect(mean(1)).toBeGreaterThanOrEqual(0.9);
  }, 300_000);

  it('are grouped as people grouped them: at least 95 % of lines in exactly the right group, over all systems', () => {
    const folder = join(CORPUS, 'logs', 'loghub');
    const systems = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const shares = systems.map(({ name }) => {
      const rows = readFileSync(join(folder, name, `${name}_2k.log_structured.csv`), 'utf8')
        .trimEnd()
        .split(/\r?\n/);
      // The event stands behind the content and before its template; ids look like no content.
      const events = rows.slice(1).map((row) => [...row.matchAll(/,(E\d+),/g)].at(-1)?.[1] ?? '');
      const miner = new LineMiner();
      for (const line of readFileSync(join(folder, name, `${name}_2k.log`), 'utf8')
        .trimEnd()
        .split('\n'))
        miner.add(line);
      return shareOfExactGroups(
        [...miner.finish().byLine()].map(({ id }) => id),
        events,
      );
    });
    expect(shares.length).toBeGreaterThan(0);
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeGreaterThanOrEqual(0.95);
  }, 300_000);

  it('are left as they are by redaction, but for what is to be hidden: fewer than 1 line in 1,000 is touched', () => {
    const folder = join(CORPUS, 'logs', 'loghub');
    const systems = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const lines = systems.flatMap(({ name }) => readFileSync(join(folder, name, `${name}_2k.log`), 'utf8').split('\n'));
    const touched = lines.filter((line) => redact(line) !== line);
    expect(lines.length).toBeGreaterThan(10_000);
    expect(touched.length).toBeLessThan(lines.length / 1_000);
  });
});

/** The share of lines that are grouped with exactly those that they belong with. */
function shareOfExactGroups(found: readonly string[], truth: readonly string[]): number {
  const groups = (labels: readonly string[]): Map<string, number[]> =>
    labels.reduce((map, label, line) => map.set(label, [...(map.get(label) ?? []), line]), new Map<string, number[]>());
  const expected = groups(truth);
  const exact = [...groups(found).values()].filter((lines) => {
    const label = truth[lines[0] ?? 0] ?? '';
    return expected.get(label)?.length === lines.length && lines.every((line) => truth[line] === label);
  });
  return exact.reduce((sum, lines) => sum + lines.length, 0) / truth.length;
}

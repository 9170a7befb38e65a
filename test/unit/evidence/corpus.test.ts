import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { selectExcerpt } from '../../../src/evidence/excerpt.ts';
import type { Document } from '../../../src/evidence/reading/document.ts';
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
  }, 120_000);

  it('are left as they are by redaction, but for what is to be hidden: fewer than 1 line in 1,000 is touched', () => {
    const folder = join(CORPUS, 'logs', 'loghub');
    const systems = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const lines = systems.flatMap(({ name }) => readFileSync(join(folder, name, `${name}_2k.log`), 'utf8').split('\n'));
    const touched = lines.filter((line) => redact(line) !== line);
    expect(lines.length).toBeGreaterThan(10_000);
    expect(touched.length).toBeLessThan(lines.length / 1_000);
  });
});

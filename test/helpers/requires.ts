import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildElasticsearch, buildOpensearch, type Built } from '../servers/elasticsearch-build.ts';
import { findAlertmanager, findPostgres, findProgram, findPrometheus } from '../servers/programs.ts';

/** Recorded payloads, alerts and logs beside the project's folder; not part of the repository. */
export const CORPUS = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'shared', 'corpus');

/** What some machines lack. */
export type Requirement =
  | 'prometheus'
  | 'alertmanager'
  | 'elasticsearch'
  | 'elasticsearch7'
  | 'elasticsearch9'
  | 'opensearch'
  | 'chromium'
  | 'corpus'
  | 'openssl'
  | 'postgres';

/** Each says what is missing and how to get it, or null where the machine has it. */
const MISSING: Readonly<Record<Requirement, () => string | null>> = {
  prometheus: () => (findPrometheus() === null ? 'no Prometheus here (apt-get install prometheus)' : null),
  alertmanager: () =>
    findAlertmanager() === null ? 'no Alertmanager here (apt-get install prometheus-alertmanager)' : null,
  elasticsearch: () => missingServer('Elasticsearch', buildElasticsearch),
  elasticsearch7: () => missingServer('Elasticsearch 7.17', () => buildElasticsearch(7)),
  elasticsearch9: () => missingServer('Elasticsearch 9', () => buildElasticsearch(9)),
  opensearch: () => missingServer('OpenSearch', buildOpensearch),
  chromium: () => (findProgram('chromium') === null ? 'no Chromium here (apt-get install chromium)' : null),
  openssl: () => (findProgram('openssl') === null ? 'no openssl here (apt-get install openssl)' : null),
  postgres: () => (findPostgres() === null ? 'no PostgreSQL server here (apt-get install postgresql)' : null),
  corpus: () => (existsSync(CORPUS) ? null : 'no recorded data here (../shared/corpus, beside the project)'),
};

function missingServer(name: string, build: () => Built): string | null {
  const built = build();
  return built.ok ? null : `no ${name} here: ${built.reason}`;
}

/**
 * `describe` for tests that need a server or data that not every machine has. Where something is missing they are
 * skipped under a name that says why (skip-reporter.js prints these at the end); with CI=true nothing is skipped:
 * there, what is missing is a test that fails.
 */
export function describeWith(needs: Requirement | readonly Requirement[], name: string, tests: () => void): void {
  const missing = [needs].flat().flatMap((need) => MISSING[need]() ?? []);
  if (missing.length === 0) {
    describe(name, tests);
  } else if (process.env['CI'] === 'true') {
    describe(name, () => {
      it('has what it needs', () => {
        throw new Error(`CI=true skips nothing, but there is ${missing.join('; ')}`);
      });
    });
  } else {
    describe.skip(`${name} [skipped: ${missing.join('; ')}]`, tests);
  }
}

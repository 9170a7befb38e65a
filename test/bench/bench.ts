/**
 * The benchmarks: `npm run bench`, or `npm run bench -- NAME…`, on SQLite, or on PostgreSQL where `postgres` is among the
 * names. Each prints a table; figures are ratios against a named
 * reference of the same run where there is one. Nothing here is a test: a slow machine fails nobody.
 */

import { useStorage } from './bridge.ts';

const BENCHMARKS: Readonly<Record<string, { what: string; run: () => Promise<string> }>> = {
  idle: {
    what: 'Idle memory and time to ready (wanted: < 170 MB, < 1.5 s)',
    run: async () => (await import('./idle.ts')).benchIdle(),
  },
  ingest: {
    what: 'Durable ingest of the whole bridge against test/bench/reference.ts (wanted: ≥ 0.7 at 1 and 10 alerts, ≥ 0.6 at 100)',
    run: async () => (await import('./ingest-whole.ts')).benchIngest(),
  },
  alertmanager: {
    what: "Durable ingest against Debian's Alertmanager taking the same alerts into memory (wanted: ≥ 0.8 at 1, 2 at 10, 4 at 100; RSS flat)",
    run: async () => (await import('./alertmanager.ts')).benchAlertmanager(),
  },
  page: {
    what: 'From webhook to the Level 2 mail handed to SMTP, no logs (wanted: p99 < 250 ms)',
    run: async () => (await import('./page.ts')).benchPage(),
  },
  storm: {
    what: '100,000 alerts to incident, category and queued notice (wanted: ≥ 5,000 a second, RSS < 512 MB, p99 < 1 s)',
    run: async () => (await import('./storm.ts')).benchStorm(),
  },
  console: {
    what: 'Server time of the list at 1,000 and 200,000 incidents (wanted: < 100 ms, ratio < 1.3)',
    run: async () => (await import('./console.ts')).benchConsole(),
  },
  evidence: {
    what: 'Templates of logs, causal sites, evidence lines, how fast; then `search`',
    run: async () =>
      `${await (await import('./evidence.ts')).benchEvidence()}\n\n${await (await import('./search.ts')).benchSearch()}`,
  },
  search: {
    what: 'Elasticsearch → excerpt, and the whole bridge meanwhile',
    run: async () => (await import('./search.ts')).benchSearch(),
  },
  judgement: {
    what: 'Category of the labelled alerts',
    run: async () => (await import('./judgement.ts')).benchJudgement(),
  },
};

const given = process.argv.slice(2).filter((name) => !name.startsWith('-'));
const names = given.filter((name) => name !== 'postgres');
if (given.includes('postgres')) useStorage('postgres');
const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}\n`);
  process.exit(2);
}
/** Is a part of `evidence`, and can be asked for alone. */
const PART = 'search';
const all = Object.keys(BENCHMARKS).filter((name) => name !== PART);
for (const name of names.length > 0 ? names : all) {
  const { what, run } = BENCHMARKS[name] as (typeof BENCHMARKS)[string];
  process.stdout.write(`\n${name}: ${what}\n`);
  process.stdout.write(`${await run()}\n`);
}

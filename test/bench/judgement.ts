/**
 * How good the shipped category rules are, on the labelled development alerts beside the project (`../shared/corpus`):
 * macro-F1 over the unambiguous rows, precision and recall by class, the share decided at a precision of .95, speed,
 * and every public rule once through. Rules were tuned on half A only; half B shows whether they carry over.
 *
 * `npm run bench -- judgement [--errors]`; `--errors` lists what goes wrong in half A.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { compileClassifier, DEFAULT_THRESHOLD } from '../../src/classify/classifier.ts';
import type { AlertFacts } from '../../src/classify/facts.ts';
import { ruleFile, type CategoryRule } from '../../src/config/rules-schema.ts';
import type { Classification } from '../../src/domain/category.ts';

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly alert: string;
  readonly expr: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly label?: string;
  readonly ambiguous?: boolean;
  readonly alternative?: string | null;
}
interface Judged {
  readonly row: Row;
  readonly truth: string;
  readonly verdict: Classification;
}

const ROOT = join(import.meta.dirname, '../..');
const CORPUS = join(ROOT, '../shared/corpus/alerts');
const CLASSES = [
  'software-installation-failure',
  'network-downtime',
  'data-security-breach',
  'cloud-service-interruption',
  'other',
] as const;

const said: string[] = [];
const say = (line = '') => void said.push(line);
const percent = (share: number) => (Number.isFinite(share) ? share.toFixed(3) : '  –  ');

/** @returns the tables, or why there are none */
export async function benchJudgement(): Promise<string> {
  if (existsSync(join(CORPUS, 'labelled.dev.ndjson'))) judge();
  else say('skipped: ../shared/corpus/alerts is not here; it lies beside the project, not in it');
  return said.join('\n');
}

function judge() {
  const rules = shippedRules();
  const rows = read('labelled.dev.ndjson');
  const always = compileClassifier(rules, { threshold: 0 });
  const judged = rows.map((row) => ({ row, truth: truthOf(row), verdict: always.classify(factsOf(row)) }));
  const sure = judged.filter(({ row }) => row.ambiguous === false);
  const [a, b] = [sure.filter(({ row }) => inHalfA(row)), sure.filter(({ row }) => !inHalfA(row))];
  say(`${rules.length} rules, ${rows.length} labelled alerts, ${sure.length} of them unambiguous`);
  report('half A (tuned on)', a);
  report('half B (kept aside)', b);
  report('all unambiguous', sure);
  const doubtful = judged.filter(({ row }) => row.ambiguous === true);
  const agreed = doubtful.filter(({ row, truth, verdict }) =>
    [truth, className(row.alternative)].includes(verdict.category),
  );
  say(`ambiguous rows: one of their two labels in ${agreed.length} of ${doubtful.length}`);
  reportDecided(a, b, sure);
  if (process.argv.includes('--errors')) listErrors(judged.filter(({ row }) => inHalfA(row)));
  reportPublicRules(rules, read('alerts.ndjson'));
}

function shippedRules(): readonly CategoryRule[] {
  return ruleFile.parse(parse(readFileSync(join(ROOT, 'rules/categories.yaml'), 'utf8'))).categories ?? [];
}

function read(file: string): Row[] {
  const lines = readFileSync(join(CORPUS, file), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
}

/** As an alert of such a rule would arrive. */
function factsOf({ alert, expr, labels, annotations }: Row): AlertFacts {
  return { labels: { ...labels, alertname: alert }, annotations, source: 'bench', expression: expr };
}

function className(label: string | null | undefined): string {
  return label === 'none' ? 'other' : (label ?? '');
}

function truthOf(row: Row): string {
  return className(row.label);
}

function inHalfA(row: Row): boolean {
  return createHash('sha256').update(row.id).digest().readUInt32BE(0) % 2 === 0;
}

function report(title: string, judged: readonly Judged[]) {
  say(`\n${title}: ${judged.length} alerts, every one decided`);
  say(`${'class'.padEnd(32)}     n  precision  recall     F1`);
  const scores = CLASSES.map((name) => score(name, judged));
  for (const { name, n, precision, recall, f1 } of scores)
    say(`${name.padEnd(32)} ${String(n).padStart(5)}      ${percent(precision)}   ${percent(recall)}  ${percent(f1)}`);
  const macro = scores.reduce((sum, { f1 }) => sum + f1, 0) / scores.length;
  const right = judged.filter(({ truth, verdict }) => truth === verdict.category).length;
  say(`macro-F1 ${percent(macro)}, accuracy ${percent(right / judged.length)}`);
}

function score(name: string, judged: readonly Judged[]) {
  const hit = judged.filter(({ truth, verdict }) => truth === name && verdict.category === name).length;
  const said = judged.filter(({ verdict }) => verdict.category === name).length;
  const n = judged.filter(({ truth }) => truth === name).length;
  return { name, n, precision: hit / said, recall: hit / n, f1: (2 * hit) / (said + n) };
}

/** The share decided at a precision of .95, its threshold chosen on the other half; and what the default does. */
function reportDecided(a: readonly Judged[], b: readonly Judged[], all: readonly Judged[]) {
  say('\nthreshold chosen for a precision of .95 on one half, seen on the other:');
  for (const [from, to, title] of [
    [a, b, 'A → B'],
    [b, a, 'B → A'],
  ] as const) {
    const threshold = thresholdFor(0.95, from);
    say(`  ${title}: ${threshold.toFixed(3)} → ${decidedAt(threshold, to)}`);
  }
  say(`  default ${DEFAULT_THRESHOLD}: ${decidedAt(DEFAULT_THRESHOLD, all)} of all unambiguous`);
}

function thresholdFor(precision: number, judged: readonly Judged[]): number {
  const candidates = [...new Set(judged.map(({ verdict }) => verdict.confidence))].toSorted((x, y) => x - y);
  return candidates.find((threshold) => precisionAt(threshold, judged).precision >= precision) ?? 1;
}

function precisionAt(threshold: number, judged: readonly Judged[]) {
  const decided = judged.filter(({ verdict }) => verdict.confidence >= threshold);
  const right = decided.filter(({ truth, verdict }) => truth === verdict.category).length;
  return { share: decided.length / judged.length, precision: right / decided.length };
}

function decidedAt(threshold: number, judged: readonly Judged[]): string {
  const { share, precision } = precisionAt(threshold, judged);
  return `${percent(share)} decided at a precision of ${percent(precision)}`;
}

function listErrors(judged: readonly Judged[]) {
  say('\nhalf A, what goes wrong (unambiguous):');
  for (const { row, truth, verdict } of judged)
    if (row.ambiguous === false && truth !== verdict.category)
      say(
        `${truth} taken for ${verdict.category} ${verdict.confidence}: ${row.alert}\n    ${verdict.reasons.join('\n    ')}`,
      );
}

/** All public rules once through the shipped rules: none crashes, each has a reason; the table of results. */
function reportPublicRules(rules: readonly CategoryRule[], rows: readonly Row[]) {
  const classifier = compileClassifier(rules);
  const facts = rows.map(factsOf);
  const verdicts = facts.map((each) => classifier.classify(each));
  const started = performance.now();
  for (const each of facts) classifier.classify(each);
  const each = (performance.now() - started) / rows.length;
  const kinds = [...new Set(rows.map((row) => row.kind))].toSorted();
  say(
    `\n${rows.length} public rules, without a reason: ${verdicts.filter(({ reasons }) => reasons.length === 0).length}`,
  );
  say(`${'category'.padEnd(32)}${kinds.map((kind) => kind.slice(0, 10).padStart(11)).join('')}      all`);
  for (const name of [...CLASSES, 'unclassified']) {
    const counts = kinds.map((kind) => verdicts.filter((v, i) => v.category === name && rows[i]?.kind === kind).length);
    const all = counts.reduce((sum, count) => sum + count, 0);
    say(`${name.padEnd(32)}${counts.map((count) => String(count).padStart(11)).join('')}${String(all).padStart(9)}`);
  }
  say(
    `no rule at all: ${verdicts.filter(({ confidence }) => confidence === 0).length}; ${(each * 1000).toFixed(0)} µs an alert`,
  );
  const many = compileClassifier(manyRules(rules, 1000));
  const begun = performance.now();
  for (const one of facts) many.classify(one);
  say(`at 1,000 rules: ${(((performance.now() - begun) / rows.length) * 1000).toFixed(0)} µs an alert`);
}

/** The shipped rules and as many invented ones of the same make as are missing. */
function manyRules(rules: readonly CategoryRule[], count: number): CategoryRule[] {
  const invented = Array.from({ length: count - rules.length }, (_, i): CategoryRule => ({
    id: `invented-${i}`,
    category: 'other',
    any: [
      { matchers: [`alertname=~"(?i).*(Invented${i}|Made${i}Up).*"`] },
      { words: [`invented${i}`, `down ${i}`, `failed ${i}`] },
      { log: `line of ${i}` },
    ],
    weight: 1,
    reason: 'invented',
  }));
  return [...rules, ...invented];
}

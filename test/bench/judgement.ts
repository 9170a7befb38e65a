/**
 * How good the judgement is, on the labelled alerts beside the project (`../shared/corpus`): macro-F1 of rules and model
 * together, of each alone, and of plain TF-IDF with logistic regression over the same five folds; the share decided at a
 * precision of .95; breach recall; cost by number of rules; and every public rule once through.
 *
 * The rules were written with half A in view; half B was kept aside. The model that judges an alert here has not seen it,
 * nor an unlabelled one of its name.
 *
 * `npm run bench -- judgement [--errors]`; `--errors` lists what goes wrong in half A.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { shippedModel } from '../../src/category-model.ts';
import { compileClassifier } from '../../src/classify/classifier.ts';
import { BY_GRAVITY, isBreachLikely } from '../../src/classify/verdict.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { CategoryRule } from '../../src/config/rules-schema.ts';
import { rehearse } from '../../src/rehearsal/rehearse.ts';
import { stageOf } from '../../src/rehearsal/stage.ts';
import { testFile } from '../../src/rehearsal/test-file.ts';
import {
  corpusIsHere,
  inHalfA,
  readLabelled,
  readPublicRules,
  ROOT,
  shippedRules,
  type Row,
} from '../../train/corpus.ts';
import {
  calibrate,
  combine,
  factsOf,
  foldOf,
  modelSays,
  prepare,
  vocabularyOf,
  scoresOutOfFold,
  type Prepared,
} from '../../train/learn.ts';
import { softmax } from '../../train/logistic.ts';
import { referenceOutOfFold } from '../../train/reference.ts';

/** An alert with what was said of it: a share for each class. */
interface Judged {
  readonly one: Prepared;
  readonly shares: readonly number[];
}

const FOLDS = 5;
const BREACH = BY_GRAVITY.indexOf('data-security-breach');

const said: string[] = [];
const say = (line = '') => void said.push(line);
const percent = (share: number) => (Number.isFinite(share) ? share.toFixed(3) : '  –  ');

/** @returns the tables, or why there are none */
export async function benchJudgement(): Promise<string> {
  if (corpusIsHere()) judge();
  else say('skipped: ../shared/corpus/alerts is not here; it lies beside the project, not in it');
  await reportRehearsal();
  return said.join('\n');
}

function judge() {
  const rules = shippedRules();
  const rows = readPublicRules();
  const labelled = prepare(readLabelled(), rules);
  const ids = new Set(labelled.map(({ row }) => row.id));
  const all = prepare(rows, rules);
  const unlabelled = all.filter(({ row }) => !ids.has(row.id));
  const scored = scoresOutOfFold(labelled, unlabelled, vocabularyOf(all), FOLDS);
  const sure = labelled.filter(({ row }) => row.ambiguous === false);
  const judgedBy = (shares: (one: Prepared) => readonly number[]) => sure.map((one) => ({ one, shares: shares(one) }));
  const both = calibrated(labelled, scored);
  const together = judgedBy((one) => both.get(one) ?? []);
  const reference = referenceOutOfFold(sure, BY_GRAVITY.length, FOLDS);

  say(
    `${rules.length} rules, ${labelled.length} labelled alerts, ${sure.length} of them unambiguous; every one decided`,
  );
  say(`${'macro-F1 (five-fold for what is trained)'.padEnd(46)}  all     half A  half B`);
  const line = (title: string, judged: readonly Judged[]) =>
    say(
      `${title.padEnd(46)}  ${[() => true, inHalfA, (row: Row) => !inHalfA(row)].map((part) => percent(macroF1(judged.filter(({ one }) => part(one.row))))).join('   ')}`,
    );
  line('rules and model (wanted: ≥ .92)', together);
  line(
    'rules alone',
    judgedBy(({ ruleSums }) => softmax(ruleSums)),
  );
  line(
    'model alone',
    judgedBy((one) => softmax(scored.get(one) ?? [])),
  );
  line(
    'reference: TF-IDF + logistic regression',
    judgedBy((one) => reference.get(one) ?? []),
  );
  const lead = macroF1(together) - macroF1(judgedBy((one) => reference.get(one) ?? []));
  say(`ahead of the reference by ${percent(lead)} (wanted: ≥ .05)`);
  reportClasses(
    'rules and model, half B (kept aside)',
    together.filter(({ one }) => !inHalfA(one.row)),
  );
  reportClasses('rules and model, all unambiguous', together);
  reportDecided('rules and model (wanted: ≥ .85)', together);
  reportDecided(
    'reference',
    judgedBy((one) => reference.get(one) ?? []),
  );
  reportCalibration(together);
  const scale = calibrate(labelled, scored);
  reportBreach(together, (one, shares) =>
    isBreachLikely(one.ruleSums[BREACH] ?? 0, shares[BREACH] ?? 0, modelSays(scored.get(one) ?? [], scale)),
  );
  reportAmbiguous(labelled, both);
  if (process.argv.includes('--errors')) listErrors(together.filter(({ one }) => inHalfA(one.row)));
  reportPublicRules(rules, rows);
  reportCost(rules, rows);
}

/** Shares of every labelled alert; the calibration that an alert is judged with was fitted without its fold. */
function calibrated(labelled: readonly Prepared[], scored: ReadonlyMap<Prepared, readonly number[]>) {
  const result = new Map<Prepared, readonly number[]>();
  for (let fold = 0; fold < FOLDS; fold++) {
    const modelScale = calibrate(
      labelled.filter((one) => foldOf(one, FOLDS) !== fold),
      scored,
    );
    for (const one of labelled.filter((each) => foldOf(each, FOLDS) === fold))
      result.set(one, combine(one.ruleSums, scored.get(one) ?? [], modelScale));
  }
  return result;
}

function best(shares: readonly number[]): number {
  return shares.indexOf(Math.max(...shares));
}

function macroF1(judged: readonly Judged[]): number {
  return BY_GRAVITY.reduce((sum, _name, at) => sum + score(at, judged).f1, 0) / BY_GRAVITY.length;
}

function score(at: number, judged: readonly Judged[]) {
  const hit = judged.filter(({ one, shares }) => one.truth === at && best(shares) === at).length;
  const told = judged.filter(({ shares }) => best(shares) === at).length;
  const n = judged.filter(({ one }) => one.truth === at).length;
  return { n, precision: hit / told, recall: hit / n, f1: told + n === 0 ? 0 : (2 * hit) / (told + n) };
}

function reportClasses(title: string, judged: readonly Judged[]) {
  say(`\n${title.padEnd(40)}     n  precision  recall     F1`);
  for (const [at, name] of BY_GRAVITY.entries()) {
    const { n, precision, recall, f1 } = score(at, judged);
    say(`${name.padEnd(40)} ${String(n).padStart(5)}      ${percent(precision)}   ${percent(recall)}  ${percent(f1)}`);
  }
}

/** The share decided at a precision of .95: each fold by a threshold that was chosen on the other four. */
function reportDecided(title: string, judged: readonly Judged[]) {
  let [decided, right] = [0, 0];
  const thresholds: string[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const threshold = thresholdFor(
      0.95,
      judged.filter(({ one }) => foldOf(one, FOLDS) !== fold),
    );
    thresholds.push(threshold.toFixed(2));
    const those = judged.filter(({ one, shares }) => foldOf(one, FOLDS) === fold && Math.max(...shares) >= threshold);
    decided += those.length;
    right += those.filter(({ one, shares }) => best(shares) === one.truth).length;
  }
  say(`\nthresholds for a precision of .95, chosen out of fold, ${title}: ${thresholds.join(' ')}`);
  say(`  ${percent(decided / judged.length)} decided, ${percent(right / decided)} of it right`);
}

/** The least threshold from which on so much is right; none lower than that where all is. */
function thresholdFor(precision: number, judged: readonly Judged[]): number {
  const candidates = [...new Set(judged.map(({ shares }) => Math.max(...shares)))].toSorted((x, y) => x - y);
  return candidates.find((threshold) => precisionAt(threshold, judged).precision >= precision) ?? 1;
}

function precisionAt(threshold: number, judged: readonly Judged[]) {
  const decided = judged.filter(({ shares }) => Math.max(...shares) >= threshold);
  const right = decided.filter(({ one, shares }) => best(shares) === one.truth).length;
  return { share: decided.length / judged.length, precision: right / decided.length };
}

function reportCalibration(judged: readonly Judged[]) {
  say('\nconfidence      alerts   mean   right');
  for (const [from, to] of [
    [0, 0.5],
    [0.5, 0.7],
    [0.7, 0.9],
    [0.9, 0.97],
    [0.97, 1.01],
  ] as const) {
    const those = judged.filter(({ shares }) => Math.max(...shares) >= from && Math.max(...shares) < to);
    const mean = those.reduce((sum, { shares }) => sum + Math.max(...shares), 0) / those.length;
    const right = those.filter(({ one, shares }) => best(shares) === one.truth).length / those.length;
    say(
      `${`${from} to ${Math.min(1, to)}`.padEnd(16)}${String(those.length).padStart(6)}  ${percent(mean)}   ${percent(right)}`,
    );
  }
}

function reportBreach(judged: readonly Judged[], isNamed: (one: Prepared, shares: readonly number[]) => boolean) {
  const breaches = judged.filter(({ one }) => one.truth === BREACH);
  const found = breaches.filter(({ shares }) => best(shares) === BREACH);
  const named = breaches.filter(({ one, shares }) => best(shares) !== BREACH && isNamed(one, shares));
  const others = judged.filter(({ one }) => one.truth !== BREACH);
  const falsely = others.filter(({ one, shares }) => best(shares) !== BREACH && isNamed(one, shares));
  say(
    `\nbreach: recall ${percent(found.length / breaches.length)} (wanted: ≥ .95), marked "check for breach" besides ${named.length} of the ${breaches.length - found.length} missed`,
  );
  say(`  and so marked though it was none: ${falsely.length} of ${others.length}`);
}

function reportAmbiguous(labelled: readonly Prepared[], shares: ReadonlyMap<Prepared, readonly number[]>) {
  const doubtful = labelled.filter(({ row }) => row.ambiguous === true);
  const agreed = doubtful.filter((one) => [one.truth, one.alternative].includes(best(shares.get(one) ?? [])));
  say(`ambiguous alerts: one of their two labels in ${agreed.length} of ${doubtful.length}`);
}

function listErrors(judged: readonly Judged[]) {
  say('\nhalf A, what goes wrong (unambiguous):');
  for (const { one, shares } of judged) {
    const at = best(shares);
    if (at !== one.truth)
      say(
        `${BY_GRAVITY[one.truth] ?? ''} taken for ${BY_GRAVITY[at] ?? ''} ${percent(Math.max(...shares))}: ${one.row.alert}`,
      );
  }
}

/** All public rules once through what is shipped: none crashes, each has a reason; the table of results. */
function reportPublicRules(rules: readonly CategoryRule[], rows: readonly Row[]) {
  const classifier = compileClassifier(rules, { model: shippedModel });
  const verdicts = rows.map((row) => classifier.classify(factsOf(row)));
  const kinds = [...new Set(rows.map((row) => row.kind))].toSorted();
  const mute = verdicts.filter(({ reasons }) => reasons.length === 0).length;
  say(`\n${rows.length} public rules through what is shipped, without a reason: ${mute}`);
  say(`${'category'.padEnd(32)}${kinds.map((kind) => kind.slice(0, 10).padStart(11)).join('')}      all`);
  for (const name of [...BY_GRAVITY, 'unclassified']) {
    const counts = kinds.map((kind) => verdicts.filter((v, i) => v.category === name && rows[i]?.kind === kind).length);
    const sum = counts.reduce((total, count) => total + count, 0);
    say(`${name.padEnd(32)}${counts.map((count) => String(count).padStart(11)).join('')}${String(sum).padStart(9)}`);
  }
  const byModel = verdicts.filter(({ method }) => method === 'model').length;
  const marked = verdicts.filter(({ reasons }) => reasons.some((reason) => reason.startsWith('Check for breach')));
  say(
    `by the model where the rules were silent or said otherwise: ${byModel}; marked "check for breach": ${marked.length}`,
  );
}

/** Processor time an alert by number of rules, the best of three passes: it grows far slower than they do. */
function reportCost(rules: readonly CategoryRule[], rows: readonly Row[]) {
  const facts = rows.map(factsOf);
  const times = [rules.length, 1_000, 10_000].map((count) => {
    const classifier = compileClassifier(manyRules(rules, count), { model: shippedModel });
    const passes = [0, 1, 2].map(() => {
      const before = process.cpuUsage();
      for (const each of facts) classifier.classify(each);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000 / facts.length;
    });
    return { count, each: Math.min(...passes) };
  });
  const told = times.map(({ count, each }) => `${each.toFixed(3)} ms at ${count.toLocaleString('en')} rules`);
  say(`\none alert, processor time: ${told.join(', ')} (wanted: < 0.3 ms at 1,000)`);
}

/** The shipped rules and as many invented ones of the same make as are missing. */
function manyRules(rules: readonly CategoryRule[], count: number): CategoryRule[] {
  const invented = Array.from({ length: Math.max(0, count - rules.length) }, (_, i): CategoryRule => ({
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

/** A thousand tests of the shipped rules, one configuration. */
async function reportRehearsal() {
  const loaded = await loadConfig({ file: join(ROOT, 'rules/tierbell.yaml'), env: {} });
  if (!loaded.ok) throw new Error('the shipped rules are wrong; see tierbell check-config');
  const stage = stageOf(loaded.config);
  const { tests } = testFile.parse(parse(readFileSync(join(ROOT, 'rules/tests/day-one.yaml'), 'utf8')));
  const begun = performance.now();
  let failed = 0;
  for (let n = 0; n < 1_000; n++) {
    const test = tests[n % tests.length];
    if (test !== undefined && (await rehearse(stage, test)).length > 0) failed += 1;
  }
  const seconds = (performance.now() - begun) / 1000;
  say(`\ntest rules: 1,000 cases in ${seconds.toFixed(1)} s, ${failed} failed (wanted: < 5 s)`);
}

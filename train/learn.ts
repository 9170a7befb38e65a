/** How the category model learns: from labelled alerts, and from what the rules say of unlabelled ones. */
import { readFacts, type AlertFacts } from '../src/classify/facts.ts';
import { BUCKETS, readFeatures, type Feature } from '../src/classify/features.ts';
import { bounded, lengthOf, type ModelFile } from '../src/classify/model.ts';
import { indexRules } from '../src/classify/rule-index.ts';
import { BY_GRAVITY, type Decided } from '../src/classify/verdict.ts';
import type { CategoryRule } from '../src/config/rules-schema.ts';
import { inHalfA, type Row } from './corpus.ts';
import { scores, softmax, trainLogistic, type Example, type Logistic, type Sparse } from './logistic.ts';

/** An alert made ready for learning. */
export interface Prepared {
  readonly row: Row;
  readonly facts: AlertFacts;
  readonly features: readonly Feature[];
  /** What the rules weigh for each class, in the order of {@link BY_GRAVITY}. */
  readonly ruleSums: readonly number[];
  /** The right class, -1 where nobody labelled it; and the other that a careful person could choose. */
  readonly truth: number;
  readonly alternative: number;
}

const CLASSES = BY_GRAVITY.length;
/** A labelled alert counts 1; an ambiguous one half, with its two labels as shares. */
const AMBIGUOUS = { weight: 0.5, first: 0.65 };
/**
 * What the rules say of an unlabelled alert counts a fifth, as shares, where it is fairly sure; security tools' own rule
 * sets are many and say all the same, so they count less.
 */
const WEAK = { weight: 0.2, sharpness: 0.6, sureFrom: 0.6, securityTools: 0.3 };
const SECURITY_TOOLS = new Set(['sigma', 'wazuh', 'falco']);
/** scikit-learn's C; the figures in docs/guides/judgement.md were taken with it. */
const COST = 30;
const ROUNDS = 80;

export function prepare(rows: readonly Row[], rules: readonly CategoryRule[]): Prepared[] {
  const index = indexRules(rules);
  return rows.map((row) => {
    const facts = factsOf(row);
    const read = readFacts(facts);
    const ruleSums = BY_GRAVITY.map(() => 0);
    for (const { rule } of index.match(read)) {
      const at = BY_GRAVITY.indexOf(rule.category);
      ruleSums[at] = (ruleSums[at] ?? 0) + rule.weight;
    }
    return {
      ...{ row, facts, ruleSums, features: readFeatures(read) },
      truth: classOf(row.label),
      alternative: classOf(row.alternative),
    };
  });
}

/** As an alert of such a rule would arrive. */
export function factsOf({ alert, expr, labels, annotations }: Row): AlertFacts {
  return { labels: { ...labels, alertname: alert }, annotations, source: 'bench', expression: expr };
}

function classOf(label: string | null | undefined): number {
  return BY_GRAVITY.indexOf((label === 'none' ? 'other' : label) as Decided);
}

/** Whose bucket it is, and the inverse document frequency of its owner. */
export interface Vocabulary {
  readonly marks: Uint8Array;
  readonly rarity: Float64Array;
  /** That of a feature which stands in one alert alone. */
  readonly rarest: number;
}

/** The commonest feature of a bucket owns it; what stands in one alert alone owns nothing. */
export function vocabularyOf(all: readonly Prepared[]): Vocabulary {
  const counts = new Map<number, number>();
  for (const { features } of all)
    for (const { bucket, mark } of features)
      counts.set(bucket * 256 + mark, (counts.get(bucket * 256 + mark) ?? 0) + 1);
  const marks = new Uint8Array(BUCKETS);
  const most = new Float64Array(BUCKETS);
  for (const [key, count] of counts) {
    const bucket = Math.floor(key / 256);
    if (count < 2 || count <= (most[bucket] as number)) continue;
    most[bucket] = count;
    marks[bucket] = key % 256;
  }
  const rarityOf = (count: number): number => Math.log((1 + all.length) / (1 + count)) + 1;
  return { marks, rarity: most.map(rarityOf), rarest: rarityOf(0) };
}

export function vectorOf(all: readonly Feature[], { marks, rarity, rarest }: Vocabulary): Sparse {
  const owned = ({ bucket, mark }: Feature): boolean => marks[bucket] === mark;
  const features = all.filter(owned);
  const values = Float64Array.from(features, ({ bucket }) => rarity[bucket] as number);
  const norm = lengthOf(all, owned, values, rarest);
  return { indices: Int32Array.from(features, ({ bucket }) => bucket), values: values.map((value) => value / norm) };
}

/**
 * Trains from labelled alerts and, weakly, from unlabelled ones. An unlabelled alert with the name of one in `keptAside`
 * is not looked at, so that nothing of what a model is measured on has been seen.
 */
export function learn(
  labelled: readonly Prepared[],
  unlabelled: readonly Prepared[],
  keptAside: readonly Prepared[],
  vocabulary: Vocabulary,
): Logistic {
  const hidden = new Set(keptAside.map(({ row }) => row.alert.toLowerCase()));
  const examples = [
    ...labelled.map((one) => labelledExample(one, vocabulary)),
    ...unlabelled
      .filter(({ row }) => !hidden.has(row.alert.toLowerCase()))
      .flatMap((one) => weakExample(one, vocabulary)),
  ];
  return trainLogistic(examples, { classes: CLASSES, features: BUCKETS, cost: COST, steps: ROUNDS });
}

function labelledExample({ features, truth, alternative, row }: Prepared, vocabulary: Vocabulary): Example {
  const target = BY_GRAVITY.map(() => 0);
  const doubt = alternative >= 0 && alternative !== truth ? 1 - AMBIGUOUS.first : 0;
  target[truth] = 1 - doubt;
  if (doubt > 0) target[alternative] = doubt;
  return { x: vectorOf(features, vocabulary), target, weight: row.ambiguous === true ? AMBIGUOUS.weight : 1 };
}

function weakExample({ features, ruleSums, row }: Prepared, vocabulary: Vocabulary): Example[] {
  const target = softmax(ruleSums.map((sum) => sum * WEAK.sharpness));
  if (Math.max(...target) < WEAK.sureFrom) return [];
  const weight = WEAK.weight * (SECURITY_TOOLS.has(row.kind) ? WEAK.securityTools : 1);
  return [{ x: vectorOf(features, vocabulary), target, weight }];
}

/** The fold of an alert: alerts of one name are never apart. */
export function foldOf({ row }: Prepared, folds: number): number {
  let state = 0x811c9dc5;
  for (const char of row.alert.toLowerCase()) state = Math.imul(state ^ (char.codePointAt(0) as number), 0x01000193);
  return ((state ^ (state >>> 15)) >>> 0) % folds;
}

/** The score of every labelled alert by a model that has not seen it. */
export function scoresOutOfFold(
  labelled: readonly Prepared[],
  unlabelled: readonly Prepared[],
  vocabulary: Vocabulary,
  folds = 5,
): Map<Prepared, readonly number[]> {
  const result = new Map<Prepared, readonly number[]>();
  for (let fold = 0; fold < folds; fold++) {
    const aside = labelled.filter((one) => foldOf(one, folds) === fold);
    const rest = labelled.filter((one) => foldOf(one, folds) !== fold);
    const model = learn(rest, unlabelled, aside, vocabulary);
    for (const one of aside) result.set(one, scores(model, vectorOf(one.features, vocabulary)));
  }
  return result;
}

const MODEL_SCALES = Array.from({ length: 29 }, (_, i) => Math.round((0.2 + i / 10) * 10) / 10);

/**
 * How much the model counts beside the rules, so that a confidence of .9 is right nine times in ten: the least log loss
 * over unambiguous alerts, each scored by a model that has not seen it. Only alerts of half B count: the rules were
 * written with half A in view, so there they look better than they are.
 */
export function calibrate(labelled: readonly Prepared[], scored: ReadonlyMap<Prepared, readonly number[]>): number {
  const rows = labelled.filter(({ row }) => row.ambiguous === false && !inHalfA(row));
  let best = { modelScale: 1, loss: Infinity };
  for (const modelScale of MODEL_SCALES) {
    const loss = rows.reduce((sum, one) => {
      const share = combine(one.ruleSums, scored.get(one) ?? [], modelScale)[one.truth] as number;
      return sum - Math.log(Math.max(share, 1e-9));
    }, 0);
    if (loss < best.loss) best = { modelScale, loss };
  }
  return best.modelScale;
}

/** The share of each class, as `weigh` finds it. */
export function combine(ruleSums: readonly number[], modelScores: readonly number[], modelScale: number): number[] {
  const says = modelSays(modelScores, modelScale);
  return softmax(ruleSums.map((sum, at) => sum + (says[at] ?? 0)));
}

/** The model's scores as the classifier takes them. */
export function modelSays(modelScores: readonly number[], modelScale: number): number[] {
  return bounded(modelScores.map((score) => score * modelScale));
}

/** As it is shipped: signed bytes. */
export function packModel(model: Logistic, { marks, rarity }: Vocabulary, modelScale: number): ModelFile {
  const scales = BY_GRAVITY.map((_, at) => {
    const weights = model.weights.subarray(at * BUCKETS, (at + 1) * BUCKETS);
    return weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-9);
  });
  const weights = Int8Array.from(model.weights, (weight, i) =>
    Math.round((127 * weight) / (scales[Math.floor(i / BUCKETS)] as number)),
  );
  const rarityScale = rarity.reduce((most, each) => Math.max(most, each), 0);
  const bytes = Uint8Array.from(rarity, (each) => Math.round((255 * each) / rarityScale));
  return {
    what: 'The category model of Tierbell, written by `npm run train` from labelled alerts; words are hashed, no text is in it.',
    ...{ classes: [...BY_GRAVITY], buckets: BUCKETS, modelScale },
    bias: [...model.bias].map((each) => round(each)),
    scales: scales.map((each) => round(each)),
    rarityScale: round(rarityScale),
    weights: Buffer.from(weights.buffer).toString('base64'),
    rarity: Buffer.from(bytes.buffer).toString('base64'),
    marks: Buffer.from(marks.buffer).toString('base64'),
  };
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

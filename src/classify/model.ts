import { BUCKETS, type Feature } from './features.ts';
import { BY_GRAVITY, type Decided } from './verdict.ts';

/**
 * The statistical model as it lies in `rules/category-model.json`, written by `npm run train`: multinomial logistic
 * regression over hashed words. It holds no text of the alerts it was trained from.
 */
export interface ModelFile {
  readonly what: string;
  /** The rows of `weights`, in order. */
  readonly classes: readonly string[];
  readonly buckets: number;
  /** One a class, in log-odds. */
  readonly bias: readonly number[];
  /** What 127 stands for in the weights of each class. */
  readonly scales: readonly number[];
  /** What 255 stands for in `rarity`. */
  readonly rarityScale: number;
  /** Base64 of `classes × buckets` signed bytes. */
  readonly weights: string;
  /** Base64 of one byte a bucket: the inverse document frequency. */
  readonly rarity: string;
  /** Base64 of one byte a bucket: the mark of the feature whose bucket it is, 0 where it is nobody's. */
  readonly marks: string;
  /** Calibration, fitted out of fold: the log-odds are the rules' sum + `modelScale` × the model's score, bounded. */
  readonly modelScale: number;
}

/** What the model says of one alert. */
export interface ModelWord {
  /** In the order of {@link BY_GRAVITY}, in log-odds from -2 to 0, calibrated to stand beside the rules' sums. */
  readonly scores: readonly number[];
  /** The words that speak most for a category, the strongest first, at most `most`. */
  telling(category: Decided, most: number): readonly { readonly word: string; readonly place: string }[];
}

export interface Model {
  /** Null where it knows nothing of what the alert says. */
  judge(features: readonly Feature[]): ModelWord | null;
}

/** As much as a rule that is "likely": one that is "as good as said" overrules the model. */
const SAYS_AT_MOST = 2;

/** Log-odds below those of the likeliest class, never further than a rule of that weight would reach. */
export function bounded(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  return scores.map((score) => Math.max(score - most, -SAYS_AT_MOST));
}

/**
 * What the weights of an alert's features are divided by. Words that the model has never seen count too, as rare as any:
 * of a text in another language it knows a stray word, and that must not speak for the whole.
 * @param owned whether the feature's bucket is its own
 * @param rarities of those that are
 * @param rarest the inverse document frequency of what stands in one alert alone
 */
export function lengthOf(
  features: readonly Feature[],
  owned: (feature: Feature) => boolean,
  rarities: Iterable<number>,
  rarest: number,
): number {
  let sum = features.filter((feature) => isWord(feature) && !owned(feature)).length * rarest ** 2;
  for (const rarity of rarities) sum += rarity ** 2;
  return Math.sqrt(sum) || 1;
}

/** Not a pair of words, not a piece of one: most of those are new in any alert. */
function isWord({ word }: Feature): boolean {
  return word !== '' && !word.includes(' ');
}

/** @throws Error where the file is not one of this version: train anew */
export function readModel(file: ModelFile): Model {
  const weights = new Int8Array(Buffer.from(file.weights, 'base64'));
  const rarity = new Uint8Array(Buffer.from(file.rarity, 'base64'));
  const marks = new Uint8Array(Buffer.from(file.marks, 'base64'));
  const known = file.classes.length === BY_GRAVITY.length && BY_GRAVITY.every((name) => file.classes.includes(name));
  if (!known || file.buckets !== BUCKETS || weights.length !== BUCKETS * BY_GRAVITY.length || marks.length !== BUCKETS)
    throw new Error('the category model is of another version; run `npm run train`');
  const rows = BY_GRAVITY.map((name) => file.classes.indexOf(name));
  const weightOf = (row: number, { bucket }: Feature): number =>
    ((weights[row * BUCKETS + bucket] ?? 0) * (file.scales[row] ?? 0) * (rarity[bucket] ?? 0)) / 127;
  const owned = ({ bucket, mark }: Feature): boolean => marks[bucket] === mark;
  const rarest = rarity.reduce((most, each) => Math.max(most, each), 0);
  return {
    judge(all) {
      const features = all.filter(owned);
      if (features.length === 0) return null;
      const rarities = features.map(({ bucket }) => rarity[bucket] ?? 0);
      const norm = lengthOf(all, owned, rarities, rarest);
      const scores = rows.map((row) => {
        let sum = 0;
        for (const feature of features) sum += weightOf(row, feature);
        return file.modelScale * ((file.bias[row] ?? 0) + sum / norm);
      });
      return {
        scores: bounded(scores),
        telling: (category, most) =>
          tellingWords(
            features,
            rows,
            BY_GRAVITY.indexOf(category),
            (row, feature) => (file.modelScale * weightOf(row, feature)) / norm,
          ).slice(0, most),
      };
    },
  };
}

/** Comparisons and words like `no` tell the model something, and people nothing. */
const SHORTEST_TOLD = 3;
const OPERATOR = /[=<>!]/;
const NOT_TOLD = new Set(['not']);

/** In log-odds: a word that moves the verdict by less is no reason to tell. */
const TELLS_FROM = 0.08;

/**
 * Words by how much more they speak for this class than for the others on average; what says little is left out.
 * @param weightOf in log-odds
 */
function tellingWords(
  features: readonly Feature[],
  rows: readonly number[],
  chosen: number,
  weightOf: (row: number, feature: Feature) => number,
): { word: string; place: string }[] {
  const best = new Map<string, { word: string; place: string; worth: number }>();
  for (const feature of features) {
    if (feature.word.length < SHORTEST_TOLD || OPERATOR.test(feature.word) || NOT_TOLD.has(feature.word)) continue;
    const each = rows.map((row) => weightOf(row, feature));
    const worth = (each[chosen] ?? 0) - each.reduce((sum, one) => sum + one, 0) / each.length;
    const known = best.get(feature.word);
    if (worth >= TELLS_FROM && worth > (known?.worth ?? 0)) best.set(feature.word, { ...feature, worth });
  }
  const sorted = [...best.values()].sort((a, b) => b.worth - a.worth || (a.word < b.word ? -1 : 1));
  const told: { word: string; place: string }[] = [];
  for (const { word, place, worth } of sorted) {
    if (worth < (sorted[0]?.worth ?? 0) / 4) break;
    // "config reload" has said "config" already.
    if (!told.some((one) => ` ${one.word} `.includes(` ${word} `) || ` ${word} `.includes(` ${one.word} `)))
      told.push({ word, place });
  }
  return told;
}

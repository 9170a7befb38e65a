import { CATEGORY_TITLES, CHECK_FOR_BREACH, type Category, type Classification } from '../domain/category.ts';
import { cleanLine } from '../domain/text.ts';

/** A category that evidence can speak for. */
export type Decided = Exclude<Category, 'unclassified'>;

/**
 * One piece of evidence. `weight` is in natural log-odds: each unit makes the category e (2.7) times as likely beside
 * the others.
 */
export interface Ground {
  readonly category: Decided;
  readonly weight: number;
  /** What it says, from the rule: `DNS does not answer`. */
  readonly reason: string;
  /** What was seen on the alert, in words: `its name begins with “Dns”`. Cleaned; made when it is told. */
  seen(): string;
  /** `rule dns-failure`. */
  readonly source: string;
}

/** What a statistical model adds: log-odds by category in the order of {@link BY_GRAVITY}, and the words behind them. */
export interface ModelSays {
  readonly scores: readonly number[];
  telling(category: Decided, most: number): readonly { readonly word: string; readonly place: string }[];
}

/** On equal evidence the first of these is the guess: the one that is worst to overlook. */
export const BY_GRAVITY: readonly Decided[] = [
  'data-security-breach',
  'cloud-service-interruption',
  'network-downtime',
  'software-installation-failure',
  'other',
];

/**
 * Where another category won, a breach is named from so much weight of rules for it, such a share of all where a rule
 * speaks for it, or such a share by the model alone. Of alerts that are none, few are so marked
 * (`npm run bench -- judgement`).
 */
const BREACH_IS_NAMED_FROM = { weight: 2, share: 0.1, model: 0.4 };
/** Nothing that a machine says of an alert is certain. */
const MOST_CONFIDENCE = 0.99;
const MOST_REASONS = 4;
const MOST_COUNTER_REASONS = 2;
const MOST_WORDS = 3;

interface Guess {
  readonly category: Decided;
  readonly confidence: number;
  /** The rules' weights for it. */
  readonly weight: number;
}

/**
 * Weighs the grounds. The log-odds of a category are the sum of its rules' weights and what the model says of it; its
 * confidence is its share of e^(log-odds) over all five. By rules alone one of weight 1 gives 0.40, of 2 0.65, of 3 0.83,
 * of 4 0.93, and two categories with equal evidence stay below 0.5 each; the model moves that by as much as a rule of
 * weight 2, calibrated out of fold by `npm run train`.
 *
 * Below `threshold` the verdict is `unclassified` and keeps the confidence of the best guess, and so it is where neither
 * a rule nor a word can be named for it; `threshold` 0 always decides. Without any evidence the confidence is 0, and it
 * is never 1.
 */
export function weigh(grounds: readonly Ground[], threshold: number, model?: ModelSays): Classification {
  const sorted = grounds.toSorted(byStrength);
  const guesses = rank(sorted, model);
  const [best, second, third] = guesses.map(({ category, confidence }) => ({ category, confidence }));
  const [first] = guesses;
  if (best === undefined || second === undefined || third === undefined || first === undefined)
    throw new Error('there are five categories');
  const words = quoteWords(model?.telling(best.category, MOST_WORDS) ?? []);
  const decided = best.confidence >= threshold && (first.weight > 0 || words !== '' || threshold === 0);
  const byRules = first.weight >= Math.max(...guesses.map(({ weight }) => weight)) && first.weight > 0;
  return {
    category: decided ? best.category : 'unclassified',
    confidence: best.confidence,
    method: byRules || model === undefined ? 'rule' : 'model',
    reasons: speak({ sorted, guesses, threshold, model, words, decided }),
    alternatives: decided ? [second, third] : [best, second],
  };
}

function byStrength(a: Ground, b: Ground): number {
  return b.weight - a.weight || compare(a.source, b.source) || compare(a.reason, b.reason);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** All five, the likeliest first. Summed in the order of strength, so that the order of the rules cannot show. */
function rank(sorted: readonly Ground[], model: ModelSays | undefined): Guess[] {
  const weights = BY_GRAVITY.map((category) => weightFor(sorted, category));
  const sums = weights.map((weight, at) => weight + (model?.scores[at] ?? 0));
  const most = Math.max(...sums);
  const shares = sums.map((sum) => Math.exp(sum - most));
  const all = shares.reduce((sum, share) => sum + share, 0);
  const nothing = sorted.length === 0 && model === undefined;
  const guesses = BY_GRAVITY.map((category, at) => ({
    category,
    weight: weights[at] ?? 0,
    confidence: nothing ? 0 : round((shares[at] ?? 0) / all),
    sum: sums[at] ?? 0,
  }));
  // Where nothing is known, `other` comes first: a third of ordinary alerts, and nobody is alarmed for nothing.
  if (nothing) guesses.reverse();
  return guesses.toSorted((a, b) => b.sum - a.sum);
}

function weightFor(sorted: readonly Ground[], category: Decided): number {
  return sorted.reduce((sum, ground) => (ground.category === category ? sum + ground.weight : sum), 0);
}

function round(share: number): number {
  return Math.min(MOST_CONFIDENCE, Math.round(share * 10_000) / 10_000);
}

interface Spoken {
  readonly sorted: readonly Ground[];
  readonly guesses: readonly Guess[];
  readonly threshold: number;
  readonly model: ModelSays | undefined;
  /** That the model can name for the best guess. */
  readonly words: string;
  readonly decided: boolean;
}

function speak({ sorted, guesses, threshold, model, words, decided }: Spoken): string[] {
  const [best] = guesses;
  if (best === undefined || (sorted.length === 0 && model === undefined))
    return ['No rule knows this alert: choose its category; if it comes again, add a rule to rules/categories.yaml'];
  const why = sorted.filter((ground) => ground.category === best.category).slice(0, MOST_REASONS);
  const breach = sorted.filter((ground) => ground.category === 'data-security-breach');
  const against = sorted
    .filter((ground) => ground.category !== best.category && !breach.includes(ground))
    .slice(0, MOST_COUNTER_REASONS);
  return [
    ...checkForBreach(breach, guesses, model),
    ...(decided ? [] : [undecided(best, threshold)]),
    ...why.map(sentence),
    ...(model === undefined ? [] : modelSentence(best, why.length, words)),
    ...against.map((ground) => `It could also be ${spoken(ground.category)}: ${sentence(ground)}`),
  ];
}

function undecided(best: Guess, threshold: number): string {
  const why =
    best.confidence < threshold ? `below the threshold of ${percent(threshold)}` : 'and nothing can be named for it';
  return `Undecided: ${spoken(best.category)} is the best guess at ${percent(best.confidence)}, ${why}; choose the category`;
}

/** A likely breach is never silently filed elsewhere. */
function checkForBreach(breach: readonly Ground[], [best, ...rest]: readonly Guess[], model?: ModelSays): string[] {
  const guess = rest.find(({ category }) => category === 'data-security-breach');
  if (guess === undefined || best === undefined) return [];
  if (!isBreachLikely(guess.weight, guess.confidence, model?.scores ?? [])) return [];
  const [strongest] = breach;
  if (strongest !== undefined) return [`${CHECK_FOR_BREACH}: ${sentence(strongest)}`];
  // Without a word to point at there is nothing that a person could check.
  const words = quoteWords(model?.telling('data-security-breach', MOST_WORDS) ?? []);
  return words === '' ? [] : [`${CHECK_FOR_BREACH}: alerts with ${words} are often about one`];
}

/**
 * Whether a breach is likely enough to be named beside another category.
 * @param weight of the rules for it
 * @param share 0–1: its share of all
 * @param scores the model's, in the order of {@link BY_GRAVITY}
 */
export function isBreachLikely(weight: number, share: number, scores: readonly number[]): boolean {
  const all = scores.reduce((sum, score) => sum + Math.exp(score), 0);
  const byModel = all === 0 ? 0 : Math.exp(scores[BY_GRAVITY.indexOf('data-security-breach')] ?? -Infinity) / all;
  return (
    weight >= BREACH_IS_NAMED_FROM.weight ||
    (weight > 0 && share >= BREACH_IS_NAMED_FROM.share) ||
    byModel >= BREACH_IS_NAMED_FROM.model
  );
}

function modelSentence(best: Guess, rules: number, words: string): string[] {
  if (words === '')
    return rules > 0
      ? []
      : [`No rule knows it, and its words say little; ${spoken(best.category)} is the likeliest of such`];
  const noun = words.includes('” and “') ? 'words' : 'word';
  return [`Alerts with the ${noun} ${words} are mostly of this kind (learned from labelled alerts)`];
}

function quoteWords(words: readonly { readonly word: string }[]): string {
  const quoted = words.map(({ word }) => `“${cleanLine(word, 40)}”`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}

function spoken(category: Decided): string {
  return category === 'other' ? 'none of the four' : CATEGORY_TITLES[category].toLowerCase();
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function sentence(ground: Ground): string {
  return `${cleanLine(ground.reason, 200)}: ${ground.seen()} (${ground.source})`;
}

import type { Category, Classification } from '../domain/category.ts';
import { cleanLine } from '../domain/text.ts';

/** A category that evidence can speak for. */
export type Decided = Exclude<Category, 'unclassified'>;

/**
 * One piece of evidence. `weight` is in natural log-odds: each unit makes the category e (2.7) times as likely beside
 * the others. Rules give grounds; a statistical model gives grounds of the same kind, and they add up.
 */
export interface Ground {
  readonly category: Decided;
  readonly weight: number;
  /** What it says, from the rule: `DNS does not answer`. */
  readonly reason: string;
  /** Where it comes from and what was seen: `rule dns-failure: word "dns" in alertname`. Cleaned. */
  readonly seen: string;
}

/** On equal evidence the first of these is the guess: the one that is worst to overlook. */
const BY_GRAVITY: readonly Decided[] = [
  'data-security-breach',
  'cloud-service-interruption',
  'network-downtime',
  'software-installation-failure',
  'other',
];

/** From this weight on, evidence for a breach is named even where another category won. */
export const BREACH_IS_NAMED_FROM = 2;
const MOST_REASONS = 6;
const MOST_COUNTER_REASONS = 2;

interface Guess {
  readonly category: Decided;
  readonly confidence: number;
}

/**
 * Weighs the grounds. The confidence of a category is its share of e^(sum of its weights) over all five, so a category
 * without evidence still counts 1: one rule of weight 1 gives 0.40, of 2 0.65, of 3 0.83, of 4 0.93, and two categories
 * with equal evidence stay below 0.5 each. Below `threshold` the verdict is `unclassified` and keeps the confidence of
 * the best guess; `threshold` 0 always decides. Without any ground the confidence is 0.
 */
export function weigh(grounds: readonly Ground[], threshold: number): Classification {
  const sorted = grounds.toSorted(byStrength);
  const guesses = rank(sorted);
  const [best, second, third] = guesses;
  if (best === undefined || second === undefined || third === undefined) throw new Error('there are five categories');
  const decided = best.confidence >= threshold;
  return {
    category: decided ? best.category : 'unclassified',
    confidence: best.confidence,
    method: 'rule',
    reasons: speak(sorted, best, threshold),
    alternatives: decided ? [second, third] : [best, second],
  };
}

function byStrength(a: Ground, b: Ground): number {
  return b.weight - a.weight || compare(a.seen, b.seen) || compare(a.reason, b.reason);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** All five, the likeliest first. Summed in the order of strength, so that the order of the rules cannot show. */
function rank(sorted: readonly Ground[]): Guess[] {
  const sums = BY_GRAVITY.map((category) => sumFor(sorted, category));
  const most = Math.max(...sums);
  const shares = sums.map((sum) => Math.exp(sum - most));
  const all = shares.reduce((sum, share) => sum + share, 0);
  const guesses = BY_GRAVITY.map((category, index) => ({
    category,
    confidence: sorted.length === 0 ? 0 : round((shares[index] ?? 0) / all),
    sum: sums[index] ?? 0,
  }));
  // Where nothing is known, `other` comes first: a third of ordinary alerts, and nobody is alarmed for nothing.
  if (sorted.length === 0) guesses.reverse();
  return guesses.toSorted((a, b) => b.sum - a.sum).map(({ category, confidence }) => ({ category, confidence }));
}

function sumFor(sorted: readonly Ground[], category: Decided): number {
  return sorted.reduce((sum, ground) => (ground.category === category ? sum + ground.weight : sum), 0);
}

function round(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}

function speak(sorted: readonly Ground[], best: Guess, threshold: number): string[] {
  if (sorted.length === 0)
    return ['No rule knows this alert: choose its category; if it comes again, add a rule to rules/categories.yaml'];
  const why = sorted.filter((ground) => ground.category === best.category).slice(0, MOST_REASONS);
  const breach = sorted.filter((ground) => ground.category === 'data-security-breach');
  const against = sorted
    .filter((ground) => ground.category !== best.category && !breach.includes(ground))
    .slice(0, MOST_COUNTER_REASONS);
  return [
    ...(best.confidence < threshold ? [undecided(best, threshold)] : []),
    ...checkForBreach(breach, best),
    ...why.map(sentence),
    ...against.map((ground) => `But for ${ground.category}: ${sentence(ground)}`),
  ];
}

function undecided(best: Guess, threshold: number): string {
  return `Undecided: ${best.category} is the best guess at ${best.confidence.toFixed(2)}, below the threshold of ${threshold}; choose the category`;
}

function checkForBreach(breach: readonly Ground[], best: Guess): string[] {
  const sum = breach.reduce((total, ground) => total + ground.weight, 0);
  const strongest = breach[0];
  if (strongest === undefined || best.category === 'data-security-breach') return [];
  return sum >= BREACH_IS_NAMED_FROM ? [`Check for breach: ${sentence(strongest)}`] : [];
}

function sentence(ground: Ground): string {
  return `${cleanLine(ground.reason, 200)} (${ground.seen})`;
}

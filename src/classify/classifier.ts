import type { CategoryRule } from '../config/rules-schema.ts';
import { label } from '../domain/alert.ts';
import type { Classification } from '../domain/category.ts';
import { cleanLine } from '../domain/text.ts';
import { readFacts, type AlertFacts, type ReadFacts } from './facts.ts';
import { indexRules, type Hit } from './rule-index.ts';
import { weigh, type Ground } from './verdict.ts';

/** Names the category of an alert. Pure: the same facts always give the same verdict. */
export interface Classifier {
  /** @param threshold 0–1, instead of the classifier's own */
  classify(facts: AlertFacts, threshold?: number): Classification;
}

/** More likely than all the others together; on the development alerts (`test/bench/judgement.ts`) .97 of what it decides is right. */
export const DEFAULT_THRESHOLD = 0.5;

/**
 * Compiles category rules. Every rule of which one member matches adds its weight to its category, once:
 * - `matchers`: all fit the alert's labels (Alertmanager's semantics; `__source__`, `__expression__` and `__words__` are labels too);
 * - `words`: one of them stands, as whole word or phrase, in a telling label, the expression or an annotation;
 * - `log`: a log line contains it (a linear-time expression; plain text is one), whatever the case.
 *
 * The order of the rules does not matter. See {@link weigh} for the confidence.
 * @param options.threshold 0–1: below it the verdict is `unclassified`
 * @throws Error where a matcher is none
 */
export function compileClassifier(rules: readonly CategoryRule[], options: { threshold?: number } = {}): Classifier {
  const index = indexRules(rules);
  const usual = options.threshold ?? DEFAULT_THRESHOLD;
  return {
    classify(facts, threshold = usual) {
      const read = readFacts(facts);
      const grounds = index.match(read).map((hit) => groundOf(hit, read));
      return weigh(grounds, threshold);
    },
  };
}

/** The rule's weight and reason, and what was seen; the alert's own text is cleaned and cut. */
export function groundOf(hit: Hit, facts: ReadFacts): Ground {
  const { id, category, weight, reason } = hit.rule;
  return { category, weight, reason, seen: `rule ${id}: ${seen(hit, facts)}` };
}

function seen(hit: Hit, facts: ReadFacts): string {
  if (hit.by === 'words') return `"${hit.words}" in ${cleanLine(hit.place, 80)}`;
  if (hit.by === 'log') return `"${cleanLine(hit.text, 80)}" in the logs`;
  if (hit.matchers.length === 0) return 'fits every alert';
  return hit.matchers
    .map(({ name, op, value }) => spokenMatcher(name, op, value, label(facts.labels, name)))
    .join(', ');
}

function spokenMatcher(name: string, op: string, value: string, actual: string): string {
  const spoken = SPOKEN_NAMES[name] ?? cleanLine(name, 60);
  if (op === '=') return `${spoken} is "${cleanLine(value, 80)}"`;
  if (op === '!=') return `${spoken} is not "${cleanLine(value, 80)}"`;
  return `${spoken} "${cleanLine(actual, 80)}" ${op === '=~' ? 'matches' : 'does not match'} ${cleanLine(value, 60)}`;
}

const SPOKEN_NAMES: Readonly<Record<string, string>> = {
  __source__: 'source',
  __expression__: 'expression',
  __words__: 'name',
};

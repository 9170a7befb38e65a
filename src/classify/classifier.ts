import type { CategoryRule } from '../config/rules-schema.ts';
import type { Classification } from '../domain/category.ts';
import { readFacts, type AlertFacts, type ReadFacts } from './facts.ts';
import { readFeatures } from './features.ts';
import type { Model } from './model.ts';
import { indexRules, type Hit } from './rule-index.ts';
import { speakHit } from './speak.ts';
import { weigh, type Ground } from './verdict.ts';

/** Names the category of an alert. Pure: the same facts always give the same verdict. */
export interface Classifier {
  /** @param threshold 0–1, instead of the classifier's own */
  classify(facts: AlertFacts, threshold?: number): Classification;
}

/** More likely than all the others together. What it decides of alerts that it has not seen is told by the bench. */
export const DEFAULT_THRESHOLD = 0.5;

export interface ClassifierOptions {
  /** 0–1: below it the verdict is `unclassified`. */
  readonly threshold?: number;
  /** Stands beside the rules; called when the first alert is judged. Without it the rules judge alone. */
  readonly model?: () => Model;
}

/**
 * Compiles category rules. Every rule of which one member matches adds its weight to its category, once:
 * - `matchers`: all fit the alert's labels (Alertmanager's semantics; `__source__`, `__expression__` and `__words__` are labels too);
 * - `words`: one of them stands, as whole word or phrase, in a telling label, the expression or an annotation;
 * - `log`: a log line contains it (a linear-time expression; plain text is one), whatever the case.
 *
 * The statistical model adds its own log-odds. The order of the rules does not matter. See {@link weigh} for the
 * confidence.
 * @throws Error where a matcher is none
 */
export function compileClassifier(rules: readonly CategoryRule[], options: ClassifierOptions = {}): Classifier {
  const index = indexRules(rules);
  const { threshold: usual = DEFAULT_THRESHOLD, model } = options;
  return {
    classify(facts, threshold = usual) {
      const read = readFacts(facts);
      const grounds = index.match(read).map((hit) => groundOf(hit, read));
      return weigh(grounds, threshold, model?.().judge(readFeatures(read)) ?? undefined);
    },
  };
}

/** The rule's weight and reason, and what was seen. */
export function groundOf(hit: Hit, facts: ReadFacts): Ground {
  const { id, category, weight, reason } = hit.rule;
  return { category, weight, reason, seen: () => speakHit(hit, facts), source: `rule ${id}` };
}

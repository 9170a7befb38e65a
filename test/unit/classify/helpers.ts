import type { AlertFacts } from '../../../src/classify/facts.ts';
import type { CategoryRule } from '../../../src/config/rules-schema.ts';
import { labelSet } from '../../../src/domain/alert.ts';

/** A category rule with what the test does not care about filled in. */
export function rule(given: Partial<CategoryRule> & Pick<CategoryRule, 'any'>): CategoryRule {
  return { id: 'r', category: 'network-downtime', weight: 1, reason: 'it says so', ...given };
}

/** Facts of an alert from its labels; `more` adds the rest. */
export function facts(labels: Record<string, string>, more: Partial<AlertFacts> = {}): AlertFacts {
  return { labels: labelSet(Object.entries(labels)), annotations: labelSet([]), source: 'test', ...more };
}

/** Facts of an alert that has only a name. */
export function named(alertname: string, more: Partial<AlertFacts> = {}): AlertFacts {
  return facts({ alertname }, more);
}

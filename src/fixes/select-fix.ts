import type { KnownFix } from '../config/rules-schema.ts';
import { compileLinear, matchesAll, parseMatcher } from '../domain/matcher.ts';
import { problemsOfFix } from './fix-problems.ts';
import type { CompiledFix, CompiledParameter, FixFacts, FixMode } from './fix.ts';

/**
 * Compiles matchers and patterns once. What is wrong with a fix stands in its `problems`; `planFix` refuses it then.
 * @throws Error where a matcher is none, which the schema has already ruled out
 */
export function compileFixes(fixes: readonly KnownFix[]): CompiledFix[] {
  return fixes.map((fix) => ({
    fix,
    matchers: fix.applies_to.matchers.map(parseMatcher),
    overrides: fix.overrides.map(({ matchers, mode }) => ({ matchers: matchers.map(parseMatcher), mode })),
    parameters: compileParameters(fix),
    problems: problemsOfFix(fix),
  }));
}

/**
 * The first fix that applies, with its mode after overrides, or null.
 * An unclassified incident gets none: a person decides first. A fix without categories takes any decided category,
 * but then it needs a matcher.
 */
export function selectFix(
  fixes: readonly CompiledFix[],
  facts: Pick<FixFacts, 'labels' | 'source' | 'category'>,
): { fix: CompiledFix; mode: FixMode } | null {
  const fix = fixes.find((candidate) => applies(candidate, facts));
  return fix === undefined ? null : { fix, mode: modeOf(fix, facts) };
}

/** Whether a fix may be used for such an incident at all. */
export function applies(
  { fix, matchers }: CompiledFix,
  facts: Pick<FixFacts, 'labels' | 'source' | 'category'>,
): boolean {
  const { categories = [], sources } = fix.applies_to;
  if (facts.category === 'unclassified' || !sources.includes(facts.source)) return false;
  const fits = categories.length === 0 ? matchers.length > 0 : categories.includes(facts.category);
  return fits && matchesAll(matchers, facts.labels);
}

/** The mode after overrides. */
export function modeOf({ fix, overrides }: CompiledFix, facts: Pick<FixFacts, 'labels'>): FixMode {
  return overrides.find(({ matchers }) => matchesAll(matchers, facts.labels))?.mode ?? fix.mode;
}

/** Patterns that do not compile are left out here and named by `problemsOfFix`. */
function compileParameters(fix: KnownFix): CompiledParameter[] {
  return Object.entries(fix.action.parameters).flatMap(([name, { from, pattern }]) => {
    try {
      const compiled = compileLinear(pattern);
      return [{ name, from, pattern: compiled, hasValueGroup: Object.hasOwn(compiled.namedGroups(), 'value') }];
    } catch {
      return [];
    }
  });
}

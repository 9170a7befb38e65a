import type { KnownFix } from '../config/rules-schema.ts';
import { asksForBreachCheck } from '../domain/category.ts';
import type { Incident } from '../domain/incident.ts';
import { compileLinear, matchesAll, parseMatcher } from '../domain/matcher.ts';
import { problemsOfFix } from './fix-problems.ts';
import type { CompiledFix, CompiledParameter, FixMode } from './fix.ts';

/** What decides which fix an incident gets. */
export type Judged = Pick<Incident, 'labels' | 'source' | 'classification'>;

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
export function selectFix(fixes: readonly CompiledFix[], incident: Judged): { fix: CompiledFix; mode: FixMode } | null {
  const fix = fixes.find((candidate) => applies(candidate, incident));
  return fix === undefined ? null : { fix, mode: modeOf(fix, incident) };
}

/** Whether a fix may be used for such an incident at all. */
export function applies(
  { fix, matchers }: CompiledFix,
  { labels, source, classification: { category } }: Judged,
): boolean {
  const { categories = [], sources } = fix.applies_to;
  if (category === 'unclassified' || !sources.includes(source)) return false;
  const fits = categories.length === 0 ? matchers.length > 0 : categories.includes(category);
  return fits && matchesAll(matchers, labels);
}

/**
 * The mode after overrides. Where a breach must be ruled out first nothing runs by itself: a restart wipes out traces,
 * and the trouble may not be what it looks like.
 */
export function modeOf({ fix, overrides }: CompiledFix, { labels, classification }: Judged): FixMode {
  const mode = overrides.find(({ matchers }) => matchesAll(matchers, labels))?.mode ?? fix.mode;
  return mode === 'automatic' && asksForBreachCheck(classification) ? 'approval' : mode;
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

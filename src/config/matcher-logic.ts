import { labelSet } from '../domain/alert.ts';
import { parseMatcher, type Matcher } from '../domain/matcher.ts';

/** Matchers of one list, compiled. @throws Error where one is none; the schema has ruled that out */
export function compileAll(texts: readonly string[]): readonly Matcher[] {
  return texts.map(parseMatcher);
}

/**
 * Whether whatever fits all of `narrow` fits all of `wide` too, as far as that can be seen: equal matchers, and values
 * that can be counted (`="a"`, `=~"a|b"`) tried on the wider one. False where it cannot be seen.
 */
export function covers(wide: readonly Matcher[], narrow: readonly Matcher[]): boolean {
  return wide.every((one) => narrow.some((other) => implies(other, one)));
}

/** Whether no value satisfies both. False where it cannot be seen. */
export function exclude(a: Matcher, b: Matcher): boolean {
  if (a.name !== b.name) return false;
  const values = valuesOf(a) ?? valuesOf(b);
  if (values !== null) return !values.some((value) => fits(a, value) && fits(b, value));
  return a.value === b.value && isNegated(a) !== isNegated(b) && isExpression(a) === isExpression(b);
}

function implies(narrow: Matcher, wide: Matcher): boolean {
  if (narrow.name !== wide.name) return false;
  if (narrow.op === wide.op && narrow.value === wide.value) return true;
  return valuesOf(narrow)?.every((value) => fits(wide, value)) ?? false;
}

function fits(matcher: Matcher, value: string): boolean {
  return matcher.matches(labelSet([[matcher.name, value]]));
}

/** Letters as they stand, or made plain by a backslash. */
const PLAIN = /^(?:[^\\.+*?()[\]{}^$|]|\\[^\p{L}\p{N}])*$/u;

/** All values that fit, where they can be counted; null where they cannot. */
function valuesOf({ op, value }: Matcher): readonly string[] | null {
  if (op === '=') return [value];
  if (op !== '=~') return null;
  const parts = (/^\((?:\?:)?([^()]*)\)$/.exec(value)?.[1] ?? value).split('|');
  return parts.every((part) => PLAIN.test(part)) ? parts.map((part) => part.replace(/\\(.)/gsu, '$1')) : null;
}

function isNegated({ op }: Matcher): boolean {
  return op === '!=' || op === '!~';
}

function isExpression({ op }: Matcher): boolean {
  return op === '=~' || op === '!~';
}

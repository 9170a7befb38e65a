import { RE2JS, RE2JSSyntaxException } from 're2js';
import { label, type Labels } from './alert.ts';

/** One of Alertmanager's matchers, compiled. */
export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  matches(labels: Labels): boolean;
}

const SHAPE =
  /^\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"{}!=~,]+))\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"{}!=~,]*))\s*$/s;

/**
 * Reads `name="v"`, `!=`, `=~`, `!~`; names may be quoted UTF-8, values bare. Expressions are anchored and linear-time.
 * @throws Error with one sentence where it is none; the sentence never repeats the text, which may hold a secret
 */
export function parseMatcher(text: string): Matcher {
  const match = SHAPE.exec(text);
  if (match === null) throw new Error('not a matcher');
  const name = match[1] === undefined ? (match[2] ?? '') : unquote(match[1]);
  const value = match[4] === undefined ? (match[5] ?? '') : unquote(match[4]);
  const op = match[3] as Matcher['op'];
  if (name === '') throw new Error('a matcher without a label name');
  return { name, op, value, matches: compile(name, op, value) };
}

function compile(name: string, op: Matcher['op'], value: string): (labels: Labels) => boolean {
  if (op === '=') return (labels) => label(labels, name) === value;
  if (op === '!=') return (labels) => label(labels, name) !== value;
  const expression = compileLinear(value);
  return op === '=~'
    ? (labels) => expression.matches(label(labels, name))
    : (labels) => !expression.matches(label(labels, name));
}

/** A linear-time expression; `.matches` is anchored at both ends. @throws Error with one sentence, without the expression */
export function compileLinear(expression: string): RE2JS {
  try {
    return RE2JS.compile(expression, RE2JS.DOTALL);
  } catch (cause) {
    const what = cause instanceof RE2JSSyntaxException ? cause.getDescription() : 'it cannot be compiled';
    throw new Error(`not a linear-time regular expression (RE2): ${what}`, { cause });
  }
}

/** Alertmanager knows three escapes; any other backslash is a backslash, so that `"db\.example"` stays an escaped dot. */
function unquote(quoted: string): string {
  return quoted.replace(/\\([\\"n])/g, (_whole, char: string) => (char === 'n' ? '\n' : char));
}

/** True where every matcher fits; an empty list fits everything, as in Alertmanager. */
export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matcher.matches(labels));
}

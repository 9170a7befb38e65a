/** An alerting expression, taken apart into what it measures and what it compares that with. */
export interface Condition {
  /** PromQL that has values also while nothing is wrong. */
  readonly asked: string;
  /** `>`, `<=`, …: how the value stands to the threshold while the alert fires; null where nothing is compared with a number. */
  readonly comparison: string | null;
  readonly threshold: number | null;
  /** Whether more conditions are joined to it (`and`, `or`, `unless`), which are not part of `asked`. */
  readonly hasMore: boolean;
}

const SET_OPERATORS = new Set(['and', 'or', 'unless']);
const COMPARISON = /^(?:==|!=|>=|<=|>|<)/;
const FLIPPED: Readonly<Record<string, string>> = { '>': '<', '<': '>', '>=': '<=', '<=': '>=' };
const WORD = /^[A-Za-z_:][\w:.]*/;
/** What may stand between a comparison and its right side. */
const MODIFIERS =
  /^\s*(?:bool\b\s*)?(?:(?:on|ignoring)\s*\([^()]*\)\s*)?(?:group_(?:left|right)\b\s*(?:\([^()]*\))?\s*)?/i;
/** Longer or deeper ones are asked as they are: no person wrote them. */
const LENGTH_MAX = 4_000;
const DEPTH_MAX = 16;

/** An operator outside of every bracket. */
interface Operator {
  readonly at: number;
  readonly text: string;
}

/**
 * Splits an expression at its outermost comparison: `rate(x[5m]) > 0.05` measures `rate(x[5m])` and fires above 0.05. Of
 * conditions that are joined, the first is taken. What is not understood is asked whole. Pure; linear in its length.
 * Source of the precedences: https://prometheus.io/docs/prometheus/latest/querying/operators/#binary-operator-precedence
 */
export function splitCondition(expression: string): Condition {
  const asked = expression.trim();
  if (asked.length > LENGTH_MAX) return { asked, comparison: null, threshold: null, hasMore: false };
  return split(asked, DEPTH_MAX);
}

function split(expression: string, depth: number): Condition {
  const whole = unwrap(expression.trim());
  const operators = topLevel(whole);
  const set = operators.find(({ text }) => SET_OPERATORS.has(text));
  if (set !== undefined && depth > 0) return { ...split(whole.slice(0, set.at), depth - 1), hasMore: true };
  const comparison = operators.findLast(({ text }) => COMPARISON.test(text));
  if (comparison === undefined) return { asked: whole, comparison: null, threshold: null, hasMore: false };
  const left = whole.slice(0, comparison.at).trim();
  const right = whole
    .slice(comparison.at + comparison.text.length)
    .replace(MODIFIERS, '')
    .trim();
  const [lower, upper] = [readNumber(left), readNumber(right)];
  if (upper !== null && lower === null)
    return { asked: left, comparison: comparison.text, threshold: upper, hasMore: false };
  if (lower !== null && upper === null)
    return { asked: right, comparison: FLIPPED[comparison.text] ?? comparison.text, threshold: lower, hasMore: false };
  return { asked: left === '' ? whole : left, comparison: null, threshold: null, hasMore: false };
}

/** Without brackets that enclose all of it. */
function unwrap(text: string): string {
  let inner = text;
  for (let depth = 0; depth < DEPTH_MAX && inner.startsWith('('); depth++) {
    if (closing(inner) !== inner.length - 1) break;
    inner = inner.slice(1, -1).trim();
  }
  return inner;
}

/** Where the bracket that the text begins with is closed; -1 where it is not. */
function closing(text: string): number {
  let depth = 0;
  for (const { at, text: part } of tokens(text)) {
    if ('([{'.includes(part)) depth += 1;
    if (')]}'.includes(part)) depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

function topLevel(text: string): readonly Operator[] {
  const found: Operator[] = [];
  let depth = 0;
  for (const token of tokens(text)) {
    const part = token.text;
    if ('([{'.includes(part)) depth += 1;
    else if (')]}'.includes(part)) depth -= 1;
    else if (depth === 0 && (COMPARISON.test(part) || SET_OPERATORS.has(part))) found.push(token);
  }
  return found;
}

/** Brackets, comparisons and words; strings and comments are passed over. */
function* tokens(text: string): Generator<Operator> {
  for (let at = 0; at < text.length;) {
    const char = text.charAt(at);
    if (char === '"' || char === "'" || char === '`') {
      at = endOfString(text, at, char);
    } else if (char === '#') {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else {
      const rest = text.slice(at, at + 256);
      const part = COMPARISON.exec(rest)?.[0] ?? WORD.exec(rest)?.[0] ?? char;
      if (/[()[\]{}]/.test(part) || COMPARISON.test(part)) yield { at, text: part };
      else if (part.length > 1) yield { at, text: part.toLowerCase() };
      at += part.length;
    }
  }
}

function endOfString(text: string, start: number, quote: string): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text.charAt(at) === '\\' && quote !== '`') at += 1;
    else if (text.charAt(at) === quote) return at + 1;
  }
  return text.length;
}

const FACTOR = /^\s*([+-]?\s*(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*([*/]|$)/;

/** A number as rules write it: `0.05`, `-1`, `1e9`, `5 * 60`, `(80 / 100)`; null where it is none. */
function readNumber(text: string): number | null {
  let rest = unwrap(text);
  let result: number | null = null;
  let operator = '*';
  while (rest !== '' || result === null) {
    const match = FACTOR.exec(rest);
    if (match === null) return null;
    const value = Number((match[1] ?? '').replace(/\s/g, ''));
    result = operator === '*' ? (result ?? 1) * value : (result ?? 1) / value;
    rest = rest.slice(match[0].length);
    operator = match[2] ?? '';
    if (operator === '') break;
    if (rest.trim() === '') return null;
  }
  return result !== null && Number.isFinite(result) ? result : null;
}

import type { Verification } from '../domain/incident.ts';
import type { Failure, Outcome } from '../domain/result.ts';
import type { Sample } from '../metrics/metrics-source.ts';
import type { Check } from './check.ts';
import { shownUrl } from './rendered-action.ts';

/** What one look found. `final`: asking again cannot help. */
export interface Look {
  readonly verification: Verification;
  readonly final: boolean;
}

/** What the answer to a query says, and whether it is worth asking again. */
export function lookAtQuery(query: string, answer: Outcome<readonly Sample[]>): Look {
  const final = !answer.ok && (answer.reason === 'rejected' || answer.reason === 'misconfigured');
  return { verification: judgeHealth(query, answer), final };
}

/** What a probe over HTTP found: the status, and the body as far as it was read; or why there was none. */
export function lookAtAnswer(
  { url: address, status: wanted, contains }: Extract<Check, { kind: 'http' }>,
  answer: Outcome<{ readonly status: number; readonly text: string; readonly whole: boolean }>,
): Look {
  const url = shownUrl(address);
  if (!answer.ok) return lookAtFailure(url, answer);
  const { status, text, whole } = answer.value;
  const redirect = status >= 300 && status < 400 ? ' (a redirect, which is not followed)' : '';
  if (!wanted.includes(status))
    return looked('unhealthy', `${url} answers ${status}${redirect} instead of ${wanted.join(' or ')}`);
  if (contains === null) return looked('healthy', `${url} answers ${status}`);
  if (text.includes(contains))
    return looked('healthy', `${url} answers ${status} and says ${JSON.stringify(contains)}`);
  const cut = whole ? '' : ', as far as it could be read,';
  return looked('unhealthy', `${url} answers ${status}, but its body${cut} does not say ${JSON.stringify(contains)}`);
}

/** A probe that got no answer: silence is no health; only what our own settings forbid says nothing about it. */
export function lookAtFailure(what: string, { reason, detail, retryable }: Failure): Look {
  const state = reason === 'misconfigured' ? 'unavailable' : 'unhealthy';
  return { ...looked(state, `${what}: ${detail}`), final: !retryable };
}

export function looked(state: Verification['state'], detail: string): Look {
  return { verification: { state, detail }, final: false };
}

/**
 * What an answer says about health. Never healthy: no answer, an empty one, a value that is no finite number.
 *
 * Zero is the hard case. `errors == 0` filters: what is left of it satisfies the condition, so zero is health there.
 * `up == bool 1`, `probe_success` or `… or vector(0)` answer even when things are bad, with zero; zero is no health
 * there. So zero is accepted only where a comparison without `bool` filters the whole answer (see {@link filtersAnswer}).
 */
export function judgeHealth(query: string, answer: Outcome<readonly Sample[]>): Verification {
  if (!answer.ok) return { state: 'unavailable', detail: answer.detail };
  if (answer.value.length === 0) return { state: 'unhealthy', detail: `the query finds nothing: ${query}` };
  const zeroIsBad = !filtersAnswer(query);
  const bad = answer.value.filter(({ value }) => !Number.isFinite(value) || (zeroIsBad && value === 0));
  const [first] = bad;
  if (first === undefined) return { state: 'healthy', detail: `${count(answer.value.length)} of ${query}` };
  return {
    state: 'unhealthy',
    detail: `${bad.length} of ${count(answer.value.length)} gives ${first.value}: ${query}`,
  };
}

function count(series: number): string {
  return series === 1 ? '1 series' : `${series} series`;
}

const TOKEN =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*|\{|\}|\(|\)|=~|!~|==|!=|<=|>=|<|>|[A-Za-z_:][\w:]*|[^\s\w]/gs;
const COMPARISONS = new Set(['==', '!=', '<', '>', '<=', '>=']);
/** After these a parenthesis only groups; after any other name it holds arguments. */
const OPERATORS = new Set(['and', 'or', 'unless', 'bool', 'atan2']);

/**
 * Whether a comparison without `bool` decides which series are left in the whole answer. Comparisons inside label
 * matchers, strings and the arguments of functions do not; `or` may bring back what was filtered. In doubt false, which
 * makes zero unhealthy.
 */
export function filtersAnswer(query: string): boolean {
  const open: ('group' | 'arguments' | 'matchers')[] = [];
  let filters = false;
  let previous = '';
  for (const [token] of query.matchAll(TOKEN)) {
    if (token.startsWith('#')) continue;
    const outside = open.every((bracket) => bracket === 'group');
    if (token === '{') open.push('matchers');
    else if (token === '(') open.push(holdsArguments(previous) ? 'arguments' : 'group');
    else if (token === '}' || token === ')') open.pop();
    else if (outside && (token === 'or' || token === 'bool')) return false;
    else if (outside && COMPARISONS.has(token)) filters = true;
    previous = token;
  }
  return filters;
}

/** `rate(`, `sum by (x) (`, `on(x) (`: true. `a and (`, `1 + (`, `(`: false. */
function holdsArguments(previous: string): boolean {
  return previous === ')' || (/^[A-Za-z_:]/.test(previous) && !OPERATORS.has(previous.toLowerCase()));
}

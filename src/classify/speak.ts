import { label } from '../domain/alert.ts';
import type { Matcher } from '../domain/matcher.ts';
import { cleanLine } from '../domain/text.ts';
import type { ReadFacts } from './facts.ts';
import { foldCase, requiredLiterals } from './required-literals.ts';
import type { Hit } from './rule-index.ts';

/** In characters: what is quoted of an alert. A reason has to fit a phone. */
const QUOTED = 60;
/** A label's value that is no longer is told whole; of a name, the part that counts. */
const SHOWN_WHOLE = 40;

/**
 * What a rule saw, so that a person can check it on the alert: `its name begins with “CoreDNS”`, `“up == 0” is in its
 * expression`. Regular expressions are never shown; the alert's own text is cleaned and cut.
 */
export function speakHit(hit: Hit, facts: ReadFacts): string {
  if (hit.by === 'words') return speakPlace(hit.place, hit.words);
  if (hit.by === 'log') return speakLog(hit.text, facts.log);
  if (hit.by === 'template')
    return `the logs newly, or more than before, say ${quote(hit.text.replaceAll('<*>', '…'))}`;
  if (hit.matchers.length === 0) return 'it fits every alert';
  // What is absent explains little beside what is there.
  const present = hit.matchers.filter(({ op, value }) => (op === '=' || op === '=~') && value !== '');
  const spoken = present.length > 0 ? present : hit.matchers;
  return spoken
    .slice(0, 3)
    .map((matcher) => speakMatcher(matcher, label(facts.labels, matcher.name), facts))
    .join(', and ');
}

/** `its summary says “crash loop”`. */
export function speakPlace(place: string, words: string): string {
  if (place === 'expression') return `${quote(words)} is in its expression`;
  return `${speakPlaceName(place)} says ${quote(words)}`;
}

function speakPlaceName(place: string): string {
  if (place === 'alertname' || place === 'label rulename') return 'its name';
  const [kind, ...rest] = place.split(' ');
  const name = cleanLine(rest.join(' '), QUOTED);
  if (kind !== 'annotation') return `its label ${name}`;
  return /^[a-z]+$/.test(name) && name.length > 2 ? `its ${name}` : `its annotation ${name}`;
}

function speakMatcher({ name, op, value }: Matcher, actual: string, facts: ReadFacts): string {
  if (op === '!=' || op === '!~') return `${subject(name)} is ${actual === '' ? 'empty' : quote(actual)}`;
  if (op === '=')
    return value === '' ? `it has no ${subject(name).replace(/^its /, '')}` : `${subject(name)} is ${quote(value)}`;
  if (name === '__words__') return `its name says ${quote(wordsOf(value, actual, facts))}`;
  if (name === '__expression__') return speakExpression(value, actual);
  return speakPart(subject(name), value, actual);
}

function subject(name: string): string {
  if (name === 'alertname') return 'its name';
  if (name === '__source__') return 'its source';
  if (name === '__words__') return 'its name';
  if (name === '__expression__') return 'its expression';
  return `its label ${cleanLine(name, QUOTED)}`;
}

/** Which part of a value an expression asked for, as far as that can be said in words. */
function speakPart(what: string, expression: string, actual: string): string {
  if (actual === '') return `${what} is empty`;
  if (what !== 'its name' && actual.length <= SHOWN_WHOLE) return `${what} is ${quote(actual)}`;
  const found = literalIn(expression, actual);
  if (found === null || found.text.length < 3 || actual.length <= found.text.length)
    return `${what} is ${quote(actual)}`;
  const part = quote(found.text);
  if (found.at === 0) return `${what} begins with ${part}`;
  return found.at + found.text.length === actual.length ? `${what} ends with ${part}` : `${what} contains ${part}`;
}

/** The longest text that the expression requires and the value has, as it is written there. */
function literalIn(expression: string, actual: string): { text: string; at: number } | null {
  const folded = foldCase(actual);
  let best: { text: string; at: number } | null = null;
  for (const literal of requiredLiterals(expression) ?? []) {
    const at = folded.indexOf(literal);
    if (at >= 0 && literal.length > (best?.text.length ?? 0))
      best = { text: actual.slice(at, at + literal.length), at };
  }
  return best;
}

/** The whole name or operator around what was found: `probe_success` rather than `probe_`. */
function speakExpression(expression: string, actual: string): string {
  const found = literalIn(expression, actual);
  const head = `${quote(actual.slice(0, QUOTED))} is how its expression begins`;
  if (found === null || found.text.trim().length < 2) return head;
  const before = /[\w:.]*$/.exec(actual.slice(Math.max(0, found.at - QUOTED), found.at))?.[0] ?? '';
  const after = /^[\w:.]*/.exec(actual.slice(found.at + found.text.length).slice(0, QUOTED))?.[0] ?? '';
  return `${quote(`${before}${found.text}${after}`.trim())} is in its expression`;
}

/** The words of the name that an expression over `__words__` names. */
function wordsOf(expression: string, actual: string, { places }: ReadFacts): string {
  const tokens = [...expression.matchAll(/([a-z0-9]+)(\[a-z\][*+])?/g)];
  const exact = new Set(tokens.filter(([, , open]) => open === undefined).map(([, token]) => token));
  const stems = tokens.flatMap(([, stem = '', open]) => (open === undefined ? [] : [stem]));
  const named = actual
    .trim()
    .split(' ')
    .filter((word) => exact.has(word) || stems.some((stem) => word.startsWith(stem)));
  if (named.length > 0 && named.length <= 6)
    return named.join(' … ').replaceAll(' … ', adjacent(actual, named) ? ' ' : ' … ');
  const name = places.find(({ place }) => place === 'alertname');
  return (name?.words ?? []).map(({ text }) => text).join(' ');
}

function adjacent(actual: string, named: readonly string[]): boolean {
  return actual.includes(` ${named.join(' ')} `);
}

function speakLog(text: string, log: string): string {
  const found = literalIn(text, log);
  const plain = !/[\\^$.|?*+()[\]{}]/.test(text);
  if (plain || found === null) return plain ? `a log line says ${quote(text)}` : 'a log line says so';
  return `a log line says ${quote(found.text)}`;
}

function quote(text: string): string {
  return `“${cleanLine(text, QUOTED)}”`;
}

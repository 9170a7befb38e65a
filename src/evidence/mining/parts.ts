import { VARIABLE } from './shape.ts';

/**
 * What a part of a shape is, by its looks and by what stands beside it:
 * `fixed` never becomes variable; `word` is plain language; `name` is written like an identifier; `value` stands where
 * values stand (after `=`, in quotes or alone in brackets, after "for user", between "from" and "to").
 */
export type PartKind = 'fixed' | 'word' | 'name' | 'value';

/** A quoted text without variables is one part, so is any run between blanks and marks; the rest are single marks. */
const PARTS = new RegExp(`"(?:[^"${VARIABLE}]{0,80}|${VARIABLE})"|[^\\s=,;()[\\]{}"'|<>:#\`*]+|[^]`, 'g');

/** Two states of one thing are two events. */
const SWITCH = /^(?:true|false|yes|no|on|off|null|none|nil|enabled?|disabled?)$/i;
const PLAIN = /^[A-Za-z][a-z]*(?:'[a-z]+)?[.!?]*$/;
const SHOUTED = /^[A-Z]{2,}[.!?]*$/;
const WHOSE =
  /^(?:user|username|account|login|owner|group|role|host|hostname|node|server|client|peer|pod|container|namespace|cluster|device|disk|volume|table|database|index|topic|queue|bucket|domain|zone|tenant|project|service|unit|job|module|interface|partition|shard|broker|worker)$/i;
const RELATION = /^(?:for|from|to|by|of|on|at|in|with|via|as|into|against|invalid|unknown)$/i;
/** One of several of a kind: `partition orders-7`. */
const NUMBERED = new RegExp(`^[A-Za-z][\\w-]*[_-]${VARIABLE}$`);
const MARKS = /^[\s!-/:-@[-`{-~]$/;

export function splitShape(shape: string): string[] {
  return (shape.match(PARTS) ?? []).flatMap(withoutStop);
}

/** What ends a sentence is no part of its last word. */
const STOPPED = /^([^]*[^.!?])([.!?]+)$/;

function withoutStop(part: string): readonly string[] {
  const [, word, stop] = STOPPED.exec(part) ?? [];
  return word === undefined || stop === undefined ? [part] : [word, ...stop.split('')];
}

/** The kind of each part. The first word names the event, so it is fixed unless a variable. */
export function kindsOf(parts: readonly string[]): PartKind[] {
  let first = true;
  return parts.map((part, index) => {
    if (MARKS.test(part)) return 'fixed';
    const isFirst = first;
    first = false;
    if (part === VARIABLE) return 'value';
    if (parts[index + 1] === '=' && !part.includes(VARIABLE)) return 'fixed'; // a key
    if (SWITCH.test(part)) return isListed(parts, index) ? 'value' : 'fixed';
    if (part === 'localhost') return 'value';
    if (isQuoted(part) || standsAsValue(parts, index)) return 'value';
    if (isFirst) return 'fixed';
    return kindOfWord(part, parts, index);
  });
}

export function isQuoted(part: string): boolean {
  return part.length > 1 && part.startsWith('"');
}

const PAIRS: ReadonlySet<string> = new Set(["''", '""', '()', '[]']);

export function isSwitch(part: string): boolean {
  return SWITCH.test(part);
}

/** States side by side are readings of several things: `( on off )`. */
function isListed(parts: readonly string[], index: number): boolean {
  return (
    (parts[index - 1] === ' ' && isSwitch(parts[index - 2] ?? '')) ||
    (parts[index + 1] === ' ' && isSwitch(parts[index + 2] ?? ''))
  );
}

function standsAsValue(parts: readonly string[], index: number): boolean {
  const left = parts[index - 1] ?? '';
  if (left === '=' || PAIRS.has(left + (parts[index + 1] ?? ' '))) return true;
  if (left !== ' ' || !isWord(WHOSE, parts, index - 2)) return false;
  return isWord(RELATION, parts, index - 4) || NUMBERED.test(parts[index] ?? '');
}

function kindOfWord(part: string, parts: readonly string[], index: number): PartKind {
  const plain = PLAIN.test(part) && !SHOUTED.test(part);
  if (parts[index - 1] === ' ' && isWord(RELATION, parts, index - 2)) {
    if (!plain) return part.includes(VARIABLE) ? 'name' : 'value';
    if (parts[index + 1] === ' ' && isWord(RELATION, parts, index + 2)) return 'value';
  }
  return plain ? 'word' : 'name';
}

/** Whether that word stands there, with a blank after it. */
function isWord(form: RegExp, parts: readonly string[], index: number): boolean {
  return parts[index + 1] === ' ' && form.test(parts[index] ?? '');
}

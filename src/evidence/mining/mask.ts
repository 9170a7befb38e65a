import { ShapeWriter, VARIABLE } from './shape.ts';
import { isKey, maskWord } from './word.ts';

/** What is longer is cut: what tells lines apart stands at their beginning. */
const MAX_LINE = 2_048;

const WORD = 0;
const SPACE = 1;
const MARK = 2;

/** What each ASCII character is; all others belong to words. */
const KIND = new Uint8Array(128);
for (let code = 0; code <= 32; code += 1) KIND[code] = SPACE;
for (const mark of '=,;()[]{}"\'|<>:#`*') KIND[mark.charCodeAt(0)] = MARK;

const OPENING = 40; // (
const CLOSING = 41; // )
const COLON = 58;
const EQUALS = 61;
const LESS = 60; // <
const STAR = 42; // *
const BACKSLASH = 92;
const DOT = 46;

const WEEKDAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}';
const DATE_BEGINS = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/;
/** `Fri Jun 17 07:07:00 2005`, `Jul 01 08:16:53 PDT 2005`, `Mon, 02 Jan 2006 15:04:05`. */
const DATE = new RegExp(
  `(?:${WEEKDAY},? +)?(?:${MONTH} +\\d{1,2}|\\d{1,2} +${MONTH})(?![A-Za-z])(?:,? +\\d{4}(?![\\d:]))?` +
    '(?: +\\d{1,2}:\\d{2}(?::\\d{2}(?:[.,]\\d{1,9})?)?)?(?: +[A-Z]{3,4}(?= +\\d{4}))?(?: +\\d{4}(?![\\d:]))?',
  'y',
);
const URL = /:\/\/[^\s"'<>\\^`{|}]*[^\s"'<>\\^`{|}.,;:!?)\]]/y;
/** MAC and IPv6 addresses, thumbprints: at least three groups of hex digits between colons. */
const COLONS = /(?:[0-9a-fA-F]{0,4}:){3,31}[0-9a-fA-F]{0,4}(?:%\w{1,16})?(?![0-9A-Za-z:])/y;
const PATH = /[^\s"'<>|,;:()[\]{}]*(?:[?&][^\s"'<>|()[\]{}]*)?/y;
/** Host names are written small. Their port follows. */
const HOST = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;
const PORT = /:\d+/y;
/** The unit that stands beside a number belongs to it; not where a bracket follows: `2 time(s)`. */
const UNIT =
  / (?:[kKMGTP]i?B|B|bytes?|[kKMGT]?[bB]ps|[munµ]?s|[mun]?secs?|seconds?|milliseconds?|microseconds?|minutes?|mins?|hours?|days?)(?![\w/(])/y;
/** A size said again in a larger unit: `1293 bytes (1.26 KB)`. */
const SIZE_AGAIN = /\(\d[\d.,]* ?(?:[kKMGTPE]i?B|B|bytes)\) ?/y;
/** `<1 sec`. */
const BOUND = /<[\d.,]+ ?(?:[munµ]?s|[mun]?secs?|seconds?|minutes?|hours?)(?!\w)/y;
/** What somebody has hidden, or a number too long for its column. */
const HIDDEN = /\*{3,}/y;
const HEX_GROUP = /^[0-9a-fA-F]{1,4}$/;

/** The shape of a message: equal for messages that differ only in their variable parts. Linear in its length. */
export function maskLine(line: string): string {
  const text = line.length > MAX_LINE ? cutAtBlank(line) : line;
  const shape = new ShapeWriter();
  let copied = skipBlanks(text, 0); // everything before has been written
  let at = copied;
  while (at < text.length) {
    const kind = kindOf(text.charCodeAt(at));
    let next: number;
    if (kind === WORD) next = readWord(shape, text, copied, at);
    else if (kind === MARK) next = readMark(shape, text, copied, at);
    else next = readBlanks(shape, text, copied, at);
    // a negative number: it was written, and up to there; else it is still to be copied
    at = next < 0 ? -next : next;
    if (next < 0) copied = at;
  }
  if (copied < text.length) shape.literal(text.slice(copied));
  return shape.finish();
}

function cutAtBlank(line: string): string {
  const blank = line.lastIndexOf(' ', MAX_LINE);
  return line.slice(0, blank > MAX_LINE / 2 ? blank : MAX_LINE);
}

function kindOf(code: number): number {
  return code < 128 ? (KIND[code] ?? WORD) : WORD;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && kindOf(text.charCodeAt(at)) === SPACE) at += 1;
  return at;
}

function readBlanks(shape: ShapeWriter, text: string, copied: number, at: number): number {
  const end = skipBlanks(text, at + 1);
  if (end === at + 1 && text.charCodeAt(at) === 32) return end;
  shape.literal(text.slice(copied, at));
  shape.literal(' ');
  return -end;
}

function readMark(shape: ShapeWriter, text: string, copied: number, at: number): number {
  const code = text.charCodeAt(at);
  if (code === OPENING && (at === 0 || text.charCodeAt(at - 1) <= 32)) {
    if (text.charCodeAt(at + 1) === CLOSING) {
      // brackets with nothing in them hold an empty value, but those of a function
      shape.literal(text.slice(copied, at + 1));
      shape.variable(VARIABLE);
      return -(at + 1);
    }
    const again = matchEnd(SIZE_AGAIN, text, at);
    if (again > 0) {
      shape.literal(text.slice(copied, at));
      if (shape.endsWith(`${VARIABLE} `)) return -again;
      return -writeLiteral(shape, '(', at + 1);
    }
  }
  const bound = code === LESS ? matchEnd(BOUND, text, at) : code === STAR ? matchEnd(HIDDEN, text, at) : 0;
  if (bound === 0) return at + 1;
  shape.literal(text.slice(copied, at));
  shape.variable(VARIABLE);
  return -bound;
}

function writeLiteral(shape: ShapeWriter, text: string, next: number): number {
  shape.literal(text);
  return next;
}

function readWord(shape: ShapeWriter, text: string, copied: number, from: number): number {
  let to = from;
  let letters = true;
  for (; to < text.length; to += 1) {
    const code = text.charCodeAt(to);
    if (kindOf(code) !== WORD) break;
    if ((code | 32) < 97 || (code | 32) > 122) letters = false;
  }
  const beforeColon = text.charCodeAt(to) === COLON;
  if (letters && !beforeColon && !(to - from >= 3 && text.charCodeAt(from) < 97)) return to;
  const word = text.slice(from, to);
  const composite = compositeEnd(text, from, to, word, letters);
  if (composite > 0) {
    shape.literal(text.slice(copied, from));
    shape.variable(VARIABLE);
    return -composite;
  }
  return letters ? to : readMarked(shape, text, copied, from, to, word);
}

/** A word with digits or marks in it: those at its ends belong to the sentence. */
function readMarked(shape: ShapeWriter, text: string, copied: number, from: number, to: number, word: string): number {
  const start = leadingDots(word);
  let end = word.length;
  while (end > start + 1 && isClosing(word.charCodeAt(end - 1))) end -= 1;
  const called = text.charCodeAt(to) === OPENING && end === word.length;
  if (text.charCodeAt(to) === EQUALS && isKey(word)) return to;
  const dots = word.indexOf('..', start);
  if (dots > start && dots < end) {
    // dots that lead from a name to its value
    let rest = dots;
    while (rest < end && word.charCodeAt(rest) === DOT) rest += 1;
    shape.literal(text.slice(copied, from + start));
    write(shape, maskWord(word.slice(start, dots), false));
    shape.literal(word.slice(dots, rest));
    if (rest < end) write(shape, maskWord(word.slice(rest, end), called));
    shape.literal(word.slice(end));
    return -to;
  }
  const bare = start === 0 && end === word.length ? word : word.slice(start, end);
  const masked = maskWord(bare, called);
  if (masked === bare) return to;
  shape.literal(text.slice(copied, from + start));
  shape.variable(masked);
  if (end < word.length) shape.literal(word.slice(end));
  else if (masked === VARIABLE) return -(hasUnit(text, to) ? matchEnd(UNIT, text, to) || to : to);
  return -to;
}

/** Spares most numbers the search: a unit begins with a small letter or one of `BKMGTP`. */
function hasUnit(text: string, to: number): boolean {
  if (text.charCodeAt(to) !== 32) return false;
  const code = text.charCodeAt(to + 1);
  return (code >= 97 && code <= 122) || code === 181 || 'BKMGTP'.includes(text.charAt(to + 1));
}

function write(shape: ShapeWriter, masked: string): void {
  if (masked.includes(VARIABLE)) shape.variable(masked);
  else shape.literal(masked);
}

function leadingDots(word: string): number {
  let start = 0;
  while (start < word.length - 1 && word.charCodeAt(start) === DOT && word.charCodeAt(start + 1) === DOT) start += 1;
  return start > 0 ? start + 1 : 0;
}

/** Where a variable ends that is more than one word; 0 where none begins here. */
function compositeEnd(text: string, from: number, to: number, word: string, letters: boolean): number {
  if (letters && word.length >= 3 && DATE_BEGINS.test(word)) {
    const end = matchEnd(DATE, text, from);
    if (end > 0) return end;
  }
  if (text.charCodeAt(to) === COLON) {
    if (text.startsWith('://', to)) return matchEnd(URL, text, to);
    const colons = HEX_GROUP.test(word) ? colonsEnd(text, from) : 0;
    if (colons > 0) return colons;
    if (letters && word.length === 1 && text.charCodeAt(to + 1) === BACKSLASH) return matchEnd(PATH, text, to + 1);
    if (!letters && isDigit(text.charCodeAt(to + 1)) && HOST.test(word)) return matchEnd(PORT, text, to);
  }
  if (letters) return 0;
  if (word === '/') return isRoot(text, from) ? to : 0;
  return isPath(word) ? pathEnd(text, from) : 0;
}

const REQUEST = /(?:["'=]|\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) )$/;

/** `GET / HTTP/1.1`, `path=/`: a path like any other, and no stroke between two words. */
function isRoot(text: string, from: number): boolean {
  return REQUEST.test(text.slice(Math.max(0, from - 9), from));
}

function colonsEnd(text: string, from: number): number {
  const end = matchEnd(COLONS, text, from);
  return end > 0 && /\d|::/.test(text.slice(from, end)) ? end : 0;
}

/** `/var/log`, `./x`, `~/x`, `\\host\share`, `a/long/relative/one`, `com.example/.Activity`. */
function isPath(word: string): boolean {
  const slash = word.indexOf('/');
  if (slash < 0) return word.charCodeAt(0) === BACKSLASH && word.length > 2;
  if (slash === 0) return word.length > 1;
  if (slash <= 2 && /^(?:~|\.\.?)\//.test(word)) return true;
  const dot = word.indexOf('.');
  return word.length > 12 && (word.includes('/', slash + 1) || (dot > 0 && word.includes('.', dot + 1)));
}

/** Without the mark that ends the sentence. */
function pathEnd(text: string, from: number): number {
  let end = matchEnd(PATH, text, from);
  while (end > from + 2 && isClosing(text.charCodeAt(end - 1))) end -= 1;
  return end;
}

function isClosing(code: number): boolean {
  return code === DOT || code === 33 || code === 63 || code === 45; // . ! ? -
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function matchEnd(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : 0;
}

/** One top-level JSON value of a text. `line` and `column` count from 1, in UTF-16 units. */
export interface JsonDocument {
  readonly line: number;
  readonly column: number;
  readonly value: unknown;
}

/** Where a text is not JSON, and why. */
export interface JsonProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Nobody writes alerts deeper than this; the webhook refuses it too. */
const DEEPEST = 32;

/**
 * Reads JSON values that stand one after the other, on lines of their own or not (NDJSON, concatenated payloads, one
 * array). After a fault it goes on at the next line that begins a value, so that one bad line costs one line.
 */
export function readJsonDocuments(text: string): (JsonDocument | JsonProblem)[] {
  const found: (JsonDocument | JsonProblem)[] = [];
  const place = placer(text);
  let at = skipSpace(text, text.startsWith('\ufeff') ? 1 : 0);
  while (at < text.length) {
    const scanned = scanValue(text, at);
    if ('message' in scanned) {
      found.push({ ...place(scanned.at), message: scanned.message });
      at = nextStart(text, at);
    } else {
      found.push({ ...place(at), value: JSON.parse(text.slice(at, scanned.end)) as unknown });
      at = skipSpace(text, scanned.end);
    }
  }
  return found;
}

/** Line and column of offsets; cheap while they rise. */
function placer(text: string): (offset: number) => { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  let seen = 0;
  return (offset) => {
    if (offset < seen) {
      line = 1;
      lineStart = 0;
    }
    for (let end = text.indexOf('\n', lineStart); end >= 0 && end < offset; end = text.indexOf('\n', lineStart)) {
      line++;
      lineStart = end + 1;
    }
    seen = offset;
    return { line, column: offset - lineStart + 1 };
  };
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r\n'.includes(text[at] ?? '')) at++;
  return at;
}

/** The next line after `from` that begins with `{` or `[`, or the end. */
function nextStart(text: string, from: number): number {
  const start = /\n[ \t]*(?=[{[])/g;
  start.lastIndex = from;
  return start.exec(text) === null ? text.length : start.lastIndex;
}

// eslint-disable-next-line no-control-regex -- JSON forbids control characters in strings
const STRING = /"(?:[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const ATOM = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

type Scanned = { readonly end: number } | { readonly at: number; readonly message: string };

/** The end of the value that begins at `from`, without recursion: depth is the sender's to choose. */
function scanValue(text: string, from: number): Scanned {
  const open: string[] = [];
  let at = from;
  let expect: 'value' | 'firstValue' | 'key' | 'firstKey' | 'next' = 'value';
  for (;;) {
    at = skipSpace(text, at);
    const char = text[at];
    if (char === undefined) return { at, message: 'the text ends inside a JSON value' };
    const inside = open.at(-1);
    if (expect === 'next') {
      if (char === ',') expect = inside === '{' ? 'key' : 'value';
      else if (char === (inside === '{' ? '}' : ']')) open.pop();
      else return { at, message: `expected a comma or the end of the ${inside === '{' ? 'object' : 'list'}` };
      at++;
    } else if ((expect === 'firstKey' && char === '}') || (expect === 'firstValue' && char === ']')) {
      open.pop();
      expect = 'next';
      at++;
    } else if (expect === 'key' || expect === 'firstKey') {
      const colon = skipSpace(text, match(STRING, text, at));
      if (colon <= at || text[colon] !== ':') return { at, message: 'expected a name in double quotes and a colon' };
      at = colon + 1;
      expect = 'value';
    } else if (char === '{' || char === '[') {
      if (open.push(char) > DEEPEST) return { at, message: `deeper than ${DEEPEST} levels` };
      expect = char === '{' ? 'firstKey' : 'firstValue';
      at++;
    } else {
      const end = match(char === '"' ? STRING : ATOM, text, at);
      if (end < 0) return { at, message: 'expected a JSON value' };
      at = end;
      expect = 'next';
    }
    if (open.length === 0) return { end: at };
  }
}

/** The end of what the sticky expression matches at `at`, or -1. */
function match(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : -1;
}

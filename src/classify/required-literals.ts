/**
 * What a text must contain so that a regular expression can match it: at least one of the literals given back, in
 * lower case. Null where nothing can be said cheaply; then the expression has to be run. Never wrong towards silence:
 * constructs that are not understood make it null.
 *
 * `(CoreDNS|Dns).*Down` → `['down']`, `(?i).*(timeout|timed out).*` → `['timeout', 'timed out']`.
 */
export function requiredLiterals(expression: string): readonly string[] | null {
  if (/\(\?[^:i]|\(\?i[^):]|\\[QEpPx0-9CXzA]|\[\[:/.test(expression)) return null;
  const reader: Reader = { text: expression, at: 0 };
  const best = readAlternatives(reader);
  return reader.at < expression.length || best === null || best.some((literal) => literal === '') ? null : best;
}

interface Reader {
  readonly text: string;
  at: number;
}
type Literals = readonly string[] | null;

const MOST = 256;

function readAlternatives(reader: Reader): Literals {
  const branches: Literals[] = [readSequence(reader)];
  while (reader.text[reader.at] === '|') {
    reader.at++;
    branches.push(readSequence(reader));
  }
  const all = branches.flatMap((branch) => branch ?? ['']);
  return branches.includes(null) || all.length > MOST ? null : all;
}

/** The most telling part of a sequence: of all its runs of literals and groups, the one whose shortest member is longest. */
function readSequence(reader: Reader): Literals {
  let best: Literals = null;
  let run = '';
  const take = (candidate: Literals) => {
    if (worth(candidate) > worth(best)) best = candidate;
  };
  while (reader.at < reader.text.length && !'|)'.includes(reader.text[reader.at] ?? '')) {
    const atom = readAtom(reader);
    const count = readQuantifier(reader);
    const char = typeof atom === 'string' && count === 'once';
    if (!char) {
      take(run === '' ? null : [run]);
      run = '';
    }
    if (char) run += atom;
    else if (count !== 'optional') take(typeof atom === 'string' ? [atom] : atom);
  }
  take(run === '' ? null : [run]);
  return best;
}

function worth(literals: Literals): number {
  return literals === null ? 0 : Math.min(...literals.map((literal) => literal.length));
}

/** A single literal character, or what a group requires, or null for anything else. */
function readAtom(reader: Reader): string | Literals {
  const char = reader.text[reader.at++] ?? '';
  if (char === '(') return readGroup(reader);
  if (char === '[') return skipClass(reader);
  if (char === '\\') return readEscape(reader.text[reader.at++] ?? '');
  if ('.^$*+?{'.includes(char)) return null;
  return plain(char);
}

function readGroup(reader: Reader): Literals {
  const flags = /^\?i?(:|\))/.exec(reader.text.slice(reader.at, reader.at + 3));
  if (flags !== null) reader.at += flags[0].length;
  if (flags?.[1] === ')') return null;
  const inside = readAlternatives(reader);
  reader.at++;
  return inside;
}

function skipClass(reader: Reader): null {
  if (reader.text[reader.at] === '^') reader.at++;
  if (reader.text[reader.at] === ']') reader.at++;
  while (reader.at < reader.text.length && reader.text[reader.at] !== ']')
    reader.at += reader.text[reader.at] === '\\' ? 2 : 1;
  reader.at++;
  return null;
}

function readEscape(char: string): string | null {
  return /[A-Za-z0-9]/.test(char) ? null : plain(char);
}

/** Only ASCII is certain to fold its case in one way everywhere. */
function plain(char: string): string | null {
  return char <= '\x7f' ? char.toLowerCase() : null;
}

function readQuantifier(reader: Reader): 'once' | 'repeated' | 'optional' {
  const match = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(reader.text.slice(reader.at, reader.at + 24));
  if (match === null) return 'once';
  reader.at += match[0].length;
  return /^(?:[*?]|\{0+[,}])/.test(match[0]) ? 'optional' : 'repeated';
}

/** Folds a value so that it contains the literals of every expression that matches it, whatever the expression's case. */
export function foldCase(value: string): string {
  return value.toLowerCase().replaceAll('\u017f', 's');
}

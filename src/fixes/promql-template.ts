/**
 * Filling PromQL templates. A blank may stand only inside the quoted value of a label matcher
 * (`instance="{{ labels.instance }}"`); there its value is escaped for the quotes around it, and for the
 * regular expression where the operator is `=~` or `!~`.
 * Strings and comments: https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals
 */
type Quote = '"' | "'" | '`';
type Part = { readonly text: string } | { readonly name: string; readonly quote: Quote; readonly regex: boolean };

/** What is wrong with a PromQL template as it is written, in sentences. */
export function promqlProblems(template: string): string[] {
  return readTemplate(template).problems;
}

/** The names that a PromQL template mentions. */
export function promqlBlanks(template: string): string[] {
  return readTemplate(template).parts.flatMap((part) => ('name' in part ? [part.name] : []));
}

/** The query with every value escaped for where it stands, and the reasons why it may not be asked. */
export function fillPromql(
  template: string,
  lookUp: (name: string) => string | undefined,
): { text: string; reasons: string[] } {
  const { parts, problems } = readTemplate(template);
  const reasons = [...problems];
  const texts = parts.map((part) => {
    if ('text' in part) return part.text;
    const value = lookUp(part.name);
    if (value === undefined) reasons.push(`${part.name} has no value for the query ${template}`);
    else if (!value.isWellFormed() || (part.quote === '`' && value.includes('`')))
      reasons.push(`${part.name} holds characters that cannot be written into the query ${template}`);
    return value === undefined ? '' : escapeFor(part.quote, part.regex, value);
  });
  return { text: texts.join(''), reasons };
}

/** Raw strings (backticks) know no escapes; a value with a backtick was refused before. */
function escapeFor(quote: Quote, regex: boolean, value: string): string {
  const literal = regex ? value.replace(/[^\w\u0080-\u{10ffff}]/gu, String.raw`\$&`) : value;
  if (quote === '`') return literal;
  return literal
    .replaceAll('\\', String.raw`\\`)
    .replaceAll(quote, `\\${quote}`)
    .replaceAll('\n', String.raw`\n`);
}

/** The same shape as in domain/template.ts, here at one position. */
const BLANK_HERE = /\{\{\s*([A-Za-z_][\w.:-]*)\s*\}\}/y;

/** One walk over the text: what is literal, where each blank stands, and what is wrong. */
function readTemplate(template: string): { parts: Part[]; problems: string[] } {
  const parts: Part[] = [];
  const problems: string[] = [];
  let place: Place = { quote: null, comment: false, before: '', regex: false, matcher: false };
  let from = 0;
  let at = 0;
  while (at < template.length) {
    BLANK_HERE.lastIndex = at;
    const blank = BLANK_HERE.exec(template);
    if (blank === null) {
      const escaped = place.quote !== null && place.quote !== '`' && template[at] === '\\';
      place = step(place, template[at] ?? '');
      at += escaped && template[at + 1] !== '{' ? 2 : 1;
      continue;
    }
    const name = blank[1] ?? '';
    const problem = problemAt(place, template[at - 1] ?? '');
    if (problem !== null) problems.push(`{{ ${name} }} ${problem} in ${template}`);
    parts.push({ text: template.slice(from, at) }, { name, quote: place.quote ?? '"', regex: place.regex });
    from = at = BLANK_HERE.lastIndex;
  }
  parts.push({ text: template.slice(from) });
  if (place.quote !== null) problems.push(`a string is not closed in ${template}`);
  return { parts, problems };
}

interface Place {
  readonly quote: Quote | null;
  readonly comment: boolean;
  /** The last three characters outside strings, without blanks. */
  readonly before: string;
  readonly regex: boolean;
  /** Whether the string that is open is the value of a label matcher. */
  readonly matcher: boolean;
}

function step(place: Place, char: string): Place {
  if (place.comment) return { ...place, comment: char !== '\n' };
  if (place.quote !== null) return char === place.quote ? { ...place, quote: null, before: char } : place;
  if (char === '#') return { ...place, comment: true };
  if (char === '"' || char === "'" || char === '`') {
    const regex = /[=!]~$/.test(place.before);
    return { ...place, quote: char, regex, matcher: regex || /(?:!=|[^=!<>~]=)$/.test(place.before) };
  }
  return /\s/.test(char) ? place : { ...place, before: (place.before + char).slice(-3) };
}

function problemAt(place: Place, previous: string): string | null {
  if (place.quote === null || !place.matcher) return 'may stand only inside the quoted value of a label matcher';
  return previous === '\\' ? 'has a backslash right before it' : null;
}

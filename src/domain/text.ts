/**
 * The one cleaning function for text that came from outside and will be shown, stored or sent.
 * Lone surrogates become U+FFFD (PostgreSQL refuses them), control characters but tab and line feed, bidirectional
 * overrides and the Unicode line separators become spaces, CR LF becomes LF, and what is longer than `max` is cut.
 */
export function cleanText(raw: string, max = 8192): string {
  const cut = raw.length > max ? `${raw.slice(0, max - 1)}…` : raw;
  if (PLAIN.test(cut)) return cut;
  return cut.toWellFormed().replace(/\r\n?/g, '\n').replace(UNWANTED, ' ');
}

const PLAIN = /^[\x20-\x7e]*$/;
// eslint-disable-next-line no-control-regex -- control characters are what this is about
const UNWANTED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** As long as a name of a team, a service or an alert is kept: stores look incidents up by it, and their keys are short. */
export const NAME_MAX = 128;

/** As {@link cleanText}, on one line: for titles, subjects and header values. */
export function cleanLine(raw: string, max = 256): string {
  return cleanText(raw, max).replace(/\s+/g, ' ').trim();
}

/** The address where it is an absolute http(s) one, else the empty string: nothing else may become a link. */
export function httpUrl(raw: string): string {
  if (raw.length > 8192) return '';
  const clean = cleanText(raw);
  // Parsers take line breaks and blanks inside an address; whoever writes it into a header, a mail or a calendar must not.
  return /^https?:\/\/\S+$/i.test(clean) && URL.canParse(clean) ? clean : '';
}

const ASCII = /^[\0-\x7f]*$/;
const ACCENTS = /[\u0300-\u036f]/g;

/** For comparing, never for showing: without accents, and with full-width letters and half-width kana as usual ones. */
export function plainLetters(text: string): string {
  return ASCII.test(text) ? text : text.normalize('NFKD').replace(ACCENTS, '').normalize('NFC');
}

/** `1 problem`, `3 problems`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

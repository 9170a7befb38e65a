import { VARIABLE } from './shape.ts';

/** More digits than this are an id, never part of a name. */
const MOST_DIGITS = 4;
const QUANTITY = /^[+-]?\d[\d.,_]*(?:[eE][+-]?\d+)?(?:%|[A-Za-zµ]{1,4}(?:\/s(?:ec)?)?)?$/;
const HEX = /^[0-9a-fA-F-]{6,}$/;
const DOTTED = /^[\w$-]+(?:\.[\w$-]+){2,}$/;
/** The type of an exception is what the line is about. */
const THROWN = /(?:Exception|Error)$/;
/** A name with one or two numbers, however long these are: `broadcast_12345_piece0`, `worker-15`. */
const NUMBERED = /^[A-Za-z]{3,}(?:[_-]-?[a-z]*\d+){1,2}$/;
const DIGITS = /(?:(?<![A-Za-z0-9])[+-])?\d+/g;

/**
 * One word that is not of letters alone, with its variable parts replaced. `en0` and `en1` are `en<*>`; numbers with or
 * without a unit, ids, hex, addresses, dotted names are variable as a whole.
 * @param called whether an opening bracket follows: the name of a function keeps its digits
 */
export function maskWord(word: string, called: boolean): string {
  const digits = countDigits(word);
  if (digits === 0) return isName(word) ? VARIABLE : word;
  if (called && digits <= MOST_DIGITS && /^[A-Za-z_]/.test(word)) return word;
  if (digits > MOST_DIGITS && NUMBERED.test(word) && !HEX.test(word)) return word.replace(DIGITS, VARIABLE);
  if (digits > MOST_DIGITS || QUANTITY.test(word) || HEX.test(word) || /^0[xX]|[./@]/.test(word)) return VARIABLE;
  const masked = word.replace(DIGITS, VARIABLE);
  return masked.split(VARIABLE).length > 3 ? VARIABLE : masked;
}

const KEY = /^[A-Za-z_$][\w$-]*(?:\.[\w$-]+)*$/;

/** What stands before `=` is the name of what follows, also with dots in it. */
export function isKey(word: string): boolean {
  return KEY.test(word) && countDigits(word) === 0;
}

/** A host, a package, an address: with two dots at least, or `user@host.example`. */
function isName(word: string): boolean {
  const dot = word.indexOf('.');
  if (dot <= 0) return false;
  if (word.includes('@')) return true;
  return word.includes('.', dot + 1) && DOTTED.test(word) && !THROWN.test(word);
}

function countDigits(word: string): number {
  let count = 0;
  for (let index = 0; index < word.length; index += 1) {
    const code = word.charCodeAt(index);
    if (code >= 48 && code <= 57) count += 1;
  }
  return count;
}

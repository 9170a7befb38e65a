/**
 * While a text is searched, each placeholder in it is one character of Unicode's private use area: no pattern takes that
 * for a name, a number or a separator, so that a placeholder is never searched itself.
 */
export interface Marks {
  /** The text with its placeholders, ours or forged, as marks. */
  hide(text: string): string;
  /** The mark that stands for this secret from now on. */
  mark(type: string, secret: string): string;
  /** The text with placeholders again. */
  show(text: string): string;
}

const FIRST = 0xe000;
/** The last one stands for whatever is more than 6,399 different secrets in one text. */
const LAST = 0xf8ff;
const TOO_MANY = '[secret:000000]';

const ANY_MARK = /[\ue000-\uf8ff]/g;
const PLACEHOLDERS = /\[[a-z-]{3,24}:[0-9a-f]{6}\]/g;

export function createMarks(digest: (secret: string) => string): Marks {
  const placeholders: string[] = [];
  const known = new Map<string, string>();
  const markOf = (placeholder: string): string => {
    const before = known.get(placeholder);
    if (before !== undefined) return before;
    const mark = String.fromCharCode(Math.min(FIRST + placeholders.length, LAST));
    if (FIRST + placeholders.length < LAST) placeholders.push(placeholder);
    known.set(placeholder, mark);
    return mark;
  };
  const show = (text: string): string =>
    placeholders.length === 0
      ? text
      : text.replace(ANY_MARK, (mark) => placeholders[mark.charCodeAt(0) - FIRST] ?? TOO_MANY);
  return {
    hide: (text) =>
      /[[\ue000-\uf8ff]/.test(text) ? text.replace(ANY_MARK, '\ufffd').replace(PLACEHOLDERS, markOf) : text,
    mark: (type, secret) => markOf(`[${type}:${digest(show(secret))}]`),
    show,
  };
}

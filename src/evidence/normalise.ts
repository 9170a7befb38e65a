/**
 * What differs between two lines of the same origin: dates, ids, addresses, numbers, quoted values. One pass, the
 * longest shape first, so that the time is linear in the text.
 */
const VARIABLE = new RegExp(
  [
    '\\d{4}[-/.]\\d{2}[-/.]\\d{2}[T _-]?(?:\\d{2}:\\d{2}(?::\\d{2})?(?:[.,]\\d{1,9})?)?(?:Z|[+-]\\d{2}:?\\d{2})?',
    '\\d{2}:\\d{2}:\\d{2}(?:[.,]\\d{1,9})?',
    '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}',
    '"(?:[^"\\\\\\n]|\\\\.){0,512}"',
    "(?<!\\w)'(?:[^'\\\\\\n]|\\\\.){0,512}'(?!\\w)",
    '0x[0-9a-fA-F]{1,32}',
    '(?<![A-Za-z0-9])(?=[0-9a-fA-F]{0,64}\\d)[0-9a-fA-F]{7,64}(?![A-Za-z0-9])',
    '(?<=[/=:,[({ ])[\\w-]{0,24}\\d[\\w-]{12,128}(?![\\w-])',
    '[+-]?\\d{1,40}(?:[.,:]\\d{1,40}){0,8}',
  ].join('|'),
  'g',
);

/** Lines of one origin get the same text. At most 400 characters of the first line count. */
export function normaliseLine(line: string): string {
  return line
    .slice(0, 400)
    .replace(VARIABLE, '*')
    .replace(/\*(?:[\s,;:.|-]{0,2}\*)+/g, '*')
    .replace(/\s+/g, ' ')
    .trim();
}

const CAUSE = /^(?:Caused by: |Suppressed: |panic: )|^(?:[\w$]+\.)+[A-Z][\w$]*(?:Error|Exception)\b/;
const FRAME = /^\s*(?:at |File "|#\d+ |[\w./]+\.go:\d+)/;

/** What makes two records alike: their first lines, and of a stack trace its causes and where it was thrown. */
export function normaliseRecord(text: string): string {
  const end = text.indexOf('\n');
  if (end < 0) return normaliseLine(text);
  const rest = text.slice(end + 1).split('\n', 200);
  const telling = [rest.find((line) => FRAME.test(line)), ...rest.filter((line) => CAUSE.test(line)).slice(0, 3)];
  return [text.slice(0, end), ...telling.filter((line) => line !== undefined)].map(normaliseLine).join('\n');
}

const DAY_MS = 86_400_000;
/** 1990 to 2100: what lies outside is not the time of a log line. */
const EARLIEST = 631_152_000_000;
const LATEST = 4_102_444_800_000;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const CLOCK = '(?<h>\\d{2}):(?<mi>\\d{2}):(?<s>\\d{2})(?:[.,](?<f>\\d{1,9}))?';
const ZONE = '\\s?(?<z>Z|UTC|GMT|[+-]\\d{2}:?\\d{2})?(?![\\w])';

/**
 * How logs write the time, looked for in the first 120 characters:
 * ISO 8601 and log4j's comma; `2026/01/31 12:00:00` (nginx's error log, Go); the common log format (nginx, Apache);
 * Apache's error log and ctime; syslog (RFC 3164, no year); month and day alone (Android); epoch seconds in front.
 */
const FORMATS: readonly RegExp[] = [
  new RegExp(`(?<![\\d])(?<y>\\d{4})[-/.](?<mo>\\d{2})[-/.](?<d>\\d{2})[T _-]${CLOCK}${ZONE}`),
  new RegExp(`(?<d>\\d{2})/(?<mon>[A-Z][a-z]{2})/(?<y>\\d{4})[: ]${CLOCK}${ZONE}`),
  new RegExp(`(?<mon>[A-Z][a-z]{2}) {1,2}(?<d>\\d{1,2}) ${CLOCK} (?<y>\\d{4})${ZONE}`),
  new RegExp(`(?<d>\\d{1,2}) (?<mon>[A-Z][a-z]{2}) (?<y>\\d{4}) ${CLOCK}${ZONE}`),
  new RegExp(`(?:^|>)(?<mon>[A-Z][a-z]{2}) {1,2}(?<d>\\d{1,2}) ${CLOCK}(?![\\w])`),
  new RegExp(`^[[(]?(?<mo>\\d{2})[-.](?<d>\\d{2}) ${CLOCK}(?![\\w])`),
  new RegExp(`^[IWEF](?<mo>\\d{2})(?<d>\\d{2}) ${CLOCK}(?![\\w])`),
];
const EPOCH_AHEAD = /^[[(]?(\d{10}(?:\d{3}|\.\d{1,9})?)(?![\w:-])/;

/** Epoch milliseconds of the time that a line of text begins with, more or less; null where it shows none. */
export function timeInText(text: string, now: number): number | null {
  const head = text.slice(0, 120);
  if (!/\d{2}:\d{2}:\d{2}|^[[(]?\d{10}/.test(head)) return null;
  for (const pattern of FORMATS) {
    const parts = pattern.exec(head)?.groups;
    const at = parts === undefined ? null : fromParts(parts, now);
    if (at !== null) return at;
  }
  const epoch = EPOCH_AHEAD.exec(head)?.[1];
  return epoch === undefined ? null : readTime(epoch, now);
}

/** A field's value: a date as text, or seconds, milliseconds, microseconds or nanoseconds since 1970. */
export function readTime(value: string | number | null, now: number): number | null {
  if (value === null) return null;
  if (typeof value === 'string' && !/^\d{9,19}(?:\.\d{1,9})?$/.test(value)) return timeInText(value, now);
  return plausible(toMilliseconds(Number(value)));
}

function toMilliseconds(number: number): number {
  if (number < 1e11) return number * 1e3;
  if (number < 1e14) return number;
  return number < 1e17 ? number / 1e3 : number / 1e6;
}

function plausible(ms: number): number | null {
  return ms >= EARLIEST && ms <= LATEST ? Math.floor(ms) : null;
}

/** Without a zone it is the local time of this machine; without a year the last such day that is not after tomorrow. */
function fromParts(parts: Record<string, string | undefined>, now: number): number | null {
  const month =
    parts['mo'] === undefined ? MONTHS.indexOf((parts['mon'] ?? '').toLowerCase()) : Number(parts['mo']) - 1;
  if (month < 0 || month > 11) return null;
  const milliseconds = Number((parts['f'] ?? '0').padEnd(3, '0').slice(0, 3));
  const clock = [Number(parts['h']), Number(parts['mi']), Number(parts['s']), milliseconds] as const;
  const day = Number(parts['d']);
  const inYear = (year: number): number => toEpoch([year, month, day, ...clock], parts['z']);
  if (parts['y'] !== undefined) return plausible(inYear(Number(parts['y'])));
  const thisYear = new Date(now).getFullYear();
  const at = inYear(thisYear);
  return plausible(at > now + DAY_MS ? inYear(thisYear - 1) : at);
}

type Parts = readonly [year: number, month: number, day: number, h: number, mi: number, s: number, ms: number];

function toEpoch(parts: Parts, zone: string | undefined): number {
  if (zone === undefined)
    return new Date(...(parts as [number, number, number, number, number, number, number])).getTime();
  return Date.UTC(...(parts as [number, number, number, number, number, number, number])) - offsetMs(zone);
}

function offsetMs(zone: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}

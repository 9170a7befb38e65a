/** RFC 3339 with any number of fractional digits; Go writes up to nine. */
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.](\d{1,30}))?([Zz]|[+-]\d\d:\d\d)$/;

/**
 * Epoch milliseconds of an RFC 3339 date, fractions below a millisecond dropped; null where it is none.
 * Go's zero time (`0001-01-01T00:00:00Z`) means "none", and so does anything else before 1970 or a day that is not in the calendar.
 */
export function readTime(raw: unknown): number | null {
  if (typeof raw !== 'string' || raw.length > 64) return null;
  const match = RFC3339.exec(raw);
  if (match === null) return null;
  const [, year, month, day, time, fraction = '', offset = ''] = match;
  if (Number(day) > daysIn(Number(year), Number(month))) return null;
  const ms = fraction.slice(0, 3).padEnd(3, '0');
  const at = Date.parse(`${year}-${month}-${day}T${time}.${ms}${offset.toUpperCase()}`);
  return Number.isNaN(at) || at < 0 ? null : at;
}

/** `Date.parse` takes 30 February for 2 March. */
function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

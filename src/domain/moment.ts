/** How moments are said: to machines as RFC 3339, to people in UTC and no finer than they need. All are epoch milliseconds. */

/** RFC 3339 in UTC; null for null and for what no calendar holds: a sender's odd date must not stop a message. */
export function moment(ms: number | null): string | null {
  if (ms === null || !Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return null;
  const text = new Date(ms).toISOString();
  return /^\d{4}-/.test(text) ? text : null;
}

const UNKNOWN = 'an unknown time';

/** `2026-01-05 03:12:05 UTC`. */
export function sayExactly(ms: number | null, otherwise = UNKNOWN): string {
  const text = moment(ms);
  return text === null ? otherwise : `${text.slice(0, 19).replace('T', ' ')} UTC`;
}

/** `03:12 UTC` on the day of `now`, else with its date. */
export function sayClock(ms: number | null, now: number | null): string {
  const text = moment(ms);
  return text === null ? UNKNOWN : `${onDay(text, now)} UTC`;
}

/** `03:40–03:51 UTC`, with the date where it is not that of `now`; with both dates where it goes over midnight. */
export function saySpan(from: number, to: number, now: number | null): string {
  const [first, last] = [moment(from), moment(to)];
  if (first === null || last === null) return UNKNOWN;
  if (dayOf(first) === dayOf(last)) return `${onDay(first, now)}–${timeOf(last)} UTC`;
  return `${dayOf(first)} ${timeOf(first)} – ${dayOf(last)} ${timeOf(last)} UTC`;
}

/** `03:12`, for axes and figures beside which the day stands. */
export function sayTime(ms: number): string {
  const text = moment(ms);
  return text === null ? '?' : timeOf(text);
}

/** `2026-01-05`. */
export function sayDay(ms: number): string {
  const text = moment(ms);
  return text === null ? 'an unknown day' : dayOf(text);
}

function onDay(text: string, now: number | null): string {
  const today = moment(now);
  return today !== null && dayOf(today) === dayOf(text) ? timeOf(text) : `${dayOf(text)} ${timeOf(text)}`;
}

function dayOf(text: string): string {
  return text.slice(0, 10);
}

function timeOf(text: string): string {
  return text.slice(11, 16);
}

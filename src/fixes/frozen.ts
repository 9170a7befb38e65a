import { cleanLine } from '../domain/text.ts';

/** The kill switch is on: who threw it, when (epoch milliseconds), and why ('' where nobody said). */
export interface Frozen {
  readonly by: string;
  readonly at: number;
  readonly reason: string;
}

/** `frozen by ada since 03:04 UTC: a bad deploy`; with the date where it was not today. @param now epoch milliseconds */
export function speakFrozen({ by, at, reason }: Frozen, now: number): string {
  const who = by === '' ? '' : ` by ${by}`;
  const why = reason === '' ? '' : `: ${cleanLine(reason, 500)}`;
  return `frozen${who}${since(at, now)}${why}`;
}

function since(at: number, now: number): string {
  if (!Number.isFinite(at) || at <= 0 || at > 8.64e15) return '';
  const text = new Date(at).toISOString();
  const today = text.slice(0, 10) === new Date(now).toISOString().slice(0, 10);
  return ` since ${today ? text.slice(11, 16) : text.slice(0, 16).replace('T', ' ')} UTC`;
}

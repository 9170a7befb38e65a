import { moment, sayClock } from '../domain/moment.ts';
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
  const since = at > 0 && moment(at) !== null ? ` since ${sayClock(at, now)}` : '';
  return `frozen${who}${since}${why}`;
}

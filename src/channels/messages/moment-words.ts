import { speakDuration } from '../../domain/duration.ts';
import { moment, sayClock } from '../../domain/moment.ts';

/** `03:12 UTC (4 min ago)`. */
export function saySince(ms: number, now: number): string {
  const ago = moment(ms) === null ? '' : ` (${sayAgo(ms, now)})`;
  return `${sayClock(ms, now)}${ago}`;
}

/** `03:27 UTC (in 15 min)`, or that it is past. */
export function sayDue(ms: number, now: number): string {
  return `${sayClock(ms, now)} (${ms > now ? `in ${round(ms - now)}` : 'now'})`;
}

/** `4 min ago`; seconds only under a minute, for nobody reads them later. */
export function sayAgo(ms: number, now: number): string {
  return ms > now ? 'just now' : `${round(now - ms)} ago`;
}

function round(ms: number): string {
  return speakDuration(ms < 60_000 ? ms : Math.round(ms / 60_000) * 60_000);
}

import { speakDuration } from '../../domain/duration.ts';
import { moment } from '../../incidents/incident-view.ts';

/** `2026-01-05 03:12:05 UTC`; `at an unknown time` for what no calendar holds. */
export function sayMoment(ms: number | null): string {
  const text = moment(ms);
  return text === null ? 'at an unknown time' : `${text.slice(0, 10)} ${text.slice(11, 19)} UTC`;
}

/** `03:12 UTC` on the day of `now`, else with its date. */
export function sayClock(ms: number | null, now: number): string {
  const text = moment(ms);
  if (text === null) return 'an unknown time';
  return text.slice(0, 10) === moment(now)?.slice(0, 10)
    ? `${text.slice(11, 16)} UTC`
    : `${text.slice(0, 16).replace('T', ' ')} UTC`;
}

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

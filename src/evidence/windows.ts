import { saySpan } from '../domain/moment.ts';
import type { LogQuery } from './log-store.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Of an incident that lasts longer, the newest part is read. */
const LONGEST_MS = 30 * MINUTE_MS;

export interface WindowFacts {
  /** When the alert fired, not when the trouble began. Epoch milliseconds. */
  readonly startsAt: number;
  readonly now: number;
  /** The `for:` of the alerting rule; 5 minutes where unknown. */
  readonly forMs?: number;
  /** Reads on to this moment, for a look long after it fired. */
  readonly until?: number;
  /** The range that its expression looks back over (`rate(x[5m])`); 5 minutes where unknown. */
  readonly rangeMs?: number;
}

/**
 * The stretches of time to read: the incident, the same length before it began, and the same window a day earlier.
 * An alert fires only after its `for:` and looks back over a range, so the trouble began that much earlier.
 * Each window is `[from, to)`, never empty, and never ends after `now`.
 */
export function logWindows({ startsAt, now, until, forMs = 5 * MINUTE_MS, rangeMs = 5 * MINUTE_MS }: WindowFacts) {
  // A sender whose clock is ahead says that it fired in the future: then it fired now.
  const fired = Math.min(startsAt, now);
  const began = fired - forMs - rangeMs - MINUTE_MS;
  const to = Math.min(now, Math.max(fired + 2 * MINUTE_MS, until ?? 0));
  const from = until === undefined ? began : Math.max(began, to - LONGEST_MS);
  return [
    { name: 'incident', from, to },
    // What came in between is neither: the trouble was there.
    { name: 'before', from: began - (to - from), to: began },
    { name: 'day_before', from: from - DAY_MS, to: to - DAY_MS },
  ] as const satisfies LogQuery['windows'];
}

/** `02:49–03:02 UTC`, for people who know the day of the alert; with the dates where it goes over midnight. */
export function speakWindow(window: { readonly from: number; readonly to: number } | undefined): string {
  return window === undefined ? 'in no time at all' : saySpan(window.from, window.to, window.to);
}

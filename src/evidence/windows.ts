import type { LogQuery } from './log-store.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface WindowFacts {
  /** When the alert fired, not when the trouble began. Epoch milliseconds. */
  readonly startsAt: number;
  readonly now: number;
  /** The `for:` of the alerting rule; 5 minutes where unknown. */
  readonly forMs?: number;
  /** The range that its expression looks back over (`rate(x[5m])`); 5 minutes where unknown. */
  readonly rangeMs?: number;
}

/**
 * The stretches of time to read: the incident, the same length before it, and the same window a day earlier.
 * An alert fires only after its `for:` and looks back over a range, so the trouble began that much earlier.
 * Each window is `[from, to)`, never empty, and never ends after `now`.
 */
export function logWindows({ startsAt, now, forMs = 5 * MINUTE_MS, rangeMs = 5 * MINUTE_MS }: WindowFacts) {
  // A sender whose clock is ahead says that it fired in the future: then it fired now.
  const fired = Math.min(startsAt, now);
  const from = fired - forMs - rangeMs - MINUTE_MS;
  const to = Math.min(now, fired + 2 * MINUTE_MS);
  return [
    { name: 'incident', from, to },
    { name: 'before', from: from - (to - from), to: from },
    { name: 'day_before', from: from - DAY_MS, to: to - DAY_MS },
  ] as const satisfies LogQuery['windows'];
}

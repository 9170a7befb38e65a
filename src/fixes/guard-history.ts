import type { AttemptState } from '../domain/incident.ts';
import type { GuardHistory } from './guards.ts';

/** An attempt as the guards see it. Moments are epoch milliseconds. */
export interface PastAttempt {
  readonly id: string;
  readonly incident: string;
  readonly fix: string;
  readonly target: string;
  readonly state: AttemptState;
  readonly intentAt: number;
  readonly startedAt: number | null;
}

/** The attempt that is being thought about. */
export interface Considered {
  readonly incident: string;
  readonly fix: string;
  readonly target: string;
  /** Itself, where it is on record already: left out of every count. */
  readonly self: string | null;
  readonly now: number;
  /** When the breaker of the fix was last reset; 0 for never. */
  readonly resetAt: number;
}

export const HOUR_MS = 3_600_000;

/** Acting upon its target, or about to, or not yet known to be well again. */
export const IN_FLIGHT: readonly AttemptState[] = ['intent', 'started', 'succeeded'];
/** What came of those that ran. */
export const ENDED: readonly AttemptState[] = ['failed', 'unknown', 'unverified', 'verified'];
/** From intent on; what was only looked at counts nowhere. */
export const COUNTED: readonly AttemptState[] = [...IN_FLIGHT, ...ENDED];

/**
 * What the guards look at, from attempts that hold at least all of the incident and fix, those in flight and the newest on
 * the target, those of the last hour, and the newest of the fix that ended; more change nothing. Pure: the store and a
 * rehearsal count with the same words.
 */
export function countHistory(
  attempts: readonly PastAttempt[],
  { incident, fix, target, self, now, resetAt }: Considered,
): Omit<GuardHistory, 'firing' | 'frozen' | 'intentAgeMs'> {
  const others = attempts.filter(({ id, state }) => id !== self && COUNTED.includes(state));
  const onTarget = others.filter((one) => one.target === target);
  const starts = onTarget.flatMap(({ startedAt }) => (startedAt === null ? [] : [startedAt]));
  const lately = others.filter(({ startedAt }) => startedAt !== null && startedAt > now - HOUR_MS);
  return {
    attemptsOfIncidentAndFix: others.filter((one) => one.incident === incident && one.fix === fix).length,
    lastOnTargetAt: starts.length === 0 ? null : Math.max(...starts),
    startedLastHourOfFix: lately.filter((one) => one.fix === fix).length,
    startedLastHourInAll: lately.length,
    lockHeldBy: onTarget.find(({ state }) => IN_FLIGHT.includes(state))?.id ?? null,
    consecutiveFailuresOfFix: failuresInARow(
      others.filter((one) => one.fix === fix && begunAt(one) > resetAt && ENDED.includes(one.state)),
    ),
  };
}

/** When it was started, or meant to be, where it never was. */
export function begunAt({ startedAt, intentAt }: PastAttempt): number {
  return startedAt ?? intentAt;
}

function failuresInARow(ended: readonly PastAttempt[]): number {
  const newest = ended.toSorted((a, b) => begunAt(b) - begunAt(a) || (a.id < b.id ? 1 : -1));
  const good = newest.findIndex(({ state }) => state === 'verified');
  return good < 0 ? ended.length : good;
}

import { speakDuration } from '../domain/duration.ts';
import type { Outcome } from '../domain/result.ts';
import type { Sample } from '../metrics/metrics-source.ts';
import type { FixPlan } from './fix.ts';
import { speakFrozen, type Frozen } from './frozen.ts';
import { judgeHealth } from './health.ts';

/** The limits that no rule can raise. */
export const LIMITS = {
  attemptsPerIncident: 1,
  startsPerHourInAll: 10,
  failuresInARow: 2,
  intentMaxAgeMs: 120_000,
  populationActedOnPercent: 10,
  populationUnwellPercent: 30,
} as const;

/**
 * What the store knows, the attempt in question left out of every count. An attempt counts from its intent on:
 * `proposed`, `denied`, `refused` and `dry_run` count nowhere.
 */
export interface GuardHistory {
  /** The kill switch; null where fixes may run. */
  readonly frozen: Frozen | null;
  /** Whether the incident has an alert that fires now. */
  readonly firing: boolean;
  readonly attemptsOfIncidentAndFix: number;
  /** When any fix was last started on this target, epoch milliseconds; null for never. */
  readonly lastOnTargetAt: number | null;
  readonly startedLastHourOfFix: number;
  readonly startedLastHourInAll: number;
  /** The attempt that is in flight (intent, started, or being verified) on the same target; null for none. */
  readonly lockHeldBy: string | null;
  /** `failed`, `unknown` and `unverified` in a row, the newest first, since the breaker was last reset. */
  readonly consecutiveFailuresOfFix: number;
  /** How long ago the decision was written; 0 where it is being taken now. */
  readonly intentAgeMs: number;
}

/** Why the plan may not run now, in sentences; empty means go. A figure that cannot be read refuses too. */
export function checkGuards(plan: FixPlan, history: GuardHistory, now: number): string[] {
  return [
    ...checkHistory(history, now),
    ...checkSwitches(plan, history, now),
    ...checkTargets(plan),
    ...checkCounts(plan, history),
    ...checkCooldown(plan, history, now),
  ];
}

function checkHistory(history: GuardHistory, now: number): string[] {
  const { attemptsOfIncidentAndFix, startedLastHourOfFix, startedLastHourInAll, consecutiveFailuresOfFix } = history;
  const { intentAgeMs, lastOnTargetAt } = history;
  const figures = [attemptsOfIncidentAndFix, startedLastHourOfFix, startedLastHourInAll, consecutiveFailuresOfFix];
  return [...figures, intentAgeMs, lastOnTargetAt ?? 0, now].every(Number.isFinite)
    ? []
    : ['the record of earlier attempts cannot be read'];
}

function checkSwitches(plan: FixPlan, history: GuardHistory, now: number): string[] {
  const reasons: string[] = [];
  if (history.frozen !== null)
    reasons.push(`${speakFrozen(history.frozen, now)} (\`tierbell freeze off\` allows fixes again)`);
  if (!history.firing) reasons.push('no alert of the incident fires any more');
  if (history.lockHeldBy !== null) reasons.push(`attempt ${history.lockHeldBy} is still in flight on ${plan.target}`);
  if (history.consecutiveFailuresOfFix >= LIMITS.failuresInARow)
    reasons.push(
      `the breaker is open: ${plan.fix} went wrong ${history.consecutiveFailuresOfFix} times in a row; \`tierbell fix reset ${plan.fix}\` closes it`,
    );
  if (history.intentAgeMs > LIMITS.intentMaxAgeMs)
    reasons.push(`it was decided ${speakDuration(history.intentAgeMs)} ago, which is too old to act upon`);
  return reasons;
}

function checkTargets({ target, targets, guards }: FixPlan): string[] {
  if (targets.length === 0 || target === '') return ['there is no target'];
  return targets.length > guards.maxTargets
    ? [`${targets.length} targets are hit, and the fix may act where it is at most ${guards.maxTargets}`]
    : [];
}

function checkCounts(plan: FixPlan, history: GuardHistory): string[] {
  const reasons: string[] = [];
  if (history.attemptsOfIncidentAndFix >= LIMITS.attemptsPerIncident)
    reasons.push(`${plan.fix} was already tried for this incident`);
  if (history.startedLastHourOfFix >= plan.guards.maxPerHour)
    reasons.push(
      `${plan.fix} was started ${history.startedLastHourOfFix} times in the last hour, at most ${plan.guards.maxPerHour} are allowed`,
    );
  if (history.startedLastHourInAll >= LIMITS.startsPerHourInAll)
    reasons.push(
      `${history.startedLastHourInAll} fixes were started in the last hour, at most ${LIMITS.startsPerHourInAll} are allowed in all`,
    );
  return reasons;
}

function checkCooldown({ target, guards }: FixPlan, { lastOnTargetAt }: GuardHistory, now: number): string[] {
  if (lastOnTargetAt === null) return [];
  const left = lastOnTargetAt + guards.cooldownMs - now;
  return left > 0 ? [`${target} was acted upon already and rests for another ${speakDuration(left)}`] : [];
}

/**
 * Whether the population is large and well enough. At most 10 % of it may be acted upon at once, this target and those in
 * flight together; nothing while over 30 % of it fires or is in flight.
 * @param answer of the population query: exactly one number
 * @param unwell `firing`: distinct targets of this fix that fire, over all open incidents, this one among them;
 *   `inFlight`: targets being acted upon now, this one not counted
 */
export function checkPopulation(
  answer: Outcome<readonly Sample[]>,
  unwell: { readonly firing: number; readonly inFlight: number },
): string[] {
  if (!answer.ok) return [`the population is not known: ${answer.detail}`];
  const [first] = answer.value;
  if (first === undefined) return ['the population query found nothing'];
  if (answer.value.length > 1)
    return [`the population query gave ${answer.value.length} series instead of one number; put count(…) around it`];
  const size = first.value;
  if (!Number.isFinite(size) || size <= 0) return [`the population query gave ${size}, which is no number of targets`];
  const reasons: string[] = [];
  const acting = unwell.inFlight + 1;
  const sick = Math.max(1, unwell.firing) + unwell.inFlight;
  if (acting * 100 > LIMITS.populationActedOnPercent * size)
    reasons.push(
      `acting on ${acting} of ${size} would be more than ${LIMITS.populationActedOnPercent} % of the population`,
    );
  if (sick * 100 > LIMITS.populationUnwellPercent * size)
    reasons.push(
      `${sick} of ${size} fire or are being worked on, more than ${LIMITS.populationUnwellPercent} % of the population`,
    );
  return reasons;
}

/** Whether the precondition holds: it must be answered, and answered with health. */
export function checkPrecondition(query: string, answer: Outcome<readonly Sample[]>): string[] {
  const { state, detail } = judgeHealth(query, answer);
  return state === 'healthy' ? [] : [`the precondition does not hold: ${detail}`];
}

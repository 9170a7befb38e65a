import { matchesAll, parseMatcher } from '../domain/matcher.ts';
import type { Attempt, AttemptState, Incident } from '../domain/incident.ts';
import { isOpen } from '../domain/incident.ts';
import type { Outcome } from '../domain/result.ts';
import type { Config } from '../config/schema.ts';
import type { Executor } from '../fixes/executor.ts';
import { factsOf, type AlertFacts, type CompiledFix, type FixPlan, type RenderedQuery } from '../fixes/fix.ts';
import { checkGuards, checkPopulation, checkPrecondition, type GuardHistory } from '../fixes/guards.ts';
import { planFix } from '../fixes/plan.ts';
import { describeAction } from '../fixes/rendered-action.ts';
import { selectFix } from '../fixes/select-fix.ts';
import type { Sample } from '../metrics/metrics-source.ts';

/** What became of a fix in a rehearsal, and what the journal keeps of it. */
export interface Tried {
  readonly incident: string;
  readonly attempt: Attempt;
  readonly plan: FixPlan | null;
  readonly intentAt: number;
}

interface Scene {
  readonly incident: Incident;
  readonly firing: readonly AlertFacts[];
  readonly fix: string;
  readonly fixes: readonly CompiledFix[];
  readonly executors: readonly Executor[];
  readonly tried: readonly Tried[];
  /** What a metrics source answers, by query. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Distinct targets that fire, over all open incidents that this fix would serve. */
  readonly firingTargets: number;
  readonly now: number;
}

/**
 * A known fix up to the moment at which it would run: chosen, planned and guarded as in life (`jobs/run-fix.ts`), but
 * nothing is run. `intent`: it would run now.
 */
export function stageFix(scene: Scene): Tried {
  const { incident, firing, fix, fixes, executors, now } = scene;
  const compiled = fixes.find((one) => one.fix.id === fix);
  const category = incident.classification.category;
  const selected = selectFix(fixes, { labels: incident.labels, source: incident.source, category });
  const end = (state: AttemptState, reasons: readonly string[], plan: FixPlan | null = null): Tried => ({
    ...{ incident: incident.uid, plan, intentAt: now },
    attempt: attemptOf(scene, compiled?.fix.title ?? fix, plan?.target ?? '', state, reasons),
  });
  if (compiled === undefined || selected?.fix !== compiled) return end('refused', ['the fix no longer applies']);
  const planned = planFix(compiled, selected.mode, factsOf(incident, firing), executors);
  if (!planned.ok) return end('refused', planned.reasons);
  const { plan } = planned;
  const refusals = [...whoHasIt(incident), ...checkGuards(plan, historyOf(scene, plan), now)];
  if (refusals.length > 0) return end('refused', refusals, plan);
  const shown = describeAction(plan.action);
  if (plan.mode === 'dry_run') return end('dry_run', [`it would run: ${shown}`], plan);
  if (plan.mode === 'approval') return end('awaiting_approval', [shown], plan);
  const outside = lookOutside(scene, plan);
  return outside.length > 0 ? end('refused', outside, plan) : end('intent', [shown], plan);
}

function attemptOf(
  { fix, tried }: Scene,
  title: string,
  target: string,
  state: AttemptState,
  reasons: readonly string[],
): Attempt {
  return {
    ...{ id: `attempt-${tried.length + 1}`, fix, title, target, state, reasons, startedAt: null, finishedAt: null },
    ...{ exitCode: null, output: '', verification: null },
  };
}

function whoHasIt(incident: Incident): string[] {
  if (!isOpen(incident)) return [`the incident is ${incident.status}`];
  return incident.deadlines.fix === undefined ? ['its time is over, and people have taken the incident over'] : [];
}

const HOUR_MS = 3_600_000;
const IN_FLIGHT = new Set<AttemptState>(['intent', 'started', 'succeeded']);
const NOT_COUNTED = new Set<AttemptState>(['proposed', 'awaiting_approval', 'denied', 'dry_run', 'refused']);
const WENT_WRONG = new Set<AttemptState>(['failed', 'unknown', 'unverified']);

/** As `store/fix-journal.ts` reads it from the store. */
function historyOf({ incident, tried, now }: Scene, plan: FixPlan): GuardHistory {
  const counted = tried.filter(({ attempt }) => !NOT_COUNTED.has(attempt.state));
  const startedAt = ({ attempt }: Tried): number => attempt.startedAt ?? 0;
  const lately = counted.filter((one) => startedAt(one) > now - HOUR_MS);
  const onTarget = counted.filter((one) => one.plan?.target === plan.target);
  const ended = counted
    .filter(({ attempt }) => attempt.fix === plan.fix && !IN_FLIGHT.has(attempt.state))
    .toSorted((a, b) => startedAt(b) - startedAt(a));
  const good = ended.findIndex(({ attempt }) => !WENT_WRONG.has(attempt.state));
  return {
    frozen: null,
    firing: incident.firing > 0,
    attemptsOfIncidentAndFix: counted.filter((one) => one.incident === incident.uid && one.attempt.fix === plan.fix)
      .length,
    lastOnTargetAt: onTarget.length === 0 ? null : Math.max(...onTarget.map(startedAt)),
    startedLastHourOfFix: lately.filter(({ attempt }) => attempt.fix === plan.fix).length,
    startedLastHourInAll: lately.length,
    lockHeldBy: onTarget.find(({ attempt }) => IN_FLIGHT.has(attempt.state))?.attempt.id ?? null,
    consecutiveFailuresOfFix: good < 0 ? ended.length : good,
    intentAgeMs: 0,
  };
}

function lookOutside({ metrics, tried, firingTargets }: Scene, { guards, fix }: FixPlan): string[] {
  const { precondition, population } = guards;
  const inFlight = tried.filter(({ attempt }) => attempt.fix === fix && IN_FLIGHT.has(attempt.state)).length;
  return [
    ...(precondition === null ? [] : checkPrecondition(precondition.query, answerOf(metrics, precondition))),
    ...(population === null ? [] : checkPopulation(answerOf(metrics, population), { firing: firingTargets, inFlight })),
  ];
}

function answerOf(metrics: Readonly<Record<string, number>>, { query }: RenderedQuery): Outcome<readonly Sample[]> {
  const value = Object.hasOwn(metrics, query) ? metrics[query] : undefined;
  if (value !== undefined) return { ok: true, value: [{ labels: {}, value }] };
  const detail = `the test gives no answer to ${query}; put it under \`metrics\``;
  return { ok: false, retryable: false, reason: 'rejected', detail };
}

/** Executors that allow everything and run nothing: what a program's path allows is a matter of the machine. */
export function stagedExecutors(config: Config): Executor[] {
  return config.executors.map((executor) => {
    const matchers = executor.matchers.map(parseMatcher);
    return {
      name: executor.name,
      kind: executor.kind,
      serves: (labels) => matchesAll(matchers, labels),
      refuses: () => null,
      run: async () => ({ state: 'unknown', exitCode: null, output: '', reason: 'nothing runs in a rehearsal' }),
    };
  });
}

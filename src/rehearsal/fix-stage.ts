import { matchesAll, parseMatcher } from '../domain/matcher.ts';
import type { Attempt, AttemptState, Incident } from '../domain/incident.ts';
import { isOpen } from '../domain/incident.ts';
import type { Outcome } from '../domain/result.ts';
import type { Config } from '../config/schema.ts';
import type { Executor } from '../fixes/executor.ts';
import { factsOf, type AlertFacts, type CompiledFix, type FixPlan } from '../fixes/fix.ts';
import { countHistory, IN_FLIGHT, type PastAttempt } from '../fixes/guard-history.ts';
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

/** What a metrics source answers to the guards; null: they were asked once, and let it through. */
export type Answers = ((query: string) => Outcome<readonly Sample[]>) | null;

export interface Scene {
  readonly incident: Incident;
  readonly firing: readonly AlertFacts[];
  readonly fix: string;
  readonly fixes: readonly CompiledFix[];
  readonly executors: readonly Executor[];
  readonly tried: readonly Tried[];
  readonly answers: Answers;
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
  const selected = selectFix(fixes, incident);
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
  const outside = lookOutside(scene, plan);
  if (outside.length > 0) return end('refused', outside, plan);
  return end(plan.mode === 'approval' ? 'awaiting_approval' : 'intent', [shown], plan);
}

/** An attempt that is not on record yet. */
export function attemptOf(
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

/** What the guards look at, counted as the store's journal is. */
export function historyOf({ incident, tried, now }: Scene, { fix, target }: FixPlan): GuardHistory {
  const considered = { incident: incident.uid, fix, target, self: null, now, resetAt: 0 };
  const counted = countHistory(tried.map(toPast), considered);
  return { ...counted, frozen: null, firing: incident.firing > 0, intentAgeMs: 0 };
}

function toPast({ incident, attempt, intentAt }: Tried): PastAttempt {
  const { id, fix, target, state, startedAt } = attempt;
  return { id, incident, fix, target, state, intentAt, startedAt };
}

/** What the guards that ask metrics refuse. */
export function lookOutside({ answers, tried, firingTargets }: Scene, { guards, fix }: FixPlan): string[] {
  if (answers === null) return [];
  const { precondition, population } = guards;
  const inFlight = tried.filter(({ attempt }) => attempt.fix === fix && IN_FLIGHT.includes(attempt.state)).length;
  return [
    ...(precondition === null ? [] : checkPrecondition(precondition.query, answers(precondition.query))),
    ...(population === null ? [] : checkPopulation(answers(population.query), { firing: firingTargets, inFlight })),
  ];
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

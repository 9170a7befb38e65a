import { isOpen, type Attempt, type Incident } from '../domain/incident.ts';
import type { Executor } from '../fixes/executor.ts';
import { factsOf, type CompiledFix, type FixMode, type FixPlan } from '../fixes/fix.ts';
import { checkGuards } from '../fixes/guards.ts';
import { planFix } from '../fixes/plan.ts';
import { applies, modeOf, selectFix } from '../fixes/select-fix.ts';
import { uuidv7 } from '../inbox/uuidv7.ts';
import type { Rules } from '../incidents/rules.ts';
import { guardHistory } from '../store/fix-journal.ts';
import { firingAlerts } from '../store/firing.ts';
import type { Store } from '../store/store.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import type { Askable } from './ask-metrics.ts';

export interface FixParts {
  readonly store: Store;
  readonly rules: () => Rules;
  readonly fixes: readonly CompiledFix[];
  readonly executors: readonly Executor[];
  readonly metricsSources: readonly Askable[];
}

/** A fix for an incident as the rules have it now: with its plan, or the reasons why there is none. */
export interface PlannedAttempt {
  /** As it would begin: `proposed`, with a new id. */
  readonly attempt: Attempt;
  readonly mode: FixMode;
  readonly plan: FixPlan | null;
  readonly reasons: readonly string[];
}

/**
 * Plans a fix from what the store holds now.
 * @param choice `chosen`: it must be the one that the rules choose; `named`: a person names it, and it must apply
 */
export async function planAttempt(
  { fixes, rules, executors }: Pick<FixParts, 'fixes' | 'rules' | 'executors'>,
  unit: UnitOfWork,
  incident: Incident,
  fix: string,
  choice: 'chosen' | 'named',
): Promise<PlannedAttempt> {
  const compiled = fixes.find((one) => one.fix.id === fix);
  const fits =
    compiled !== undefined &&
    (choice === 'chosen' ? selectFix(fixes, incident)?.fix === compiled : applies(compiled, incident));
  if (!fits || rules().mode !== 'full') {
    const why = fits ? 'fixes are off (mode is not full)' : 'the fix no longer applies';
    return { attempt: blank(fix, fix, unit.now), mode: 'dry_run', plan: null, reasons: [why] };
  }
  const attempt = blank(fix, compiled.fix.title, unit.now);
  const mode = modeOf(compiled, incident);
  const planned = planFix(compiled, mode, factsOf(incident, await firingAlerts(unit.tx, incident.uid)), executors);
  if (!planned.ok) return { attempt, mode, plan: null, reasons: planned.reasons };
  const { plan } = planned;
  return { attempt: { ...attempt, target: plan.target, hash: plan.hash }, mode, plan, reasons: [] };
}

/** Why the plan may not run now, of what the store knows. `self`: the attempt itself, where it is on record already. */
export async function refusalsOf(
  unit: UnitOfWork,
  plan: FixPlan,
  incident: Incident,
  self: { id: string; intentAt: number } | null,
): Promise<string[]> {
  const history = await guardHistory(unit.tx, plan, incident.uid, self, unit.now);
  return [
    ...(isOpen(incident) ? [] : [`the incident is ${incident.status}`]),
    ...checkGuards(plan, { ...history, firing: incident.firing > 0 }, unit.now),
  ];
}

function blank(fix: string, title: string, now: number): Attempt {
  return {
    ...{ id: uuidv7(now), fix, title, target: '', state: 'proposed', reasons: [], startedAt: null, finishedAt: null },
    ...{ exitCode: null, output: '', verification: null },
  };
}

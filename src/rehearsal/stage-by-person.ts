import { isOpen, type AttemptState } from '../domain/incident.ts';
import { factsOf, type FixPlan } from '../fixes/fix.ts';
import { checkGuards } from '../fixes/guards.ts';
import { planFix } from '../fixes/plan.ts';
import { describeAction } from '../fixes/rendered-action.ts';
import { applies, modeOf, selectFix } from '../fixes/select-fix.ts';
import { attemptOf, historyOf, lookOutside, type Scene, type Tried } from './fix-stage.ts';

/** What a person has a fix do in a story: their word is the approval, and every guard is asked as ever. */

/** What waits is approved (`jobs/decide-attempt.ts`): where something else would run by now, it is refused. */
export function stageApproval(scene: Scene, waiting: Tried, by: string): Tried {
  const { incident, firing, fixes, executors, tried, now } = scene;
  const end = (state: AttemptState, reasons: readonly string[]): Tried => ({
    ...{ ...waiting, intentAt: now, attempt: { ...waiting.attempt, state, reasons, decidedBy: by } },
  });
  const selected = selectFix(fixes, incident);
  if (selected?.fix.fix.id !== waiting.attempt.fix) return end('refused', ['the fix no longer applies']);
  const planned = planFix(selected.fix, selected.mode, factsOf(incident, firing), executors);
  if (!planned.ok) return end('refused', planned.reasons);
  const { plan } = planned;
  if (plan.hash !== waiting.plan?.hash) return end('refused', ['what would run has changed since it was proposed']);
  const others = tried.filter(({ attempt }) => attempt.id !== waiting.attempt.id);
  const refusals = refusalsOf({ ...scene, tried: others }, plan);
  if (refusals.length > 0) return end('refused', refusals);
  return end('intent', [describeAction(plan.action), `approved by ${by}`]);
}

/** A fix that is named is run (`jobs/run-by-hand.ts`); one whose mode is `dry_run` only says what it would do. */
export function stageByHand(scene: Scene, by: string): Tried {
  const { incident, firing, fix, fixes, executors, now } = scene;
  const compiled = fixes.find((one) => one.fix.id === fix);
  const end = (state: AttemptState, reasons: readonly string[], plan: FixPlan | null = null): Tried => ({
    ...{ incident: incident.uid, plan, intentAt: now },
    attempt: {
      ...attemptOf(scene, compiled?.fix.title ?? fix, plan?.target ?? '', state, reasons),
      decidedBy: by,
    },
  });
  if (compiled === undefined || !applies(compiled, incident)) return end('refused', ['the fix no longer applies']);
  const planned = planFix(compiled, modeOf(compiled, incident), factsOf(incident, firing), executors);
  if (!planned.ok) return end('refused', planned.reasons);
  const { plan } = planned;
  const refusals = refusalsOf(scene, plan);
  if (refusals.length > 0) return end('refused', refusals, plan);
  const shown = describeAction(plan.action);
  if (plan.mode === 'dry_run') return end('dry_run', [`it would run: ${shown}`], plan);
  return end('intent', [shown, `asked for by ${by}`], plan);
}

/** What stands outside is asked only where nothing else refuses. */
function refusalsOf(scene: Scene, plan: FixPlan): readonly string[] {
  const { incident, now } = scene;
  const open = isOpen(incident) ? [] : [`the incident is ${incident.status}`];
  const guarded = [...open, ...checkGuards(plan, historyOf(scene, plan), now)];
  return guarded.length > 0 || plan.mode === 'dry_run' ? guarded : lookOutside(scene, plan);
}

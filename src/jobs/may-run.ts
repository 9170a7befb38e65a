import type { Labels } from '../domain/alert.ts';
import { isOpen, type Attempt, type Incident } from '../domain/incident.ts';
import type { Job } from '../domain/job.ts';
import type { FixPlan } from '../fixes/fix.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { refusalsOf, type FixParts } from './plan-attempt.ts';

/** Whether a fix may run, as the store knows it. */

/** What is about to run, after its intent was committed. */
export interface Intent {
  readonly attempt: Attempt;
  readonly plan: FixPlan;
  readonly intentAt: number;
  /** Of the incident: they choose whom a query without a name is put to. */
  readonly labels: Labels;
}

/** A fix has its time; once that is over, people work on it, and nothing may run under their hands. */
export function whoHasIt(incident: Incident): string[] {
  if (!isOpen(incident)) return [];
  return incident.deadlines.fix === undefined ? ['its time is over, and people have taken the incident over'] : [];
}

/** What the store has against it now. */
export async function mayNotRun(
  parts: FixParts,
  unit: UnitOfWork,
  incident: Incident,
  intent: Intent,
): Promise<string[]> {
  const self = { id: intent.attempt.id, intentAt: intent.intentAt };
  return [
    ...whoHasIt(incident),
    ...(await refusalsOf(unit, intent.plan, incident, self)),
    ...(parts.rules().mode === 'full' ? [] : ['fixes are off (mode is not full)']),
  ];
}

/** How old may be what the guards saw when it runs; shorter than a replica must be gone to be replaced. */
const FRESH_MS = 4_000;

/**
 * A process may stand still between a commit and what follows it (stopped, suspended, its disk busy), while others take over
 * and people act: then it is asked again whether the fix may run, until the answer is fresh.
 * @param seenAt when the guards were looked at last, of the store's clock
 * @throws StaleLease where somebody has taken over
 */
export async function lookAgain(
  parts: FixParts,
  job: Extract<Job, { kind: 'fix' }>,
  intent: Intent,
  seenAt: number,
): Promise<string[]> {
  const { store } = parts;
  for (let at = seenAt; store.now() - at > FRESH_MS;) {
    at = store.now();
    const reasons = await store.transact(async (unit) => {
      const incident = await unit.incident(job.incident);
      await unit.hold(job);
      return incident === null ? ['the incident is gone'] : mayNotRun(parts, unit, incident, intent);
    });
    if (reasons.length > 0) return reasons;
  }
  return [];
}

import type { Actor } from '../domain/entry.ts';
import { incidentId, type Attempt, type Incident } from '../domain/incident.ts';
import type { FixAnswer } from '../engine/messages.ts';
import { KILL_GRACE_MS, type FixPlan } from '../fixes/fix.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

/** What a person has a fix do, within one transaction. */

/** One at a time on an incident; what is asked for meanwhile is not even put on record. */
export const AT_WORK = 'another known fix is at work on it; wait for its outcome';

export function person(name: string): Actor {
  return { kind: 'person', name };
}

/** Has the attempt, which is in the journal already, worked on next. @param actor null where nobody in particular asked */
export function queueAttempt(
  unit: UnitOfWork,
  incident: Incident,
  attempt: Attempt,
  { action, verify }: FixPlan,
  actor: Actor | null,
): void {
  unit.run(incident.uid, {
    ...{ type: 'fix_state', attempt, ...(actor === null ? {} : { actor }) },
    dueInMs: action.timeoutMs + KILL_GRACE_MS + verify.timeoutMs,
  });
  const key = `${incident.uid}:fix:${attempt.id}`;
  unit.queue(incident.uid, { kind: 'fix', key, dueAt: unit.now, payload: { fix: attempt.fix } });
}

/** Who it was, and why where they said so: as it goes on record. */
export function withReason(who: string, reason: string): string {
  return reason === '' ? who : `${who}: ${reason}`;
}

/** The answer to somebody whose wish was not carried out. */
export function refusal(incident: Incident, reasons: readonly string[]): FixAnswer {
  return { outcome: 'refused', detail: `${incidentId(incident)}: not run: ${reasons.join('; ')}.` };
}

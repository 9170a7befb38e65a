import type { Attempt, Incident } from '../domain/incident.ts';
import type { FixAnswer, FixRequest } from '../engine/messages.ts';
import { describeAction } from '../fixes/rendered-action.ts';
import { findAttempt, insertAttempt } from '../store/fix-journal.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { AT_WORK, person, queueAttempt, refusal, withReason } from './begin-attempt.ts';
import { planAttempt, refusalsOf, type FixParts } from './plan-attempt.ts';

/**
 * A person has a known fix run for an incident: their word is the approval, and every guard applies as ever. One whose mode
 * is `dry_run` only says what it would do, as that is what its configuration allows.
 */
export async function runByHand(
  parts: FixParts,
  unit: UnitOfWork,
  incident: Incident,
  { fix, by, reason }: Extract<FixRequest, { action: 'run' }>,
): Promise<FixAnswer> {
  if (!parts.fixes.some((one) => one.fix.id === fix))
    return { outcome: 'not_found', detail: `No known fix is called ${fix}; tierbell fix list shows them.` };
  const row = await findAttempt(unit.tx, incident.uid, fix);
  const known = incident.attempts.find(({ id }) => id === row?.id);
  if (known?.state === 'awaiting_approval' || known?.state === 'proposed')
    return refusal(incident, ['it is proposed already: approve that']);
  if ((known?.state === 'intent' || known?.state === 'started') && known.decidedBy === by) return { outcome: 'done' };
  if (incident.deadlines.fix !== undefined) return refusal(incident, [AT_WORK]);
  const { attempt, mode, plan, reasons } = await planAttempt(parts, unit, incident, fix, 'named');
  const record = (state: Attempt['state'], why: readonly string[]): void => {
    const ended: Attempt = { ...attempt, state, reasons: why, decidedBy: by };
    unit.run(incident.uid, { type: 'fix_state', attempt: ended, actor: person(by) });
  };
  const refusals = [...reasons, ...(plan === null ? [] : await refusalsOf(unit, plan, incident, null))];
  if (plan === null || refusals.length > 0) {
    record('refused', refusals);
    return refusal(incident, refusals);
  }
  const shown = describeAction(plan.action);
  const at = { id: attempt.id, incident: incident.uid, fence: 0, at: unit.now, plan };
  if (mode === 'dry_run') {
    await insertAttempt(unit.tx, { ...at, state: 'dry_run' });
    record('dry_run', [`it would run: ${shown}`]);
    return { outcome: 'done' };
  }
  await insertAttempt(unit.tx, { ...at, state: 'intent' });
  const intent: Attempt = {
    ...attempt,
    state: 'intent',
    reasons: [shown, withReason(`asked for by ${by}`, reason)],
    decidedBy: by,
  };
  queueAttempt(unit, incident, intent, plan, person(by));
  return { outcome: 'done' };
}

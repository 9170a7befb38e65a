import { ATTEMPT_SENTENCES } from '../domain/sentences.ts';
import { incidentId, type Attempt, type Incident } from '../domain/incident.ts';
import type { FixAnswer, FixDecision } from '../engine/messages.ts';
import { describeAction } from '../fixes/rendered-action.ts';
import { insertAttempt, moveAttempt, readAttempt } from '../store/fix-journal.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { AT_WORK, person, queueAttempt, refusal, withReason } from './begin-attempt.ts';
import { planAttempt, refusalsOf, type FixParts, type PlannedAttempt } from './plan-attempt.ts';

/**
 * A person approves or turns down what was proposed. An approval is for exactly what was shown: it is planned anew, and
 * where what would run has another hash by now, it is refused and proposed again. The guards are asked again.
 */
export async function decideAttempt(
  parts: FixParts,
  unit: UnitOfWork,
  incident: Incident,
  request: FixDecision,
): Promise<FixAnswer> {
  const { by, reason, action } = request;
  const attempt = attemptMeant(incident, request.attempt);
  const row = attempt && (await readAttempt(unit.tx, attempt.id));
  if (attempt === undefined)
    return { outcome: 'not_found', detail: `No known fix of ${incidentId(incident)} waits for approval.` };
  if (row?.state !== 'awaiting_approval') return alreadyDecided(incident, attempt, row?.state, request);
  if (action === 'deny') {
    await moveAttempt(unit.tx, attempt.id, ['awaiting_approval'], 'denied');
    const reasons = [withReason(`by ${by}`, reason)];
    const denied: Attempt = { ...attempt, state: 'denied', reasons, decidedBy: by };
    unit.run(incident.uid, { type: 'fix_state', attempt: denied, actor: person(by) });
    return { outcome: 'done' };
  }
  if (request.hash !== null && request.hash !== row.action_hash)
    return refusal(incident, ['what would run is not what you looked at; load the page again']);
  return approve(parts, unit, incident, attempt, row.action_hash, request);
}

function attemptMeant({ attempts }: Incident, id: string | null): Attempt | undefined {
  return id === null
    ? (attempts.findLast(({ state }) => state === 'awaiting_approval') ?? attempts.at(-1))
    : attempts.find((one) => one.id === id);
}

/** Repeated by the same person it is done; else it is told who was first, and how it stands. */
function alreadyDecided(
  incident: Incident,
  attempt: Attempt,
  journal: string | undefined,
  { by, action }: FixDecision,
): FixAnswer {
  const { state, decidedBy } = attempt;
  const asAsked = action === 'deny' ? state === 'denied' : state !== 'denied' && state !== 'refused';
  if (decidedBy === by && asAsked) return { outcome: 'done' };
  const id = incidentId(incident);
  if (state === 'awaiting_approval' && journal === 'unknown')
    return {
      outcome: 'refused',
      detail: `${id}: this store was restored from a backup since it was proposed, so it may have run already; look at the target.`,
    };
  const who = decidedBy === undefined ? '' : ` (decided by ${decidedBy})`;
  return { outcome: 'refused', detail: `${id}: ${attempt.title} ${ATTEMPT_SENTENCES[state]}${who}.` };
}

async function approve(
  parts: FixParts,
  unit: UnitOfWork,
  incident: Incident,
  attempt: Attempt,
  hash: string,
  { by, reason }: FixDecision,
): Promise<FixAnswer> {
  if (incident.deadlines.fix !== undefined) return refusal(incident, [AT_WORK]);
  const planned = await planAttempt(parts, unit, incident, attempt.fix, 'chosen');
  const { plan } = planned;
  const refuse = async (reasons: readonly string[]): Promise<FixAnswer> => {
    await moveAttempt(unit.tx, attempt.id, ['awaiting_approval'], 'refused');
    const refused: Attempt = { ...attempt, state: 'refused', reasons, decidedBy: by };
    unit.run(incident.uid, { type: 'fix_state', attempt: refused, actor: person(by) });
    return refusal(incident, reasons);
  };
  if (plan === null) return refuse(planned.reasons);
  if (planned.mode === 'dry_run') return refuse(['its mode is dry_run by now']);
  if (plan.hash !== hash) {
    const answer = await refuse(['what would run has changed since it was proposed; it is proposed again']);
    await proposeAgain(unit, incident, planned);
    return answer;
  }
  const reasons = await refusalsOf(unit, plan, incident, { id: attempt.id, intentAt: unit.now });
  if (reasons.length > 0) return refuse(reasons);
  await moveAttempt(unit.tx, attempt.id, ['awaiting_approval'], 'intent', {
    ...{ intent_at: unit.now, plan: JSON.stringify(plan) },
  });
  const shown = [describeAction(plan.action), withReason(`approved by ${by}`, reason)];
  queueAttempt(unit, incident, { ...attempt, state: 'intent', reasons: shown, decidedBy: by }, plan, person(by));
  return { outcome: 'done' };
}

/** As what would run now: it goes the whole way of a proposal, the questions outside included. */
async function proposeAgain(unit: UnitOfWork, incident: Incident, { attempt, plan }: PlannedAttempt): Promise<void> {
  if (plan === null) return;
  await insertAttempt(unit.tx, {
    ...{ id: attempt.id, incident: incident.uid, state: 'proposed', fence: 0, at: unit.now, plan },
  });
  queueAttempt(unit, incident, { ...attempt, reasons: [describeAction(plan.action)] }, plan, null);
}

import { speakDuration } from '../domain/duration.ts';
import { incidentId, isOpen, type Attempt, type EscalationReason } from '../domain/incident.ts';
import { SYSTEM } from '../domain/entry.ts';
import type { Command } from './command.ts';
import type { Draft } from './draft.ts';
import { enterStep, escalate, FIX_GRACE_MS, nextStepIndex, resolve, tell } from './respond.ts';
import type { Rules } from './rules.ts';
import { withdrawProposal } from './withdraw-proposal.ts';

type FixState = Omit<Extract<Command, { type: 'fix_state' }>, 'type'>;

const SENTENCE: Readonly<Record<Attempt['state'], string>> = {
  proposed: 'proposed',
  awaiting_approval: 'waits for approval',
  denied: 'was denied',
  intent: 'is about to run',
  started: 'is running',
  succeeded: 'ran; its effect is being verified',
  failed: 'failed',
  unknown: 'has an unknown outcome',
  verified: 'is verified: the trouble is gone',
  unverified: 'ran, but the trouble is not gone',
  dry_run: 'would have run (dry run)',
  refused: 'was not run',
};

/** States after which nothing more happens by itself. */
const SETTLED: ReadonlySet<Attempt['state']> = new Set([
  'denied',
  'failed',
  'unknown',
  'verified',
  'unverified',
  'dry_run',
  'refused',
]);

const ESCALATES: Readonly<Partial<Record<Attempt['state'], EscalationReason>>> = {
  failed: 'fix_failed',
  unknown: 'fix_unknown',
  unverified: 'fix_unverified',
};

/** An attempt reached a state: healed → resolved with the fix named; not run → Level 2; all else → Level 3. */
export function decideFix(draft: Draft, { attempt, actor = SYSTEM, dueInMs }: FixState, rules: Rules): void {
  const known = draft.incident.attempts.find((other) => other.id === attempt.id);
  if (known !== undefined && SETTLED.has(known.state)) return tooLate(draft, known, attempt);
  const settled = SETTLED.has(attempt.state);
  const reasons = attempt.reasons.length === 0 ? '' : `: ${attempt.reasons.join('; ')}`;
  const on = attempt.target === '' ? '' : ` on ${attempt.target}`;
  const text = `Known fix "${attempt.title}"${on} ${SENTENCE[attempt.state]}${reasons}`;
  const deadlines = {
    ...((settled || attempt.state === 'awaiting_approval') && !othersAtWork(draft, attempt) ? { fix: null } : {}),
    ...(dueInMs === undefined ? {} : { fix: draft.now + dueInMs + FIX_GRACE_MS }),
    ...(known?.state === 'awaiting_approval' ? { approval: null } : {}),
  };
  draft.add('fix', text, { ...attempt, ...(Object.keys(deadlines).length === 0 ? {} : { deadlines }) }, actor);
  if (attempt.state === 'awaiting_approval') return askForApproval(draft, rules, text);
  if (!settled || !isOpen(draft.incident)) return;
  const reason = ESCALATES[attempt.state];
  if (attempt.state === 'verified') {
    resolve(
      draft,
      rules,
      'fix',
      `Resolved by the known fix "${attempt.title}" (${attempt.fix})${on}, verified: ${attempt.verification?.detail ?? ''}`,
      {
        kind: 'system',
        name: `fix ${attempt.fix}`,
      },
    );
  } else if (reason !== undefined) {
    afterFailure(draft, rules, reason, text);
  } else if (draft.incident.step < 0) {
    enterStep(draft, rules, 0, 'page', { why: text });
  } else {
    tell(draft, rules, draft.incident.stepChannels, 'inform', text);
  }
}

/** Where the policy gives Level 2 no end, a proposal is good for so long. */
const APPROVAL_MS = 4 * 3_600_000;

/** Level 2 hears what exactly would run, and where to say yes or no; the proposal ends with the time of the level. */
function askForApproval(draft: Draft, rules: Rules, text: string): void {
  if (!isOpen(draft.incident)) return void withdrawProposal(draft, `the incident is ${draft.incident.status}`);
  const id = incidentId(draft.incident);
  const why = `${text}. An approver decides on the page of ${id}, or with tierbell fix approve ${id} (or deny)`;
  if (draft.incident.step < 0) {
    enterStep(draft, rules, 0, 'page', { why });
  } else {
    const steps = rules.policy(draft.incident.policy).steps;
    const level2 = steps.find(({ level }) => level === '2') ?? steps[0];
    tell(draft, rules, [...(level2?.notify ?? []), ...draft.incident.stepChannels], 'page', why);
  }
  const at = draft.incident.deadlines.level ?? draft.now + APPROVAL_MS;
  const until = speakDuration(at - draft.now);
  draft.add('deadline', `The proposed fix may be approved for ${until}`, {
    kind: 'approval',
    deadlines: { approval: at },
  });
}

function othersAtWork({ incident }: Draft, { id }: Attempt): boolean {
  const rests = (state: Attempt['state']): boolean => SETTLED.has(state) || state === 'awaiting_approval';
  return incident.attempts.some((other) => other.id !== id && !rests(other.state));
}

/** An outcome is final; what is heard after it stands on record and changes nothing. */
function tooLate(draft: Draft, known: Attempt, attempt: Attempt): void {
  if (known.state === attempt.state) return;
  const said = [SENTENCE[attempt.state], ...attempt.reasons].join('; ');
  const note = `Heard too late of the known fix "${attempt.title}", which counted as ${known.state}: it ${said}`;
  draft.add('note', note, { note });
}

function afterFailure(draft: Draft, rules: Rules, reason: EscalationReason, why: string): void {
  const { level } = draft.incident;
  if (level === '3' || level === 'x') {
    tell(draft, rules, draft.incident.stepChannels, 'inform', why);
    return;
  }
  const policy = rules.policy(draft.incident.policy);
  const first = policy.steps[0];
  if (draft.incident.step < 0 && first !== undefined && nextStepIndex(policy, draft.incident, reason) > 0)
    tell(draft, rules, first.notify, 'inform', why);
  escalate(draft, rules, reason, why, SYSTEM);
}

/** What had not started will not (`run-fix.ts` looks at the deadline); what had may have done anything. */
function lostAs(state: Attempt['state']): Pick<Attempt, 'state' | 'reasons'> {
  if (state === 'succeeded') return { state: 'unverified', reasons: ['its verification did not report back in time'] };
  if (state === 'started') return { state: 'unknown', reasons: ['it did not report back in time'] };
  return { state: 'refused', reasons: ['it was not started in time'] };
}

/** A fix did not report back in time: its outcome is unknown, it never runs again by itself, and a person takes over. */
export function decideFixLost(draft: Draft, rules: Rules): void {
  const running = draft.incident.attempts.find(({ state }) => !SETTLED.has(state) && state !== 'awaiting_approval');
  if (running !== undefined) {
    decideFix(
      draft,
      {
        attempt: {
          ...running,
          ...lostAs(running.state),
          finishedAt: running.startedAt === null ? null : draft.now,
        },
      },
      rules,
    );
    return;
  }
  draft.add('set_aside', 'The known fix was never started: people take over', {
    what: 'fix',
    why: 'not started in time',
    deadlines: { fix: null },
  });
  if (isOpen(draft.incident) && draft.incident.step < 0)
    enterStep(draft, rules, 0, 'page', { why: 'a known fix could not be started' });
}

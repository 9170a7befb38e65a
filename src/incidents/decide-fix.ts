import { isOpen, type Attempt, type EscalationReason } from '../domain/incident.ts';
import { SYSTEM } from '../domain/entry.ts';
import type { Draft } from './draft.ts';
import { enterStep, escalate, nextStepIndex, resolve, tell } from './respond.ts';
import type { Rules } from './rules.ts';

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
export function decideFix(draft: Draft, attempt: Attempt, rules: Rules): void {
  const known = draft.incident.attempts.find((other) => other.id === attempt.id);
  if (known !== undefined && SETTLED.has(known.state)) return tooLate(draft, known, attempt);
  const settled = SETTLED.has(attempt.state);
  const reasons = attempt.reasons.length === 0 ? '' : `: ${attempt.reasons.join('; ')}`;
  const on = attempt.target === '' ? '' : ` on ${attempt.target}`;
  const text = `Known fix "${attempt.title}"${on} ${SENTENCE[attempt.state]}${reasons}`;
  draft.add('fix', text, { ...attempt, ...(settled ? { deadlines: { fix: null } } : {}) });
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
  const running = draft.incident.attempts.find((attempt) => !SETTLED.has(attempt.state));
  if (running !== undefined) {
    decideFix(
      draft,
      { ...running, ...lostAs(running.state), finishedAt: running.startedAt === null ? null : draft.now },
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

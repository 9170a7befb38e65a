import type { AttemptState, EscalationReason, Evidence, EvidenceLine } from './incident.ts';

/** Why an incident went a level up, as a clause that follows "because" or "It came here because". */
export const ESCALATION_SENTENCES: Readonly<Record<EscalationReason, string>> = {
  ack_timeout: 'nobody acknowledged it in time',
  ack_expired: 'an acknowledgement ran out without a result',
  unreachable: 'nobody at the level before could be reached',
  time_at_level: 'the time that the policy gives the level before is used up',
  fix_failed: 'the known fix failed',
  fix_unknown: 'the outcome of the known fix is not known, and it is never run a second time by itself',
  fix_unverified: 'the known fix ran, but the probe did not see the service healthy again',
  no_known_fix: 'no known fix applies',
  impact: 'too many people or systems are hit',
  priority: 'its priority goes to this level at once',
  severity_raised: 'it became more severe',
  targets_joined: 'more targets were hit',
  category: 'its category goes to this level at once',
  skill: 'it needs a skill that the level before does not have',
  manual: 'a person handed it on',
  returned: 'a person handed it back',
  vendor_approved: 'a person approved calling the vendor',
  reopened: 'it fires again after it was resolved',
};

/** How an attempt stands, as a clause that follows the name of the fix and a colon. */
export const ATTEMPT_SENTENCES: Readonly<Record<AttemptState, string>> = {
  proposed: 'is proposed, and has not run',
  awaiting_approval: 'waits for a person to approve it',
  denied: 'was turned down by a person',
  intent: 'is about to start',
  started: 'is running',
  succeeded: 'ran without an error; whether it helped is being checked',
  failed: 'failed',
  unknown: 'was cut off, and nobody knows how far it came: look at the target before you run anything there',
  verified: 'ran, and the probe sees the service healthy again',
  unverified: 'ran, but the probe does not see the service healthy',
  dry_run: 'was not run (dry run); this is what it would have done',
  refused: 'was not run, because a guard rail forbids it',
};

/** `12×`, `12× NEW`, `40× UP from 3`, `0× GONE, 23 expected`: how often the like of a line came, against the windows before. */
export function speakCount({ count, expected, class: change }: EvidenceLine): string {
  if (change === undefined) return `${count}×`;
  if (change === 'GONE') return `0× GONE, ${expected ?? 0} expected`;
  return change === 'NEW' ? `${count}× NEW` : `${count}× ${change} from ${expected ?? 0}`;
}

/** What a piece of evidence beside the logs is about where its kind does not say. */
export const ABOUT_TITLES: Readonly<Record<NonNullable<Evidence['about']>, string>> = {
  impact: 'How many are hit',
  spread: 'Local or everywhere',
};

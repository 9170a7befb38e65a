import type { Actor } from '../domain/entry.ts';
import { SYSTEM } from '../domain/entry.ts';
import { speakDuration } from '../domain/duration.ts';
import { isOpen, type EscalationReason, type Incident } from '../domain/incident.ts';
import type { NoticePurpose } from '../domain/job.ts';
import type { Draft } from './draft.ts';
import type { Policy, PolicyStep, Rules } from './rules.ts';

/** How long a handover waits for logs that are being collected (safety.md: Level 3 told at most 5 s late). */
export const HANDOVER_WAIT_MS = 5_000;
/** How often the last step is gone through again when nobody answers. */
const LAST_STEP_ROUNDS = 3;
/** A fix that is planned, run and verified needs at most its own times; this is the grace on top. */
export const FIX_GRACE_MS = 30_000;

/** The moves that several decisions share: beginning a step, escalating, resolving, telling. */

/** An incident opened: a known fix goes first; else its first step begins. What must reach Level 3 at once does. */
export function beginResponse(draft: Draft, rules: Rules): void {
  draft.queue({ kind: 'evidence', payload: { attempt: 0 } }, 'evidence');
  if (rules.mode === 'observe') return;
  const immediate = immediateReason(draft.incident, rules);
  const fixing = startFix(draft, rules);
  if (immediate !== null) {
    if (!fixing) enterStep(draft, rules, 0, 'page', { waitForAck: false });
    escalate(draft, rules, immediate.reason, immediate.why, SYSTEM);
  } else if (!fixing) {
    enterStep(draft, rules, 0, 'page');
  }
}

/** Queues the known fix that applies, where there is one and none was tried. People are paged on its outcome. */
export function startFix(draft: Draft, rules: Rules): boolean {
  if (rules.mode !== 'full' || draft.incident.attempts.length > 0 || draft.incident.deadlines.fix !== undefined) return false;
  const fix = rules.selectFix(draft.incident);
  if (fix === null) return false;
  const due = draft.now + (fix.mode === 'automatic' ? fix.overdueMs + FIX_GRACE_MS : FIX_GRACE_MS);
  draft.add('deadline', `Known fix "${fix.title}" applies (${fix.mode.replace('_', ' ')}); people hear of it by its outcome`, {
    kind: 'fix',
    deadlines: { fix: due },
  });
  draft.queue({ kind: 'fix', payload: { fix: fix.id } }, `fix:${fix.id}`);
  return true;
}

/** Begins a step of the policy: tells its people and sets its deadlines. Level 3 and beyond are told with the bundle. */
export function enterStep(
  draft: Draft,
  rules: Rules,
  index: number,
  purpose: NoticePurpose,
  options: { waitForAck?: boolean; why?: string } = {},
): void {
  const policy = rules.policy(draft.incident.policy);
  const step = policy.steps[index];
  if (step === undefined) return;
  const again = draft.incident.step === index;
  const channels = rules.channelsOf(step.notify);
  const ackTimeout = options.waitForAck === false ? null : step.ackTimeoutMs[draft.incident.priority];
  const levelTimeout = policy.maxTimeAtLevelMs[step.level]?.[draft.incident.priority] ?? null;
  const keepLevelClock = draft.incident.step >= 0 && draft.incident.level === step.level && draft.incident.deadlines.level !== undefined;
  draft.add('step_entered', stepText(step, ackTimeout), {
    step: index,
    level: step.level,
    notify: step.notify,
    channels,
    round: again ? draft.incident.round + 1 : 0,
    deadlines: {
      ack: ackTimeout === null ? null : draft.now + ackTimeout,
      ...(keepLevelClock ? {} : { level: levelTimeout === null ? null : draft.now + levelTimeout }),
    },
  });
  const why = options.why ?? '';
  if (step.level === '3' || step.level === 'x') {
    draft.queue({ kind: 'handover', payload: { level: step.level, notify: step.notify, why, waitUntil: draft.now + HANDOVER_WAIT_MS } }, 'handover');
  } else {
    tell(draft, rules, step.notify, purpose, why);
  }
  if (step.inform.length > 0) tell(draft, rules, step.inform, 'inform', why);
}

function stepText(step: PolicyStep, ackTimeout: number | null): string {
  const who = `Level ${step.level}: telling ${step.notify.join(', ')}`;
  return ackTimeout === null ? who : `${who}; escalates in ${speakDuration(ackTimeout)} unless acknowledged`;
}

/** Queues one message per channel behind the names; with nobody behind them, the fallback hears of it. */
export function tell(draft: Draft, rules: Rules, names: readonly string[], purpose: NoticePurpose, why: string, bundle: number | null = null): void {
  const channels = rules.channelsOf(names);
  const recipient = names.join(', ');
  for (const channel of channels) {
    const payload = { channel, recipient, purpose, level: draft.incident.level, why, bundle };
    draft.queue({ kind: 'notify', payload }, `${purpose}:${channel}`);
  }
}

/** Tells the fallback what nobody else received or answered. */
export function tellFallback(draft: Draft, rules: Rules, why: string): void {
  draft.add('fallback_told', `Telling the fallback: ${why}`, { why });
  tell(draft, rules, rules.fallback, 'fallback', why);
}

/** Hands the incident to the next higher level, or tells the fallback where there is none. Never loops. */
export function escalate(draft: Draft, rules: Rules, reason: EscalationReason, why: string, actor: Actor, toStep?: number): void {
  const policy = rules.policy(draft.incident.policy);
  const target = toStep ?? nextStepIndex(policy, draft.incident, reason);
  const step = policy.steps[target];
  if (step === undefined) {
    if (reason === 'ack_timeout') repeatLastStep(draft, rules, why);
    else tellFallback(draft, rules, `${why}. There is no further level that may be told without approval`);
    return;
  }
  const to = step.level;
  draft.add('escalated', `Escalated to Level ${to}: ${why}`, { from: draft.incident.level, to, step: target, reason, deadlines: { ack: null, level: null } }, actor);
  enterStep(draft, rules, target, 'escalation', { why });
}

/** By time or failure: the next step for a timeout, the next higher level for everything else. */
function nextStepIndex(policy: Policy, incident: Incident, reason: EscalationReason): number {
  const present = policy.steps[Math.max(incident.step, 0)];
  return policy.steps.findIndex(
    (step, index) =>
      index > Math.max(incident.step, reason === 'ack_timeout' ? incident.step : 0) &&
      !step.requiresApproval &&
      (reason === 'ack_timeout' || step.level !== present?.level),
  );
}

function repeatLastStep(draft: Draft, rules: Rules, why: string): void {
  tellFallback(draft, rules, why);
  if (draft.incident.round < LAST_STEP_ROUNDS) {
    enterStep(draft, rules, draft.incident.step, draft.incident.level === '2' ? 'page' : 'escalation', { why });
  } else {
    draft.add('deadline', `Nobody answered ${LAST_STEP_ROUNDS + 1} times; a person must take it from here`, { kind: 'ack', deadlines: { ack: null } });
  }
}

/** Why the policy wants Level 3 at once, or null; not while the incident is there already. */
export function immediateReason(incident: Incident, rules: Rules): { reason: EscalationReason; why: string } | null {
  if (incident.level === '3' || incident.level === 'x') return null;
  const { category, confidence } = incident.classification;
  for (const rule of rules.policy(incident.policy).immediately) {
    if ('priority' in rule && rule.priority === incident.priority) {
      return { reason: 'priority', why: `the policy sends ${incident.priority} to Level 3 at once` };
    }
    if ('category' in rule && rule.category === category && confidence >= rule.minConfidence) {
      return { reason: 'category', why: `the policy sends ${category} to Level 3 at once` };
    }
  }
  return null;
}

/** Ends an incident, tells everybody who was told of it, and sets what happens when it fires on. */
export function resolve(draft: Draft, rules: Rules, how: 'alerts' | 'person' | 'fix', why: string, actor: Actor): void {
  if (!isOpen(draft.incident)) return;
  const stillFires = how !== 'alerts' && draft.incident.firing > 0;
  const settleAt = stillFires ? draft.now + rules.settleMs : null;
  const attachUntil = draft.now + Math.max(rules.reopenWithinMs, stillFires ? rules.settleMs + 1 : 0);
  const deadlines = { ack: null, level: null, hold: null, fix: null, settle: settleAt, close: draft.now + rules.closeAfterMs };
  const audience = draft.incident.audience;
  draft.add('resolved', why, { how, reason: why, attachUntil, deadlines }, actor);
  const first = rules.policy(draft.incident.policy).steps[0];
  const names = audience.length > 0 ? audience : (first?.notify ?? []);
  if (rules.mode !== 'observe') tell(draft, rules, names, 'resolved', why);
}

/** The trouble is back, or was never gone: the present step begins again. */
export function reopen(draft: Draft, rules: Rules, why: string, actor: Actor): void {
  const level = draft.incident.level;
  draft.add('reopened', why, { why, deadlines: { settle: null, close: null, hold: null } }, actor);
  draft.add('escalated', `Reopened at Level ${level}: ${why}`, { from: level, to: level, step: Math.max(draft.incident.step, 0), reason: 'reopened' }, actor);
  if (rules.mode !== 'observe') enterStep(draft, rules, Math.max(draft.incident.step, 0), 'reopened', { why });
}

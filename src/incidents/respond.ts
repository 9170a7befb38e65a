import type { Actor } from '../domain/entry.ts';
import { SYSTEM } from '../domain/entry.ts';
import { speakDuration } from '../domain/duration.ts';
import { isOpen, LEVELS, owningTeam, type EscalationReason, type Evidence, type Incident } from '../domain/incident.ts';
import type { JobPayloads, NoticePurpose } from '../domain/job.ts';
import type { Draft } from './draft.ts';
import { withdrawProposal } from './withdraw-proposal.ts';
import { isOwnEvent, OWN_SOURCE, type Policy, type PolicyStep, type Rules } from './rules.ts';

/** How long a handover waits for logs that are being collected (safety.md: Level 3 told at most 5 s late). */
export const HANDOVER_WAIT_MS = 5_000;
/** How long after the first look at the logs the second one follows. */
export const SECOND_LOOK_MS = 60_000;
/** Logs that were looked at longer ago are looked at again before a handover. */
const FRESH_MS = 120_000;
/** How often the last step is gone through again when nobody answers. */
const LAST_STEP_ROUNDS = 3;
/** A fix that is planned, run and verified needs at most its own times; this is the grace on top. */
export const FIX_GRACE_MS = 30_000;

/** The moves that several decisions share: beginning a step, escalating, resolving, telling. */

/** An incident opened: a known fix goes first; else its first step begins. What must reach Level 3 at once does. */
export function beginResponse(draft: Draft, rules: Rules, inStorm = false): void {
  const pending = collectEvidence(draft, rules, inStorm ? { attempt: 0, inStorm } : { attempt: 0 });
  if (rules.mode === 'observe') return pending ? undefined : tellObservers(draft, rules);
  const immediate = immediateReason(draft.incident, rules);
  const fixing = startFix(draft, rules);
  if (immediate !== null) escalateAtOnce(draft, rules, immediate.reason, immediate.why);
  else if (!fixing) enterStep(draft, rules, 0, 'page');
}

/**
 * Has the logs fetched; where no store is there to ask, says so at once, so that nobody waits for them.
 * @returns whether they are on their way
 */
function collectEvidence(draft: Draft, rules: Rules, payload: { attempt: number; inStorm?: boolean }): boolean {
  if (draft.incident.source === OWN_SOURCE) return false; // its summary says all there is
  const why = rules.noLogs(draft.incident.labels);
  if (why === null) {
    draft.queue({ kind: 'evidence', payload }, 'evidence');
    return true;
  }
  // In a storm only what others know is worth asking: what our own record holds beside it is the storm.
  if (payload.inStorm !== true || rules.asksOthers)
    draft.queue({ kind: 'evidence', payload: { ...payload, look: 'around' } }, 'around');
  const nothing = { store: '', scope: '', windows: [], counts: {}, lines: [], rawBlob: null, query: null, url: '' };
  const id = `${draft.uid}-logs`;
  draft.add('evidence_collected', `Logs: ${why}`, {
    id,
    kind: 'logs',
    state: 'unavailable',
    reason: why,
    at: draft.now,
    ...nothing,
  });
  return false;
}

/** To Level 3 without waiting for anybody. Level 2 is told too, also while a known fix is at work. */
export function escalateAtOnce(draft: Draft, rules: Rules, reason: EscalationReason, why: string): void {
  const { steps } = rules.policy(draft.incident.policy);
  const target = steps.findIndex(({ level, requiresApproval }) => level === '3' && !requiresApproval);
  if (draft.incident.step < 0 && target !== 0) enterStep(draft, rules, 0, 'page', { waitForAck: target < 0, why });
  if (target > draft.incident.step) escalate(draft, rules, reason, why, SYSTEM, target);
  else tellFallback(draft, rules, `${why}, but the policy has no such step`);
}

/** Queues the known fix that applies, where there is one and none was tried. People are paged on its outcome. */
export function startFix(draft: Draft, rules: Rules): boolean {
  if (rules.mode !== 'full' || draft.incident.attempts.length > 0 || draft.incident.deadlines.fix !== undefined)
    return false;
  const fix = rules.selectFix(draft.incident);
  if (fix === null) return false;
  const due = draft.now + (fix.mode === 'automatic' ? fix.overdueMs + FIX_GRACE_MS : FIX_GRACE_MS);
  draft.add(
    'deadline',
    `Known fix "${fix.title}" applies (${fix.mode.replace('_', ' ')}); people hear of it by its outcome`,
    {
      kind: 'fix',
      deadlines: { fix: due },
    },
  );
  draft.queue({ kind: 'fix', payload: { fix: fix.id } }, `fix:${fix.id}`);
  return true;
}

/**
 * Begins a step of the policy: tells its people and sets its deadlines. Level 3 and beyond are told with the bundle.
 * `anew`: the step begins afresh, so that nobody has failed to answer it yet.
 */
export function enterStep(
  draft: Draft,
  rules: Rules,
  index: number,
  purpose: NoticePurpose,
  options: { waitForAck?: boolean; why?: string; anew?: boolean } = {},
): void {
  const policy = rules.policy(draft.incident.policy);
  const step = policy.steps[index];
  if (step === undefined || rules.mode === 'observe') return;
  const again = draft.incident.step === index && options.anew !== true;
  const channels = rules.channelsOf(step.notify, owningTeam(draft.incident));
  const waits = options.waitForAck !== false && draft.incident.status !== 'acknowledged';
  const ackTimeout = waits ? step.ackTimeoutMs[draft.incident.priority] : null;
  const levelTimeout = policy.maxTimeAtLevelMs[step.level]?.[draft.incident.priority] ?? null;
  const keepLevelClock =
    draft.incident.step >= 0 && draft.incident.level === step.level && draft.incident.deadlines.level !== undefined;
  const last = nextStepIndex(policy, { step: index, level: step.level }, 'ack_timeout') < 0;
  draft.add('step_entered', stepText(step, ackTimeout, last), {
    step: index,
    level: step.level,
    notify: step.notify,
    channels,
    round: again ? draft.incident.round + 1 : 0,
    last,
    deadlines: {
      ack: ackTimeout === null ? null : draft.now + ackTimeout,
      ...(keepLevelClock ? {} : { level: levelTimeout === null ? null : draft.now + levelTimeout }),
    },
  });
  const why = options.why ?? '';
  if (step.level === '3' || step.level === 'x') {
    queueHandover(draft, { level: step.level, notify: step.notify, why }, 'handover');
  } else {
    tell(draft, rules, step.notify, purpose, why);
  }
  if (step.inform.length > 0) tell(draft, rules, step.inform, 'inform', why);
}

/** Has the bundle packed and the new level told with it; logs that are no longer fresh are looked at again first. */
export function queueHandover(
  draft: Draft,
  payload: Omit<JobPayloads['handover'], 'waitUntil'>,
  name: 'handover' | 'handover-to-owner' | 'handover-asked',
): void {
  const waitUntil = draft.now + HANDOVER_WAIT_MS;
  const last = logsOn(draft.incident).at(-1);
  const isStale = last !== undefined && last.store !== '' && draft.now - last.at > FRESH_MS;
  if (isStale && draft.incident.status !== 'closed')
    draft.queue({ kind: 'evidence', payload: { attempt: 0, look: 'handover', waitUntil } }, `look-before-${name}`);
  draft.queue({ kind: 'handover', payload: { ...payload, waitUntil } }, name);
}

/** The evidence of kind `logs`, the oldest first. */
export function logsOn({ evidence }: Incident): readonly Evidence[] {
  return evidence.filter(({ kind }) => kind === 'logs');
}

function stepText(step: PolicyStep, ackTimeout: number | null, last: boolean): string {
  const who = `Level ${step.level}: telling ${step.notify.join(', ')}`;
  if (ackTimeout === null) return who;
  const then = last ? 'the fallback hears of it' : 'escalates';
  return `${who}; ${then} in ${speakDuration(ackTimeout)} unless acknowledged`;
}

/** In mode `observe`, evidence and category go to the channels that want to see them; nobody else hears anything. */
export function tellObservers(draft: Draft, rules: Rules): void {
  const { level } = draft.incident;
  for (const channel of rules.observers) {
    const payload = { channel, recipient: channel, purpose: 'observed', level, why: '', bundle: null } as const;
    draft.queue({ kind: 'notify', payload }, `observed:${channel}`);
  }
}

/** Messages that must reach somebody. */
const WANTS_ANSWER: ReadonlySet<NoticePurpose> = new Set(['page', 'escalation', 'reopened']);

/** Queues one message per channel behind the names; with nobody behind them, the fallback hears of it. */
export function tell(
  draft: Draft,
  rules: Rules,
  names: readonly string[],
  purpose: NoticePurpose,
  why: string,
  bundle: number | null = null,
): void {
  if (rules.mode === 'observe') return;
  const channels = rules.channelsOf(names, owningTeam(draft.incident));
  const recipient = names.join(', ');
  if (channels.length === 0 && WANTS_ANSWER.has(purpose))
    tellFallback(draft, rules, `no channel leads to ${recipient}: ${why || purpose}`);
  for (const channel of channels) {
    const payload = { channel, recipient, purpose, level: draft.incident.level, why, bundle };
    draft.queue({ kind: 'notify', payload }, `${purpose}:${channel}`);
  }
}

/** Tells the fallback what nobody else received or answered; not over the channel that has just failed. */
export function tellFallback(draft: Draft, rules: Rules, why: string, broken = ''): void {
  if (rules.mode === 'observe') return;
  const others = rules.fallback.filter((channel) => channel !== broken);
  draft.add('fallback_told', others.length > 0 ? `Telling the fallback: ${why}` : `No other channel to tell: ${why}`, {
    why,
  });
  tell(draft, rules, others, 'fallback', why);
}

/** Hands the incident to the next higher level, or tells the fallback where there is none. Never loops. */
export function escalate(
  draft: Draft,
  rules: Rules,
  reason: EscalationReason,
  why: string,
  actor: Actor,
  toStep?: number,
): void {
  if (rules.mode === 'observe') return;
  const policy = rules.policy(draft.incident.policy);
  const target = toStep ?? nextStepIndex(policy, draft.incident, reason);
  const step = policy.steps[target];
  if (step === undefined) {
    if (draft.incident.step < 0) enterStep(draft, rules, 0, 'page', { why });
    else if (reason === 'ack_timeout') repeatLastStep(draft, rules, why);
    else tellFallback(draft, rules, `${why}. There is no further level that may be told without approval`);
    return;
  }
  const to = step.level;
  const from = draft.incident.level;
  const deadlines = { ack: null, ...(from === to ? {} : { level: null }) };
  draft.add('escalated', `Escalated to Level ${to}: ${why}`, { from, to, step: target, reason, deadlines }, actor);
  enterStep(draft, rules, target, 'escalation', { why });
}

/** The next step for a timeout, the next higher level for everything else; -1 where there is none. */
export function nextStepIndex(
  policy: Policy,
  incident: Pick<Incident, 'level' | 'step'>,
  reason: EscalationReason,
): number {
  const present = LEVELS.indexOf(incident.level);
  return policy.steps.findIndex(
    ({ level, requiresApproval }, index) =>
      index > incident.step && !requiresApproval && (reason === 'ack_timeout' || LEVELS.indexOf(level) > present),
  );
}

function repeatLastStep(draft: Draft, rules: Rules, why: string): void {
  tellFallback(draft, rules, why);
  if (draft.incident.round < LAST_STEP_ROUNDS) {
    enterStep(draft, rules, presentStep(draft, rules), draft.incident.level === '2' ? 'page' : 'escalation', { why });
  } else {
    draft.add('deadline', `Nobody answered ${LAST_STEP_ROUNDS + 1} times; a person must take it from here`, {
      kind: 'ack',
      deadlines: { ack: null },
    });
  }
}

/** The step at which the incident is, also where the policy has become shorter since. */
function presentStep(draft: Draft, rules: Rules): number {
  const { steps } = rules.policy(draft.incident.policy);
  return Math.max(0, Math.min(draft.incident.step, steps.length - 1));
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
  const deadlines = {
    ack: null,
    level: null,
    hold: null,
    fix: null,
    settle: settleAt,
    close: draft.now + rules.closeAfterMs,
  };
  const audience = draft.incident.audience;
  withdrawProposal(draft, 'the incident was resolved before anybody approved it');
  if (how === 'person' && isOwnEvent(draft.incident.source, draft.incident.labels)) eventsAreOver(draft);
  draft.add('resolved', why, { how, reason: why, attachUntil, deadlines }, actor);
  const first = rules.policy(draft.incident.policy).steps[0];
  const names = audience.length > 0 ? audience : (first?.notify ?? []);
  tell(draft, rules, names, 'resolved', why);
}

/** Our own troubles are events: nothing says when one is over but the person who saw to it. Only new ones count from here. */
function eventsAreOver(draft: Draft): void {
  const { firing, impact, severity } = draft.incident;
  const data = { delivery: 'own', fired: 0, resolved: firing, firing: 0, hidden: 0, impact, severity, marks: [] };
  draft.add('alerts', 'Seen to: what comes from now on is new', data);
}

/** The trouble is back, or was never gone: the present step begins again. */
export function reopen(draft: Draft, rules: Rules, why: string, actor: Actor): void {
  const level = draft.incident.level;
  const step = presentStep(draft, rules);
  draft.add('reopened', why, { why, deadlines: { settle: null, close: null, hold: null } }, actor);
  draft.add(
    'escalated',
    `Reopened at Level ${level}: ${why}`,
    { from: level, to: level, step, reason: 'reopened' },
    actor,
  );
  enterStep(draft, rules, step, 'reopened', { why, anew: true });
}

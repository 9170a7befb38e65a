import { SYSTEM } from '../domain/entry.ts';
import { speakDuration } from '../domain/duration.ts';
import { isOpen, type DeadlineKind, type Incident } from '../domain/incident.ts';
import { decideFix, decideFixLost } from './decide-fix.ts';
import { decideAround, decideEvidence, decideObserve, staysOpen } from './decide-observe.ts';
import { decidePerson } from './decide-person.ts';
import type { Command, Refusal } from './command.ts';
import { Draft, type Decision } from './draft.ts';
import { enterStep, escalate, reopen, resolve, tell, tellFallback, tellObservers } from './respond.ts';
import { withdrawProposal } from './withdraw-proposal.ts';
import type { Rules } from './rules.ts';

/**
 * What a command means for an incident: timeline entries, outgoing work, and the incident after it. Pure: no clock, no
 * I/O, no randomness. The same incident, command, rules and moment always give the same decision.
 * @param incident null only for an `observe` that opens it
 * @param now epoch milliseconds of the store's clock
 */
export function decide(
  uid: string,
  incident: Incident | null,
  command: Command,
  rules: Rules,
  now: number,
): Decision | Refusal {
  const draft = new Draft(uid, incident, now);
  const refusal = apply(draft, command, rules);
  return refusal ?? draft.done();
}

function apply(draft: Draft, command: Command, rules: Rules): Refusal | null {
  switch (command.type) {
    case 'observe':
      decideObserve(draft, command, rules);
      return null;
    case 'deadline':
      decideDeadline(draft, command.kind, command.at, rules);
      return null;
    case 'evidence':
      decideEvidence(draft, command, rules);
      return null;
    case 'around':
      decideAround(draft, command.around, rules);
      return null;
    case 'fix_state':
      decideFix(draft, command, rules);
      return null;
    case 'notified':
      draft.add('notified', `Told ${command.channel} (${command.purpose}): ${command.detail}`, noticeData(command));
      return null;
    case 'notice_failed':
      decideNoticeFailed(draft, command, rules);
      return null;
    case 'notice_late':
      tellFallback(
        draft,
        rules,
        `${command.recipient} could not be told over ${command.channel} yet: ${command.detail}`,
        command.channel,
      );
      return null;
    case 'handover':
      decideHandover(draft, command, rules);
      return null;
    case 'set_aside':
      decideSetAside(draft, command, rules);
      return null;
    default:
      return decidePerson(draft, command, rules);
  }
}

/** A deadline came due. One that the incident no longer has, or has at another moment, is stale: nothing happens. */
function decideDeadline(draft: Draft, kind: DeadlineKind, at: number, rules: Rules): void {
  if (draft.incident.deadlines[kind] !== at) return;
  const late = draft.now - at > 10_000 ? ` (late by ${speakDuration(draft.now - at)})` : '';
  switch (kind) {
    case 'ack':
      if (rules.mode === 'observe') return nobodyIsWaitedFor(draft);
      return escalate(draft, rules, 'ack_timeout', `nobody acknowledged in time${late}`, SYSTEM);
    case 'level':
      return timeAtLevel(draft, rules, late);
    case 'hold':
      return holdOver(draft, rules, late);
    case 'settle':
      if (draft.incident.firing > 0) return reopen(draft, rules, `It was resolved but still fires${late}`, SYSTEM);
      return draft.add('deadline', 'Quiet since it was resolved', { kind, deadlines: { settle: null } });
    case 'close':
      return draft.add('closed', `Closed: resolved and quiet${late}`, {
        why: 'quiet',
        deadlines: { close: null, settle: null },
      });
    case 'fix':
      return decideFixLost(draft, rules);
    case 'approval':
      return approvalOver(draft, rules, late);
  }
}

/** The mode was changed to `observe` meanwhile. */
function nobodyIsWaitedFor(draft: Draft): void {
  const text = 'Nobody is waited for any more: the configuration says mode: observe';
  draft.add('deadline', text, { kind: 'ack', deadlines: { ack: null } });
}

/** Nobody approved a proposed fix in time. Where the level's time ends with it, that takes the incident on. */
function approvalOver(draft: Draft, rules: Rules, late: string): void {
  const { level } = draft.incident.deadlines;
  if (level !== undefined && level <= draft.now) return timeAtLevel(draft, rules, late);
  const why = withdrawProposal(draft, `nobody approved it in time${late}`);
  if (why !== null) tell(draft, rules, draft.incident.stepChannels, 'inform', why);
}

function timeAtLevel(draft: Draft, rules: Rules, late: string): void {
  if ((draft.incident.deadlines.approval ?? Infinity) <= draft.now)
    withdrawProposal(draft, 'nobody approved it in time');
  const level = draft.incident.level;
  draft.add('deadline', `The time at Level ${level} is over${late}`, { kind: 'level', deadlines: { level: null } });
  escalate(draft, rules, 'time_at_level', `the time at Level ${level} is over${late}`, SYSTEM);
}

/** Quiet long enough. While a fix is at work, quiet is no success: it waits for the verification. */
function holdOver(draft: Draft, rules: Rules, late: string): void {
  if (draft.incident.deadlines.fix !== undefined) {
    const deadlines = { hold: draft.now + rules.resolveHoldMs };
    draft.add('deadline', 'Quiet, but a known fix is being verified: waiting for it', { kind: 'hold', deadlines });
    return;
  }
  const why = staysOpen(draft.incident, rules); // its level or category may have changed since it went quiet
  if (why !== null) {
    draft.add('quiet', `Every alert is quiet; a person must say that it is over: ${why}`, {
      then: 'ask',
      why,
      deadlines: { hold: null },
    });
    return;
  }
  resolve(
    draft,
    rules,
    'alerts',
    `Resolved: every alert has been quiet for ${speakDuration(rules.resolveHoldMs)}${late}`,
    SYSTEM,
  );
}

function noticeData(command: { channel: string; purpose: string; detail: string }): {
  channel: string;
  purpose: string;
  detail: string;
} {
  return { channel: command.channel, purpose: command.purpose, detail: command.detail };
}

/** A message that nobody will get: the fallback hears of it. When it was for the fallback, the record is all there is. */
function decideNoticeFailed(draft: Draft, command: Extract<Command, { type: 'notice_failed' }>, rules: Rules): void {
  const text = `Could not tell ${command.channel} (${command.purpose}): ${command.detail}`;
  draft.add('notice_failed', text, noticeData(command));
  // Lines that follow a page are no reason to call anybody else.
  if (command.purpose === 'fallback' || command.purpose === 'evidence') return;
  tellFallback(
    draft,
    rules,
    `${command.recipient} could not be told over ${command.channel}: ${command.detail}`,
    command.channel,
  );
}

function decideHandover(draft: Draft, command: Extract<Command, { type: 'handover' }>, rules: Rules): void {
  const { bundle, notify, why, problem } = command;
  if (bundle === null) {
    draft.add('set_aside', `The handover bundle could not be made: ${problem}`, { what: 'handover', why: problem });
    if (notify !== null) tell(draft, rules, notify, 'escalation', `${why}. The bundle could not be made: ${problem}`);
    return;
  }
  const n = draft.incident.bundles + 1;
  draft.add('handover', `Handover bundle ${n} packed (${Math.ceil(bundle.bytes / 1000)} kB)`, { n, ...bundle });
  if (notify !== null) tell(draft, rules, notify, 'escalation', why, n);
}

/** Work of ours that failed for good must not leave people untold. */
function decideSetAside(draft: Draft, command: Extract<Command, { type: 'set_aside' }>, rules: Rules): void {
  draft.add('set_aside', `Set aside after repeated failures: ${command.what}: ${command.why}`, {
    what: command.what,
    why: command.why,
  });
  if (!isOpen(draft.incident)) return;
  if (rules.mode === 'observe') return tellObservers(draft, rules);
  if (draft.incident.step < 0 && draft.incident.deadlines.fix === undefined)
    enterStep(draft, rules, 0, 'page', { why: command.why });
  tellFallback(draft, rules, `${command.what} failed: ${command.why}`);
}

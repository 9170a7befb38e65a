import type { Actor } from '../domain/entry.ts';
import { incidentId, isOpen, type Level } from '../domain/incident.ts';
import type { Command, Refusal } from './command.ts';
import { decideJudgement } from './decide-judgement.ts';
import type { Draft } from './draft.ts';
import { enterStep, escalate, queueHandover, reopen, resolve } from './respond.ts';
import type { Rules } from './rules.ts';

type ByPerson = Extract<Command, { by: Actor }>;

/** What people do. Repeated by the same person nothing changes; what does not apply is refused with a sentence. */
export function decidePerson(draft: Draft, command: ByPerson, rules: Rules): Refusal | null {
  switch (command.type) {
    case 'acknowledge':
      return acknowledge(draft, command);
    case 'unacknowledge':
      return unacknowledge(draft, command.by, command.reason, rules);
    case 'escalate':
      return escalateByHand(draft, command, rules);
    case 'resolve':
      return resolveByHand(draft, command, rules);
    case 'reopen':
      return reopenByHand(draft, command, rules);
    case 'close':
      return close(draft, command);
    case 'note':
      draft.add('note', command.note, { note: command.note }, command.by);
      return null;
    case 'pack':
      return pack(draft, command);
    case 'assess':
    case 'prioritise':
    case 'reclassify':
    case 'step':
    case 'assign':
      return decideJudgement(draft, command, rules);
  }
}

function acknowledge(draft: Draft, command: Extract<ByPerson, { type: 'acknowledge' }>): Refusal | null {
  const { by, takeover, level = null } = command;
  const { status, acknowledgedBy } = draft.incident;
  if (!isOpen(draft.incident)) return refuse(draft, `it is ${status}, so there is nothing to acknowledge`);
  if (level !== null && level !== draft.incident.level)
    return refuse(draft, `it is with Level ${draft.incident.level} now`);
  if (status === 'acknowledged') {
    if (acknowledgedBy === by.name) return null;
    if (!takeover)
      return refuse(draft, `${acknowledgedBy} has acknowledged it already; take it over with "takeover": true`);
  }
  const text =
    status === 'acknowledged'
      ? `Taken over from ${acknowledgedBy} by ${by.name}`
      : `Acknowledged by ${by.name}: the escalation stops`;
  draft.add(
    'acknowledged',
    text,
    { takenOverFrom: status === 'acknowledged' ? acknowledgedBy : null, deadlines: { ack: null } },
    by,
  );
  return null;
}

function unacknowledge(draft: Draft, by: Actor, reason: string, rules: Rules): Refusal | null {
  if (draft.incident.status === 'triggered') return null;
  if (draft.incident.status !== 'acknowledged')
    return refuse(draft, `it is ${draft.incident.status}, not acknowledged`);
  const step = rules.policy(draft.incident.policy).steps[Math.max(draft.incident.step, 0)];
  const timeout = step?.ackTimeoutMs[draft.incident.priority] ?? null;
  const deadlines = { ack: timeout === null ? null : draft.now + timeout };
  draft.add(
    'unacknowledged',
    `Given back by ${by.name}${reason === '' ? '' : `: ${reason}`}`,
    { reason, deadlines },
    by,
  );
  return null;
}

function escalateByHand(draft: Draft, command: Extract<ByPerson, { type: 'escalate' }>, rules: Rules): Refusal | null {
  if (!isOpen(draft.incident)) return refuse(draft, `it is ${draft.incident.status}, so there is nothing to escalate`);
  if (rules.mode === 'observe') return refuse(draft, 'nobody is told while the configuration says mode: observe');
  const steps = rules.policy(draft.incident.policy).steps;
  const present = draft.incident.level;
  if (draft.incident.step < 0 && command.level === present) {
    enterStep(draft, rules, 0, 'page', { why: command.reason || `by hand, by ${command.by.name}` }); // a known fix went first
    return null;
  }
  if (command.level === present) return null;
  const wanted = command.level ?? higherLevel(steps, present);
  const target =
    wanted === null ? -1 : steps.findIndex((step, index) => step.level === wanted && index > draft.incident.step);
  if (target < 0) {
    const known = [...new Set(steps.map((step) => step.level))].join(', ');
    return refuse(
      draft,
      `it is at Level ${present} and its policy has no higher step${command.level === null ? '' : ` at Level ${command.level}`} (levels: ${known})`,
    );
  }
  const why = command.reason === '' ? `by hand, by ${command.by.name}` : command.reason;
  escalate(
    draft,
    rules,
    steps[target]?.requiresApproval === true ? 'vendor_approved' : 'manual',
    why,
    command.by,
    target,
  );
  return null;
}

function higherLevel(steps: readonly { level: Level; requiresApproval: boolean }[], present: Level): Level | null {
  const order: readonly Level[] = ['1', '2', '3', 'x'];
  const higher = steps.find((step) => !step.requiresApproval && order.indexOf(step.level) > order.indexOf(present));
  return higher?.level ?? null;
}

function resolveByHand(draft: Draft, command: Extract<ByPerson, { type: 'resolve' }>, rules: Rules): Refusal | null {
  const { status, resolvedBy } = draft.incident;
  if (status === 'resolved' && resolvedBy === command.by.name) return null;
  if (!isOpen(draft.incident))
    return refuse(draft, `it is ${status} already${status === 'resolved' ? `, by ${resolvedBy}` : ''}`);
  const reason = command.reason === '' ? '' : `: ${command.reason}`;
  resolve(draft, rules, 'person', `Resolved by ${command.by.name}${reason}`, command.by);
  return null;
}

function reopenByHand(draft: Draft, command: Extract<ByPerson, { type: 'reopen' }>, rules: Rules): Refusal | null {
  if (isOpen(draft.incident)) return null;
  if (draft.incident.status === 'closed')
    return refuse(draft, 'it is closed, and closed is final; a new firing opens a new incident');
  reopen(draft, rules, command.reason === '' ? `Reopened by ${command.by.name}` : command.reason, command.by);
  return null;
}

function close(draft: Draft, command: Extract<ByPerson, { type: 'close' }>): Refusal | null {
  if (draft.incident.status === 'closed') return null;
  if (draft.incident.status !== 'resolved') return refuse(draft, `it is ${draft.incident.status}; resolve it first`);
  const why = command.reason === '' ? `Closed by ${command.by.name}` : command.reason;
  draft.add('closed', why, { why, deadlines: { close: null, settle: null } }, command.by);
  return null;
}

/** Whatever its state: a closed one is packed for those who learn from it. */
function pack(draft: Draft, { by, reason }: Extract<ByPerson, { type: 'pack' }>): null {
  const why = `${by.name} asked for it${reason === '' ? '' : `: ${reason}`}`;
  draft.add('handover_asked', `The hand-over bundle is being packed: ${why}`, { reason }, by);
  queueHandover(draft, { level: draft.incident.level, notify: null, why }, 'handover-asked');
  return null;
}

function refuse(draft: Draft, why: string): Refusal {
  return { refused: true, detail: `${incidentId(draft.incident)}: ${why}` };
}

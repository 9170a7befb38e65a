import { CATEGORY_TITLES } from '../domain/category.ts';
import { incidentId, isOpen } from '../domain/incident.ts';
import type { Command, Refusal } from './command.ts';
import { decideOwner, handToTeam } from './decide-owner.ts';
import { onRaised, onReclassified } from './decide-observe.ts';
import type { Draft } from './draft.ts';
import { fillStep } from './procedure.ts';
import type { Rules } from './rules.ts';

type Judgement = Extract<Command, { type: 'assess' | 'prioritise' | 'reclassify' | 'step' | 'assign' }>;

/** What people find out and decide about an incident. It is on record with their name, and overrules the rules. */
export function decideJudgement(draft: Draft, command: Judgement, rules: Rules): Refusal | null {
  if (draft.incident.status === 'closed') {
    return { refused: true, detail: `${incidentId(draft.incident)}: it is closed, and closed is final` };
  }
  switch (command.type) {
    case 'assess':
      return assess(draft, command, rules);
    case 'prioritise':
      return setPriority(draft, command, rules);
    case 'reclassify':
      return reclassify(draft, command, rules);
    case 'step':
      return tick(draft, command, rules);
    case 'assign':
      return assign(draft, command, rules);
  }
}

function assess(draft: Draft, command: Extract<Judgement, { type: 'assess' }>, rules: Rules): null {
  const { by, urgency, impact, observations, openQuestions } = command;
  const parts = [urgency === null ? '' : `urgency ${urgency}`, impact, observations].filter((part) => part !== '');
  draft.add(
    'assessed',
    `Assessed by ${by.name}: ${parts.join('; ') || 'no findings yet'}`,
    { urgency, impact, observations, openQuestions },
    by,
  );
  const before = draft.incident;
  if (urgency === null || urgency === before.urgency) return null;
  const { priority } = rules.prioritise(before, urgency);
  const reasons = [`${by.name} assessed the urgency as ${urgency}`];
  draft.add('prioritised', `Priority ${priority}: ${reasons[0]}`, { priority, urgency, reasons }, by);
  if (isOpen(before) && priority < before.priority) onRaised(draft, rules, before, 'person');
  return null;
}

function setPriority(draft: Draft, command: Extract<Judgement, { type: 'prioritise' }>, rules: Rules): null {
  const { by, priority, reason } = command;
  const before = draft.incident;
  if (priority === before.priority) return null;
  const reasons = [reason === '' ? `set by ${by.name}` : `${by.name}: ${reason}`];
  draft.add('prioritised', `Priority ${priority}: ${reasons[0]}`, { priority, urgency: before.urgency, reasons }, by);
  if (isOpen(before) && priority < before.priority) onRaised(draft, rules, before, 'person');
  return null;
}

function reclassify(draft: Draft, command: Extract<Judgement, { type: 'reclassify' }>, rules: Rules): null {
  const { by, category, reason } = command;
  const before = draft.incident.classification;
  if (before.method === 'person' && before.category === category) return null;
  const grounds = reason === '' ? `${by.name} decided so` : `${by.name}: ${reason}`;
  const alternatives = [{ category: before.category, confidence: before.confidence }];
  const text = `${CATEGORY_TITLES[category]} instead of ${CATEGORY_TITLES[before.category]}: ${grounds}`;
  draft.add(
    'classified',
    text,
    { category, confidence: 1, method: 'person', reasons: [grounds, ...before.reasons].slice(0, 4), alternatives },
    by,
  );
  if (category !== before.category) decideOwner(draft, rules);
  if (isOpen(draft.incident) && rules.mode !== 'observe' && category !== before.category) onReclassified(draft, rules);
  return null;
}

function tick(draft: Draft, command: Extract<Judgement, { type: 'step' }>, rules: Rules): Refusal | null {
  const { by, id, done } = command;
  const { category } = draft.incident.classification;
  const step = rules.procedure(category).find((one) => one.id === id);
  if (step === undefined) {
    return {
      refused: true,
      detail: `${incidentId(draft.incident)}: the procedure for ${category} has no step "${id}"`,
    };
  }
  if (done === Object.hasOwn(draft.incident.ticks, id)) return null;
  const { text } = fillStep(step, draft.incident);
  draft.add('procedure_step', `${done ? 'Done' : 'Not done after all'}: ${text}`, { id, text, done }, by);
  return null;
}

/** To a person, or to a team, which then owns it whatever the rules say. */
function assign(draft: Draft, { by, owner }: Extract<Judgement, { type: 'assign' }>, rules: Rules): null {
  if (owner === draft.incident.owner) return null;
  draft.add('assigned', owner === null ? `Nobody in particular owns it now` : `${owner} owns it now`, { owner }, by);
  if (owner !== null && rules.isTeam(owner)) handToTeam(draft, rules, owner, by);
  return null;
}

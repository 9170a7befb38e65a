import { CATEGORIES, CATEGORY_TITLES } from '../domain/category.ts';
import { isOpen, LEVELS, type Incident } from '../domain/incident.ts';
import { PRIORITIES } from '../domain/priority.ts';
import { choiceField, foldedForm, keptOf, lineField, textField, type FormContext } from './forms.ts';
import { html, type Html } from './html.ts';

/** What a responder may do, as it applies now. Each is a form of its own that works without a script. */
export function actions(incident: Incident, context: FormContext): Html | null {
  if (!context.visitor.mayAct) return null;
  const open = isOpen(incident);
  const { status, acknowledgedBy } = incident;
  return html`<section id="actions" aria-labelledby="actions-title">
    <h2 id="actions-title" tabindex="-1">Do</h2>
    ${note(context)} ${open && resolve(context)} ${open && escalate(incident, context)}
    ${status !== 'closed' && assess(incident, context)} ${status !== 'closed' && reclassify(incident, context)}
    ${status !== 'closed' && prioritise(incident, context)} ${open && assign(incident, context)} ${pack(context)}
    ${status === 'acknowledged' && giveBack(acknowledgedBy ?? '', context)} ${status === 'resolved' && reopen(context)}
    ${status === 'resolved' && close(context)}
    ${status === 'closed' && html`<p class="quiet">It is closed, and closed is final; a new firing opens a new incident.</p>`}
  </section>`;
}

function note(context: FormContext): Html {
  const content = html`${textField(context, 'note', 'note', 'What you saw or did', { required: true, rows: 3 })}
    <button type="submit">Put it on record</button>`;
  return foldedForm(context, 'note', 'Write a note', content);
}

function resolve(context: FormContext): Html {
  const content = html`${textField(context, 'resolve', 'reason', 'What solved it')}
    <button type="submit">Resolve</button>
    <p class="quiet small">Everybody who was told hears of it. If it fires on, it opens again.</p>`;
  return foldedForm(context, 'resolve', 'Resolve', content);
}

function escalate(incident: Incident, context: FormContext): Html {
  const higher = LEVELS.slice(LEVELS.indexOf(incident.level) + 1);
  const choices = [
    ['', 'the next one'] as const,
    ...higher.map((level) => [level, `Level ${level.toUpperCase()}`] as const),
  ];
  const content = html`${choiceField('level', 'To', choices, keptOf(context, 'escalate', 'level'))}
    ${textField(context, 'escalate', 'reason', 'Why')}
    <button type="submit">Escalate</button>
    <p class="quiet small">They get the hand-over bundle. Nobody has to justify a hand-over.</p>`;
  return foldedForm(context, 'escalate', 'Escalate', content);
}

function assess(incident: Incident, context: FormContext): Html {
  const before = incident.assessment;
  const urgencies = [
    ['', `as it is (${incident.urgency})`],
    ['high', 'high'],
    ['medium', 'medium'],
    ['low', 'low'],
  ] as const;
  const content = html`${choiceField('urgency', 'Urgency', urgencies, keptOf(context, 'assess', 'urgency'))}
    ${textField(context, 'assess', 'impact', 'Who or what is affected', { present: before?.impact ?? '' })}
    ${textField(context, 'assess', 'observations', 'First observations', { present: before?.observations ?? '' })}
    ${textField(context, 'assess', 'openQuestions', 'Open questions', { present: before?.openQuestions ?? '' })}
    <button type="submit">Put it on record</button>`;
  return foldedForm(context, 'assess', 'Assess', content);
}

function reclassify(incident: Incident, context: FormContext): Html {
  const choices = CATEGORIES.filter((category) => category !== 'unclassified').map(
    (category) => [category, CATEGORY_TITLES[category]] as const,
  );
  const present = keptOf(context, 'reclassify', 'category') || incident.classification.category;
  const content = html`${choiceField('category', 'Category', choices, present)}
    ${lineField(context, 'reclassify', 'reason', 'Why')} <button type="submit">Change the category</button>`;
  return foldedForm(context, 'reclassify', 'Change the category', content);
}

function prioritise(incident: Incident, context: FormContext): Html {
  const choices = PRIORITIES.map((priority) => [priority, priority] as const);
  const content = html`${choiceField('priority', 'Priority', choices, keptOf(context, 'prioritise', 'priority') || incident.priority)}
    ${lineField(context, 'prioritise', 'reason', 'Why')} <button type="submit">Change the priority</button>`;
  return foldedForm(context, 'prioritise', 'Change the priority', content);
}

function assign(incident: Incident, context: FormContext): Html {
  const content = html`<label class="field">
      <span>Who owns it (empty: nobody in particular)</span>
      <input
        name="assignee"
        value="${keptOf(context, 'assign', 'assignee') || (incident.owner ?? '')}"
        maxlength="128"
        spellcheck="false"
      />
    </label>
    <button type="submit">Assign</button>`;
  return foldedForm(context, 'assign', 'Assign', content);
}

function pack(context: FormContext): Html {
  const content = html`${lineField(context, 'handover', 'reason', 'What for')}
    <button type="submit">Pack it</button>
    <p class="quiet small">One file with the logs, the timeline and what was tried. Nobody is told.</p>`;
  return foldedForm(context, 'handover', 'Pack the hand-over bundle', content);
}

function giveBack(from: string, context: FormContext): Html {
  const own = from === context.visitor.name;
  const content = html`${lineField(context, 'unacknowledge', 'reason', 'Why')}
    <button type="submit">Give it back</button>
    <p class="quiet small">It is open to all again, and escalates when nobody takes it.</p>`;
  return foldedForm(context, 'unacknowledge', own ? 'Give it back' : `Give it back for ${from}`, content);
}

function reopen(context: FormContext): Html {
  const content = html`${lineField(context, 'reopen', 'reason', 'Why')} <button type="submit">Reopen</button>`;
  return foldedForm(context, 'reopen', 'Reopen', content);
}

function close(context: FormContext): Html {
  const content = html`${lineField(context, 'close', 'reason', 'Why')}
    <button type="submit">Close for good</button>
    <p class="quiet small">Closed is final; it closes by itself after a while, too.</p>`;
  return foldedForm(context, 'close', 'Close', content);
}

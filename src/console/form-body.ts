import type { Verb } from '../http/verbs.ts';

/** Fields of a form that are not the verb's. */
const OURS: ReadonlySet<string> = new Set(['csrf', 'back']);
/** What a form can only say as text. An empty choice means that nothing was chosen. */
const BOOLEANS: ReadonlySet<string> = new Set(['takeover', 'done']);
const OPTIONAL: ReadonlySet<string> = new Set(['urgency', 'level', 'assignee']);

/** The text fields of a form as it was sent. */
export function formFields(body: unknown): Readonly<Record<string, string>> {
  if (typeof body !== 'object' || body === null) return {};
  const entries = Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(entries);
}

/** A form of the console as the body that the API takes for this verb. @param by whose name goes on record */
export function verbBody(fields: Readonly<Record<string, string>>, by: string): Record<string, unknown> {
  const body: Record<string, unknown> = { by };
  for (const [name, text] of Object.entries(fields)) {
    if (OURS.has(name) || name === 'by') continue;
    if (BOOLEANS.has(name)) body[name] = text === 'true';
    else if (OPTIONAL.has(name)) body[name] = text === '' ? null : text;
    else body[name] = text.replaceAll('\r\n', '\n').trim();
  }
  return body;
}

/** What is said after a verb was done; the address names the verb only, so that nobody can put words there. */
export const DONE: Readonly<Record<Verb, string>> = {
  acknowledge: 'It is yours, and the escalation stops.',
  unacknowledge: 'Given back. It is open to everybody again.',
  escalate: 'Escalated. The next level is being told.',
  handover: 'The hand-over bundle is being packed; it stands under Escalations in a moment.',
  resolve: 'Resolved. Everybody who was told hears of it.',
  reopen: 'Open again.',
  close: 'Closed.',
  note: 'Your note is on record.',
  assess: 'Your assessment is on record.',
  prioritise: 'The priority is changed.',
  reclassify: 'The category is changed.',
  step: 'The procedure is up to date.',
  assign: 'Assigned.',
};

import { incidentId, type Incident } from '../../domain/incident.ts';
import { line } from './mrkdwn.ts';
import type { DecisionPress, KnownPerson } from './interaction.ts';

/** What the rest of the house does for a decision about a proposed fix; the same request as that of API and console. */
export interface DecisionParts {
  readonly people: readonly KnownPerson[];
  /** Whether an account of this name may approve fixes. */
  mayApprove(name: string): Promise<boolean>;
  decide(request: {
    readonly action: 'approve' | 'deny';
    readonly number: number;
    readonly attempt: string;
    readonly hash: string;
    readonly by: string;
    readonly reason: string;
  }): Promise<{ readonly outcome: 'done' } | { readonly outcome: 'refused' | 'not_found'; readonly detail: string }>;
}

/**
 * Does what the button of a proposed fix asks for. Slack vouches for a member's id alone, so only whom the configuration
 * names by it decides, and only with an account that may approve: a name in Slack is of its bearer's choosing.
 * @returns what to say to the one who pressed
 */
export async function decidePress(parts: DecisionParts, press: DecisionPress, incident: Incident): Promise<string> {
  const id = incidentId(incident);
  const person = parts.people.find(({ slack }) => slack === press.user.id);
  if (person === undefined)
    return `Not done: only people of the configuration decide about fixes; put \`slack: ${press.user.id}\` beside your name under \`people\`, or decide on the page of ${id}.`;
  const name = line(person.name, 80);
  if (!(await parts.mayApprove(person.name)))
    return `Not done: ${name} may not approve fixes. That takes an account of this name: tierbell token create ${name} --role approver`;
  if (press.level !== null && press.level !== incident.level)
    return `Not done: ${id} is with Level ${incident.level} now; decide on its page.`;
  const { what: action, attempt, hash } = press;
  const request = { action, number: incident.number, attempt, hash, by: person.name, reason: 'in Slack' };
  const answer = await parts.decide(request);
  if (answer.outcome !== 'done') return `Not done. ${answer.detail}`;
  return action === 'approve'
    ? `Approved by you, ${name}. It runs now, if every guard still lets it.`
    : `Turned down by you, ${name}. It does not run.`;
}

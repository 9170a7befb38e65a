import { incidentId, type Incident } from '../../domain/incident.ts';
import type { NoticePurpose } from '../../domain/job.ts';
import { cleanLine } from '../../domain/text.ts';
import { CONFIDENTIAL_TITLE } from '../../incidents/confidential.ts';
import type { Notice, NoticeLink } from '../channel.ts';
import { isTheirTurn, wanted } from './facts.ts';
import type { NoticeInput } from './notice-input.ts';

/** What is asked of the reader; nothing, for those who only must know. */
const ASKS: ReadonlySet<NoticePurpose> = new Set(['page', 'escalation', 'reopened', 'fallback']);

/**
 * For channels that are not those of a confidential team: that there is an incident, whose it is, and that the console
 * has it. No title, label, log line, reason, file or category. Pure.
 */
export function discreetNotice(input: NoticeInput): Notice {
  const { id, purpose, incident, level, at } = input;
  const { uid, status, priority, severity, acknowledgedBy, acknowledgedAt, resolvedBy, resolvedAt } = incident;
  const name = incidentId(incident);
  const team = cleanLine(incident.team, 63);
  const asks = ASKS.has(purpose) && isTheirTurn(input);
  const state = { status, level: incident.level, priority, severity };
  return {
    ...{ id, purpose, uid, at, incident: name, attachments: [], sections: [], thread: input.thread ?? null },
    subject: `[${name}] ${CONFIDENTIAL_TITLE}`,
    headline: cleanLine(`${newsOf(input, `${name} of team ${team}`)}${askOf(asks, incident, at)}`, 600),
    facts: [
      ['Team', team],
      ['Level', level],
      ['Priority', priority],
    ],
    links: linksOf(input, name, asks),
    hint: `Its details are for team ${team}: open ${name} in the console to read on.`,
    state: { ...state, acknowledgedBy, acknowledgedAt, resolvedBy, resolvedAt },
    asks,
    payload: {
      id: name,
      uid,
      title: CONFIDENTIAL_TITLE,
      confidential: true,
      status,
      level: incident.level,
      priority,
      team,
    },
  };
}

function newsOf({ purpose, level, incident }: NoticeInput, what: string): string {
  switch (purpose) {
    case 'page':
      return `Level ${level}: ${what} is confidential.`;
    case 'escalation':
      return `${what} comes to Level ${level}; it is confidential.`;
    case 'reopened':
      return `Level ${level}: ${what} is open again; it is confidential.`;
    case 'resolved':
      return `${what} is resolved.`;
    case 'fallback':
      return `Perhaps nobody knows of ${what}, which is confidential: reach that team, or whoever is at Level ${incident.level}.`;
    default:
      return `For your information: ${what} is ${incident.status} at Level ${incident.level}; it is confidential.`;
  }
}

function askOf(asks: boolean, incident: Incident, now: number): string {
  return asks ? ` Please ${wanted(incident, now)}.` : '';
}

function linksOf({ ackUrl, consoleUrl }: NoticeInput, name: string, asks: boolean): NoticeLink[] {
  const open = consoleUrl === null ? [] : [{ title: `Open ${name}`, url: consoleUrl, ours: true }];
  if (!asks || ackUrl === null) return open;
  return [{ title: `Acknowledge ${name}`, url: ackUrl, ours: true, acknowledges: true }, ...open];
}

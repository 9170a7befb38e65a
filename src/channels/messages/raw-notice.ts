import { incidentId } from '../../domain/incident.ts';
import { cleanLine } from '../../domain/text.ts';
import type { Notice } from '../channel.ts';
import type { NoticeInput } from './notice-input.ts';

/** What is sent where the wording itself breaks: bare, but people are told. Nothing that could have broken is used. */
export function rawNotice(
  { id, purpose, incident, why, at, consoleUrl, thread }: NoticeInput,
  problem: string,
): Notice {
  const { uid, status, level, priority, severity, acknowledgedBy, acknowledgedAt, resolvedBy, resolvedAt } = incident;
  const name = incidentId(incident);
  const headline = `${incident.title} (${status}, Level ${level}, ${priority})${why === '' ? '' : `: ${why}`}`;
  return {
    ...{ id, purpose, uid, at, incident: name, facts: [], attachments: [] },
    subject: cleanLine(`[${name}] ${incident.title}`, 180),
    headline: cleanLine(headline, 1500),
    sections: [
      { title: 'This message is bare', text: `It could not be worded: ${cleanLine(problem, 300)}`, code: false },
    ],
    links: consoleUrl === null ? [] : [{ title: name, url: consoleUrl, ours: true }],
    hint: `To acknowledge, type: tierbell incident ack ${name}`,
    state: { status, level, priority, severity, acknowledgedBy, acknowledgedAt, resolvedBy, resolvedAt },
    asks: status === 'triggered',
    thread: thread ?? null,
    payload: { id: name, uid, title: incident.title, status, level, priority, severity },
  };
}

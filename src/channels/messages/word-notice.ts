import { incidentId, proposedAttempt, type Incident } from '../../domain/incident.ts';
import type { NoticePurpose } from '../../domain/job.ts';
import { cleanLine } from '../../domain/text.ts';
import { incidentView } from '../../incidents/incident-view.ts';
import type { Attachment, Notice, NoticeProposal, NoticeState } from '../channel.ts';
import { wordEscalation } from './escalation.ts';
import { factsOf, isTheirTurn } from './facts.ts';
import { wordFallback } from './fallback.ts';
import { wordEvidence, wordResolved } from './follow-ups.ts';
import { wordInform } from './inform.ts';
import { linksOf } from './links.ts';
import type { NoticeInput, Wording } from './notice-input.ts';
import { wordObserved } from './observed.ts';
import { wordPage, wordReopened } from './page.ts';

const WORDINGS: Readonly<Record<NoticePurpose, (input: NoticeInput) => Wording>> = {
  page: wordPage,
  escalation: wordEscalation,
  evidence: wordEvidence,
  resolved: wordResolved,
  reopened: wordReopened,
  inform: wordInform,
  fallback: wordFallback,
  observed: wordObserved,
};

/** Words a message for people and machines from what stands on record. Pure: the same input gives the same notice. */
export function wordNotice(input: NoticeInput): Notice {
  const { id, purpose, incident, alerts, at } = input;
  const wording = WORDINGS[purpose](input);
  const asks = wording.asks && isTheirTurn(input);
  const links = linksOf(input, asks);
  return {
    id,
    purpose,
    uid: incident.uid,
    incident: incidentId(incident),
    subject: cleanLine(`[${incidentId(incident)}] ${incident.title}`, 180),
    headline: cleanLine(wording.headline, 1500),
    facts: factsOf(input),
    sections: wording.sections,
    links,
    hint: hintOf(input, { ...wording, asks }),
    attachments: attachmentsOf(input),
    state: stateOf(incident),
    asks,
    proposal: proposalOf(incident),
    thread: input.thread ?? null,
    payload: incidentView(incident, {
      ...{ alerts, situation: input.situation ?? null, full: true },
      links: links.map(({ title, url }) => ({ title, url })),
    }),
    at,
  };
}

function proposalOf(incident: Incident): NoticeProposal | null {
  const proposed = proposedAttempt(incident);
  if (proposed === null) return null;
  const { id, hash, title, reasons } = proposed;
  return { attempt: id, hash, title: cleanLine(title, 120), shown: cleanLine(reasons[0] ?? '', 4000) };
}

function stateOf(incident: Incident): NoticeState {
  const { status, level, priority, severity, acknowledgedBy, acknowledgedAt, resolvedBy, resolvedAt } = incident;
  return { status, level, priority, severity, acknowledgedBy, acknowledgedAt, resolvedBy, resolvedAt };
}

/** How to act without a link; and where the configuration gives none, that this is why. */
function hintOf({ incident, ackUrl, consoleUrl }: NoticeInput, { asks, hint }: Wording): string {
  const noLinks = ackUrl === null && consoleUrl === null;
  const why = noLinks ? ' (This message holds no links, because the bridge runs without --web.external-url.)' : '';
  if (!asks) return `${hint}${hint === '' ? '' : why}`;
  const command = `tierbell incident ack ${incidentId(incident)}`;
  return ackUrl === null ? `To acknowledge, type: ${command}${why}` : `Or type: ${command}`;
}

function attachmentsOf({ bundle, bundleUrl, incident }: NoticeInput): Attachment[] {
  if (bundle === null) return [];
  const address = bundleUrl ?? `/api/v1/incidents/${incidentId(incident)}/handover.zip?n=${bundle.n} of the bridge`;
  const elsewhere = `Fetch it from ${address}; its SHA-256 is ${bundle.sha256}.`;
  const { name, content, meeting } = bundle;
  const invitation: Attachment[] =
    meeting === null
      ? []
      : [
          {
            name: 'meeting.ics',
            contentType: 'text/calendar; charset=utf-8',
            content: new TextEncoder().encode(meeting),
            elsewhere: 'It also lies in the handover bundle, as meeting.ics.',
          },
        ];
  return [{ name, contentType: 'application/zip', content, elsewhere }, ...invitation];
}

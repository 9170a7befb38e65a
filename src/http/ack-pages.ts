import { sayExactly } from '../domain/moment.ts';
import { randomBytes } from 'node:crypto';
import { Router } from 'express';
import { html, type Html } from '../console/html.ts';
import { page } from '../console/page.ts';
import { age, statusBadge } from '../console/words.ts';
import { CATEGORY_TITLES } from '../domain/category.ts';
import { incidentId, isOpen, nextStep, type Incident, type Level } from '../domain/incident.ts';
import type { Engine } from '../engine/engine.ts';
import type { CommandResult } from '../engine/messages.ts';
import type { ReadModel } from '../store/read-model.ts';
import { CONFIDENTIAL_TITLE } from '../incidents/confidential.ts';
import type { Confidential } from './details.ts';
import { takeForm } from './take-body.ts';
import { readAckToken, readConfirm, signConfirm } from './ack-token.ts';

export interface AckParts {
  readonly read: ReadModel;
  readonly engine: Pick<Engine, 'command'>;
  readonly secret: Buffer;
  readonly now: () => number;
  readonly confidential: Confidential;
}

/**
 * `/ack/<token>`, the link in a message. Looking at it changes nothing, because mail scanners look; and they post too, so
 * only a POST that carries the one-time value of a page that was shown acts. The actor is whom the link was sent to.
 */
export function createAckPages(parts: AckParts): Router {
  const pages = Router();
  pages.get('/:token', async (req, res) => {
    const answer = await show(parts, req.params.token, '');
    res.status(answer.status).type('html').send(answer.body);
  });
  pages.use(takeForm(FORM_MAX));
  pages.post('/:token', async (req, res) => {
    const answer = await act(parts, req.params.token, (req.body as { confirm?: unknown } | undefined)?.confirm);
    res.status(answer.status).type('html').send(answer.body);
  });
  return pages;
}

const FORM_MAX = 8_000;

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function act(parts: AckParts, token: string, confirm: unknown): Promise<Answer> {
  const link = readAckToken(parts.secret, token, parts.now());
  const once = typeof confirm === 'string' ? readConfirm(parts.secret, token, confirm, parts.now()) : null;
  if (link === null || link === 'expired' || once === null)
    return show(
      parts,
      token,
      link === null || link === 'expired' ? '' : 'Nothing was done yet: press the button to acknowledge.',
    );
  const by = { kind: 'person' as const, name: link.reader };
  const result = await parts.engine.command({
    number: link.number,
    command: { type: 'acknowledge', by, takeover: false, level: link.level },
    spend: once,
  });
  return show(parts, token, said(result));
}

function said(result: CommandResult): string {
  switch (result.outcome) {
    case 'done':
      return 'Done: it is yours, and the escalation stops.';
    case 'refused':
      return `Not done. ${result.detail}.`;
    case 'spent':
      return 'This form was sent already; here is how it stands.';
    case 'not_found':
      return 'This incident is gone.';
  }
}

async function show(parts: AckParts, token: string, note: string): Promise<Answer> {
  const link = readAckToken(parts.secret, token, parts.now());
  if (link === 'expired')
    return plain(
      410,
      'This link is too old',
      'Links in messages are good for 7 days. Look for the incident in the list, or type: tierbell incident show INC-…',
    );
  const incident = link === null ? null : await parts.read.byUid(link.uid);
  if (link === null || incident === null)
    return plain(
      404,
      'This link is not ours',
      'It may have been cut in the message. Copy the whole address, look in the list, or type: tierbell incident list',
    );
  const id = incidentId(incident);
  const confirm = signConfirm(parts.secret, token, randomBytes(9).toString('hex'), parts.now());
  // Whoever holds the link reads it, and the link goes to channels that may not carry what it is about.
  const hidden = parts.confidential(incident);
  const title = hidden ? CONFIDENTIAL_TITLE : incident.title;
  const body = html`<p class="id">${id}</p>
    <h1>${title}</h1>
    <p>${statusBadge(incident.status)}</p>
    ${note !== '' && html`<p class="note" role="status">${note}</p>`} ${facts(incident, hidden, parts.now())}
    ${
      isPast(incident, link.level)
        ? html`<p class="note" role="status">${nowWith(incident)}</p>`
        : form(incident, link.reader, confirm)
    }
    <p><a href="/incidents/${id}">The whole incident, with evidence and procedure</a></p>`;
  return { status: 200, body: page(`${id} – ${title}`, body) };
}

/** The link was sent to a level whose turn is over: pressing it must not acknowledge for the level that has it now. */
function isPast(incident: Incident, level: Level | null): boolean {
  return level !== null && level !== incident.level && isOpen(incident);
}

function nowWith({ level, escalations, acknowledgedBy }: Incident): string {
  const at = escalations.findLast(({ to }) => to === level)?.at ?? null;
  const since = at === null ? '' : `, since ${sayExactly(at, '')}`;
  const who = acknowledgedBy === null ? 'nobody has acknowledged it yet' : `acknowledged by ${acknowledgedBy}`;
  return `This is with Level ${level} now${since}; ${who}. Nothing was done. To take part, open the incident below.`;
}

function facts(incident: Incident, hidden: boolean, now: number): Html {
  const next = nextStep(incident);
  return html`<dl>
    <dt>Level</dt>
    <dd>${incident.level}, ${incident.priority}, severity ${incident.severity}</dd>
    <dt>Since</dt>
    <dd>${age(incident.startsAt, now)} (${sayExactly(incident.startsAt)})</dd>
    ${
      hidden
        ? html`<dt>Team</dt>
            <dd>${incident.team}</dd>`
        : html`<dt>Category</dt>
            <dd>${CATEGORY_TITLES[incident.classification.category]}</dd>`
    }
    ${
      incident.acknowledgedBy !== null &&
      html`<dt>Acknowledged</dt>
        <dd>by ${incident.acknowledgedBy}, ${sayExactly(incident.acknowledgedAt, '')}</dd>`
    }
    ${
      incident.resolvedAt !== null &&
      html`<dt>Resolved</dt>
        <dd>by ${incident.resolvedBy ?? ''}, ${sayExactly(incident.resolvedAt, '')}</dd>`
    }
    ${
      next !== null &&
      html`<dt>Next</dt>
        <dd>${next.action}, ${age(next.at, now)} (${sayExactly(next.at)})</dd>`
    }
  </dl>`;
}

function form(incident: Incident, reader: string, confirm: string): Html | null {
  if (!isOpen(incident) || incident.status === 'acknowledged') return null;
  return html`<form method="post">
    <input type="hidden" name="confirm" value="${confirm}" />
    <button type="submit">Acknowledge as ${reader}</button>
  </form>`;
}

function plain(status: number, title: string, text: string): Answer {
  return {
    status,
    body: page(
      title,
      html`<h1>${title}</h1>
        <p>${text}</p>
        <p><a href="/">All incidents</a></p>`,
    ),
  };
}

import { incidentId, proposedAttempt, type Incident } from '../domain/incident.ts';
import { ATTEMPT_SENTENCES } from '../domain/sentences.ts';
import type { DecisionLink } from '../http/decision-token.ts';
import { nameField } from './forms.ts';
import { html, type Html } from './html.ts';
import { page } from './page.ts';
import { mayApprove, type Visitor } from './visitor.ts';

export interface DecisionPageOptions {
  readonly link: DecisionLink;
  readonly incident: Incident;
  readonly visitor: Visitor;
  /** What became of a decision, or why there was none; '' at first. */
  readonly note: string;
}

/** The page behind a link in a message: what exactly would run, and yes or no where the visitor may say so. */
export function decisionPage(options: DecisionPageOptions): string {
  const { incident, link, note } = options;
  const id = incidentId(incident);
  const attempt = incident.attempts.find((one) => one.id === link.attempt);
  const body = html`<p class="id">${id}</p>
    <h1>${incident.title}</h1>
    ${note !== '' && html`<p class="note" role="status">${note}</p>`}
    ${
      attempt !== undefined &&
      html`<dl>
        <dt>Incident</dt>
        <dd>${incident.status}, Level ${incident.level.toUpperCase()}, ${incident.priority}</dd>
        <dt>Known fix</dt>
        <dd>${attempt.title}, ${attempt.fix}${attempt.target !== '' && html` on <b>${attempt.target}</b>`}</dd>
        <dt>State</dt>
        <dd>
          ${ATTEMPT_SENTENCES[attempt.state]}${attempt.decidedBy !== undefined && `, decided by ${attempt.decidedBy}`}
        </dd>
      </dl>`
    }
    ${closedBecause(options) === '' ? ask(options) : html`<p class="note">${closedBecause(options)}</p>`}
    <p><a href="/incidents/${id}#fixes">The whole incident, with evidence and guards</a></p>`;
  return page(`${id} – ${incident.title}`, body);
}

/** Why there is nothing to decide for this visitor; '' where there is. */
export function closedBecause({ incident, link, visitor }: Omit<DecisionPageOptions, 'note'>): string {
  const proposed = proposedAttempt(incident);
  if (proposed === null || proposed.id !== link.attempt)
    return 'It no longer waits for a decision; the link is used up.';
  if (proposed.hash !== link.hash)
    return 'What would run has changed since this link was sent; a newer message has the newer one.';
  if (incident.level !== link.level)
    return `This is with Level ${incident.level} now, and the link was sent to Level ${link.level}. Decide on the page of the incident.`;
  return mayApprove(visitor)
    ? ''
    : `An approver decides, and you (${visitor.name}) are ${visitor.role ?? 'nobody known'}.`;
}

function ask({ incident, link, visitor }: DecisionPageOptions): Html {
  const shown = proposedAttempt(incident)?.reasons ?? [];
  const form = (decision: string, content: Html): Html =>
    html`<form method="post" class="stack">
      <input type="hidden" name="csrf" value="${visitor.csrf}" />
      <input type="hidden" name="decision" value="${decision}" />
      ${visitor.name === '' && nameField(link.reader)} ${content}
    </form>`;
  const why = html`<label class="field"><span>Why</span><input name="reason" maxlength="4000" /></label>`;
  return html`<p>This would run:</p>
    <ul class="reasons">
      ${shown.map((line) => html`<li><code>${line}</code></li>`)}
    </ul>
    ${form('approve', html`<button type="submit">Approve: run exactly this</button>`)}
    <details class="fold">
      <summary>Turn it down</summary>
      ${form('deny', html`${why} <button type="submit" class="is-second">Turn it down</button>`)}
    </details>`;
}

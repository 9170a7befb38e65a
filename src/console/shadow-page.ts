import { incidentId } from '../domain/incident.ts';
import { countKinds, differing, type ShadowFinding, type ShadowReport } from '../shadow/report.ts';
import { html, type Html } from './html.ts';
import { shell } from './shell.ts';
import type { Visitor } from './visitor.ts';
import { age, breakable } from './words.ts';

export interface ShadowPageOptions {
  readonly report: ShadowReport;
  readonly visitor: Visitor;
  readonly now: number;
}

/** So many incidents on the page, the newest ones. */
const SHOWN = 100;

/** `GET /shadow`: what the shadow rules would have decided otherwise, incident by incident. */
export function shadowPage({ report, visitor, now }: ShadowPageOptions): string {
  const different = differing(report);
  const content = html`<p><a href="/">All incidents</a></p>
    <h1>Shadow rules</h1>
    ${summary(report, different.length)} ${kinds(report)}
    ${different.slice(0, SHOWN).map((finding) => section(finding, now))}
    ${different.length > SHOWN && html`<p class="quiet">The newest ${SHOWN} of ${different.length} are shown.</p>`}
    ${skipped(report)}`;
  return shell({
    ...{ title: 'Shadow rules – Tierbell', visitor, now, said: null, here: '/shadow', follows: '', content },
  });
}

function summary({ rules, findings, behind, trouble }: ShadowReport, different: number): Html {
  return html`<p>
      The rules in <code>${rules}</code> run beside the present ones and act on nothing. Of the newest
      ${findings.length} incidents they would have decided
      <b>${different}</b> otherwise${behind > 0 && html`; ${behind} wait to be compared`}.
    </p>
    ${trouble !== '' && html`<p class="said is-bad" role="alert">Nothing is compared at the moment: ${trouble}.</p>`}`;
}

function kinds({ findings }: ShadowReport): Html | null {
  const counted = [...countKinds(findings)].filter(([, count]) => count > 0);
  if (counted.length === 0) return null;
  return html`<p class="quiet">
    Incidents by what differs: ${counted.map(([kind, count]) => `${kind} ${count}`).join(', ')}
  </p>`;
}

function section({ number, title, openedAt, differences }: ShadowFinding, now: number): Html {
  const id = incidentId({ number });
  return html`<section>
    <h2><a href="/incidents/${id}">${id}</a> ${breakable(title)}</h2>
    <p class="quiet">opened ${age(openedAt, now)}</p>
    ${sideBySide(differences)}
  </section>`;
}

/** On the page of an incident: what the shadow rules would have decided otherwise there. */
export function shadowSection(finding: ShadowFinding | null): Html | null {
  if (finding === null || finding.differences.length === 0) return null;
  return html`<section id="shadow" aria-labelledby="shadow-title">
    <h2 id="shadow-title" tabindex="-1">Shadow rules</h2>
    <p>They act on nothing, and would have decided otherwise here. <a href="/shadow">All that they differ in</a></p>
    ${sideBySide(finding.differences)}
  </section>`;
}

function sideBySide(differences: ShadowFinding['differences']): Html {
  return html`<table class="beside">
    <thead>
      <tr>
        <th scope="col">What</th>
        <th scope="col">Present rules</th>
        <th scope="col">Shadow rules</th>
      </tr>
    </thead>
    <tbody>
      ${differences.map(
        ({ kind, before, after }) =>
          html`<tr>
            <th scope="row">${kind}</th>
            <td>${before ?? 'none'}</td>
            <td>${after ?? 'none'}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function skipped({ skipped: left }: ShadowReport): Html | null {
  if (left.length === 0) return null;
  return html`<details>
    <summary>${left.length} could not be compared</summary>
    <ul>
      ${left.slice(0, SHOWN).map(({ number, why }) => html`<li>${incidentId({ number })}: ${why}</li>`)}
    </ul>
  </details>`;
}

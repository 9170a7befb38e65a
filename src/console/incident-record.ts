import { label, type Labels } from '../domain/alert.ts';
import { incidentId, type Incident } from '../domain/incident.ts';
import { ESCALATION_SENTENCES } from '../domain/sentences.ts';
import type { WireEntry } from '../incidents/timeline.ts';
import type { StoredAlert, StoredBundle } from '../store/read-model.ts';
import { html, type Html } from './html.ts';
import type { IncidentPageOptions } from './incident-page.ts';
import { age, badge, breakable, clock, count, outwardLink } from './words.ts';

/** What went on record: escalations, who was told, the alerts, the timeline. */

export function escalationSection({ incident, bundle, now }: IncidentPageOptions): Html {
  const { escalations, escalationsLeftOut = 0 } = incident;
  return html`<section id="escalations" aria-labelledby="escalations-title">
    <h2 id="escalations-title" tabindex="-1">Escalations</h2>
    ${
      escalations.length === 0
        ? html`<p class="empty">None. It is at Level ${incident.level.toUpperCase()}, where it began.</p>`
        : html`<ol class="plain-list">
            ${escalations.toReversed().map(
              ({ from, to, reason, at, by }) =>
                html`<li>
                  <b>${from === to ? `Level ${to} again` : `Level ${from.toUpperCase()} → ${to.toUpperCase()}`}</b>:
                  ${ESCALATION_SENTENCES[reason]}
                  <span class="quiet small">${by}, ${age(at, now)}</span>
                </li>`,
            )}
          </ol>`
    }
    ${
      escalationsLeftOut > 0 &&
      html`<p class="quiet small">
        ${escalationsLeftOut} more came between the first and these; each is in the timeline.
      </p>`
    }
    ${
      bundle !== null &&
      html`<p class="links">
        ${bundleLink(incident, bundle)}
        <span class="quiet small">${size(bundle.bytes)}, packed ${clock(bundle.createdAt, now)} UTC</span>
      </p>`
    }
  </section>`;
}

/** The newest hand-over bundle, to take along. */
export function bundleLink(incident: Incident, { n }: StoredBundle): Html {
  return html`<a href="/api/v1/incidents/${incidentId(incident)}/handover.zip?n=${n}" download
    >Hand-over bundle ${n}</a
  >`;
}

function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const PURPOSES: Readonly<Record<string, string>> = {
  observed: 'what was observed',
  page: 'to act',
  escalation: 'escalation',
  inform: 'for information',
};

/** Everybody who was told or could not be, the newest first. */
export function toldSection({ told }: Incident, now: number): Html {
  return html`<section id="told" aria-labelledby="told-title">
    <h2 id="told-title" tabindex="-1">Who was told</h2>
    ${
      told.length === 0
        ? html`<p class="empty">Nobody yet.</p>`
        : html`<ul class="plain-list">
            ${told.toReversed().map(
              ({ channel, purpose, level, at, ok, detail }) =>
                html`<li class="${!ok && 'is-bad'}">
                  ${!ok && badge('is-unavailable', 'Not told')} <b>${channel}</b>, Level ${level.toUpperCase()}
                  (${PURPOSES[purpose] ?? purpose})${detail !== '' && html`: ${detail}`}
                  <span class="quiet small">${clock(at, now)} UTC</span>
                </li>`,
            )}
          </ul>`
    }
  </section>`;
}

/** As many as the page holds; those after the first few are folded, so that the timeline is not far below. */
export const ALERTS_SHOWN = 100;
const ALERTS_UNFOLDED = 10;

export function alertSection({ impact, firing }: Incident, alerts: readonly StoredAlert[], now: number): Html {
  const cut = impact.alerts > alerts.length;
  const folded = alerts.slice(ALERTS_UNFOLDED);
  return html`<section id="alerts" aria-labelledby="alerts-title">
    <h2 id="alerts-title" tabindex="-1">
      Alerts <span class="quiet">${firing.toLocaleString('en')} firing of ${impact.alerts.toLocaleString('en')}</span>
    </h2>
    ${alerts.length === 0 && html`<p class="empty">None is on record yet.</p>`}
    ${alertList(alerts.slice(0, ALERTS_UNFOLDED), now)}
    ${
      folded.length > 0 &&
      html`<details id="alerts-folded">
        <summary>${count(folded.length, 'more alert')}</summary>
        ${alertList(folded, now)}
      </details>`
    }
    ${cut && html`<p class="quiet">The first ${count(alerts.length, 'alert')} of ${impact.alerts.toLocaleString('en')}; all of them are in the hand-over bundle.</p>`}
  </section>`;
}

function alertList(alerts: readonly StoredAlert[], now: number): Html {
  return html`<ul class="alerts">
    ${alerts.map((alert) => alertLine(alert, now))}
  </ul>`;
}

function alertLine(alert: StoredAlert, now: number): Html {
  const { source, fingerprint, status, labels, annotations, startsAt, endsAt, generatorURL } = alert;
  const key = `${source}-${fingerprint}`;
  const said = new Set(['summary', 'description', 'message'].map((name) => label(annotations, name)).filter(Boolean));
  return html`<li class="alert" id="alert-${key}">
    <p>
      ${badge(status === 'firing' ? 'is-triggered' : 'is-resolved', status)}
      <b>${breakable(label(labels, 'alertname') || fingerprint)}</b>
      ${label(labels, 'instance')}
      <span class="quiet small"
        >since ${clock(startsAt, now)}${status === 'resolved' && endsAt !== null && html`, over ${clock(endsAt, now)}`}
        UTC</span
      >
    </p>
    ${[...said].map((text) => html`<p class="text">${text}</p>`)}
    <details id="labels-${key}">
      <summary class="small">Labels</summary>
      ${pairs(labels)} ${pairs(annotations)}
      <p class="small">${outwardLink(generatorURL, 'Where it comes from')}</p>
    </details>
  </li>`;
}

function pairs(set: Labels): Html {
  return html`<dl class="labels">
    ${Object.entries(set).map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${outwardLink(value, value)}</dd>`,
    )}
  </dl>`;
}

/** As many entries as a page of the timeline shows. */
export const ENTRIES_SHOWN = 100;

export function timelineSection({ incident, entries, before, now }: IncidentPageOptions): Html {
  const last = entries.at(-1);
  const here = `/incidents/${incidentId(incident)}`;
  return html`<section id="timeline" aria-labelledby="timeline-title">
    <h2 id="timeline-title" tabindex="-1">
      Timeline <span class="quiet">${count(incident.seq, 'entry', 'entries')}, newest first</span>
    </h2>
    ${before !== null && html`<p><a href="${here}#timeline">To the newest</a></p>`}
    <ol class="timeline" reversed>
      ${entries.map((entry) => entryLine(entry, now))}
    </ol>
    ${last !== undefined && last.seq > 1 && html`<p><a href="${here}?before=${last.seq}#timeline">Older entries</a></p>`}
  </section>`;
}

const PEOPLE_SAY: ReadonlySet<string> = new Set(['note', 'assessed', 'acknowledged', 'resolved', 'reclassified']);

function entryLine({ seq, at, actor, type, text }: WireEntry, now: number): Html {
  const loud = actor.kind === 'person' && PEOPLE_SAY.has(type);
  return html`<li class="entry ${loud && 'is-loud'}" id="entry-${seq}" value="${seq}">
    <p class="quiet small">
      ${clock(Date.parse(at), now)} · ${actor.name}${actor.kind !== 'person' && html` (${actor.kind})`} ·
      ${type.replaceAll('_', ' ')}
    </p>
    <p class="text">${text}</p>
  </li>`;
}

import type {
  Evidence,
  EvidenceKind,
  EvidenceLine,
  EvidenceState,
  EvidenceWindow,
  Incident,
} from '../domain/incident.ts';
import { ABOUT_TITLES } from '../domain/sentences.ts';
import { graphSvg } from '../evidence/beyond/graph-svg.ts';
import { saysLeftOut } from '../incidents/evidence-list.ts';
import { html, Html } from './html.ts';
import { saySpan } from '../domain/moment.ts';
import { badge, clock, count, outwardLink } from './words.ts';

const KINDS: Readonly<Record<EvidenceKind, string>> = {
  logs: 'Logs',
  change: 'Changes',
  metric: 'Its own expression',
  provider_status: 'Status of the provider',
  healthy_peer: 'A healthy one beside it',
  related: 'What else fires',
  similar: 'Similar past incidents',
};

const STATES: Readonly<Record<EvidenceState, string>> = {
  complete: 'Complete',
  partial: 'In part',
  unavailable: 'Not available',
};

/** What was collected to explain the trouble: the logs first, and of each kind the newest. */
export function evidenceSection(incident: Incident, now: number): Html {
  const { evidence } = incident;
  const leftOut = saysLeftOut(incident);
  return html`<section id="evidence" aria-labelledby="evidence-title">
    <h2 id="evidence-title" tabindex="-1">Evidence</h2>
    ${
      evidence.length === 0
        ? html`<p class="empty">
            Nothing yet. Logs are collected right after an alert; with no log store for it, none come.
          </p>`
        : inOrder(evidence).map((one) => piece(one, now))
    }
    ${leftOut !== '' && html`<p class="quiet small">${leftOut}</p>`}
  </section>`;
}

const ORDER = Object.keys(KINDS);

function inOrder(evidence: readonly Evidence[]): readonly Evidence[] {
  return evidence.toReversed().toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/** Each provider is a piece of its own. */
function kindOf({ kind, store, about }: Evidence): string {
  if (about !== undefined) return ABOUT_TITLES[about];
  return kind === 'provider_status' && store !== '' ? `Status of ${store}` : KINDS[kind];
}

function piece(evidence: Evidence, now: number): Html {
  const { id, state, reason, lines } = evidence;
  return html`<article class="piece" id="evidence-${id}">
    <h3>${kindOf(evidence)} ${badge(`is-${state}`, STATES[state])}</h3>
    <p>${reason}</p>
    ${levels(evidence)} ${lines.length > 0 && excerpt(lines, now)} ${drawing(evidence)} ${factList(evidence)}
    <p class="quiet small">${origin(evidence, now)}</p>
  </article>`;
}

/** Where it came from and when. */
function origin({ kind, store, scope, windows, at, url }: Evidence, now: number): Html {
  if (kind !== 'logs')
    return html`${store === '' ? 'Looked' : `From ${store}; looked`} at ${clock(at, now)} UTC.
    ${url !== '' && outwardLink(url, 'Open it in its own place')}`;
  if (store === '') return html`Looked at ${clock(at, now)} UTC.`;
  return html`From ${store}${scope !== '' && html`, ${scope}`}${windows.map((one) => window(one))}; collected
  ${clock(at, now)} UTC. ${url !== '' && outwardLink(url, 'Open these lines in the log store')}`;
}

/** The alert's own expression over time; what it shows stands in words below it. */
function drawing({ graph }: Evidence): Html | null {
  if (graph === undefined) return null;
  return html`<figure class="graph">
    ${new Html(graphSvg(graph))}
    <figcaption class="quiet small"><code>${graph.expression}</code></figcaption>
  </figure>`;
}

/** Findings beside the logs; one about another incident leads to its page. */
function factList({ facts = [] }: Evidence): Html | null {
  if (facts.length === 0) return null;
  return html`<ul class="findings">
    ${facts.map(
      ({ text, url, incident }) =>
        html`<li>
          ${incident === undefined ? outwardLink(url, text) : html`<a href="/incidents/${incident.id}">${incident.id}</a> ${text.replace(`${incident.id} `, '')}`}
        </li>`,
    )}
  </ul>`;
}

const WINDOWS: Readonly<Record<EvidenceWindow['name'], string>> = {
  incident: 'around the alert',
  before: 'just before',
  day_before: 'a day before',
};

function window({ name, from, to, records, sampled }: EvidenceWindow): Html {
  return html`,
    <span title="${saySpan(from, to, null)}"
      >${count(records, 'record')} ${WINDOWS[name]}${sampled && ' (sampled)'}</span
    >`;
}

function levels({ counts }: Evidence): Html | null {
  const known = Object.entries(counts).filter(([, n]) => n > 0);
  if (known.length === 0) return null;
  return html`<p class="marks">
    ${known.map(([level, n]) => html`${badge(`log-${shade(level)}`, `${n.toLocaleString('en')} ${level}`)} `)}
  </p>`;
}

/** A closed set of classes: a level is text of a log. */
function shade(level: string): string {
  const word = level.toLowerCase();
  if (/^(fatal|crit|emerg|alert|panic|err)/.test(word)) return 'bad';
  return word.startsWith('warn') ? 'warn' : 'calm';
}

function excerpt(lines: readonly EvidenceLine[], now: number): Html {
  return html`<ol class="log" aria-label="Log lines that matter">
    ${lines.map(
      ({ at, level, service, text, count: times, class: change }) =>
        html`<li class="log-${shade(level)}">
          <span class="log-facts"
            >${at !== null && clock(at, now)} <b>${level}</b> ${service}
            ${times > 1 && html`<span class="times">× ${times.toLocaleString('en')}</span>`} ${change ?? null}</span
          >
          <code>${text}</code>
        </li>`,
    )}
  </ol>`;
}

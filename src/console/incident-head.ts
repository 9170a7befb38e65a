import { label, type Labels } from '../domain/alert.ts';
import { asksForBreachCheck, CHECK_FOR_BREACH } from '../domain/category.ts';
import { incidentId, isOpen, toldDeadline, type Incident } from '../domain/incident.ts';
import { measuredImpact } from '../domain/measured-impact.ts';
import { speakService } from '../domain/service.ts';
import { speakMeasuredSpread } from '../domain/spread.ts';
import { cleanLine, httpUrl } from '../domain/text.ts';
import type { Situation } from '../incidents/situation.ts';
import { verbForm, type FormContext } from './forms.ts';
import { html, type Html } from './html.ts';
import type { IncidentPageOptions } from './incident-page.ts';
import { bundleLink } from './incident-record.ts';
import { age, badge, breakable, categoryTitle, clock, count, nextWords, outwardLink, statusBadge } from './words.ts';

/** The top of the page: enough to decide on at three in the morning, and the one button. */
export function head(options: IncidentPageOptions, context: FormContext): Html {
  const { incident, now, priorityReasons } = options;
  const level = incident.level.toUpperCase();
  return html`<section class="head is-${incident.status}" id="head" aria-labelledby="title">
    <p class="marks">
      <span class="id">${incidentId(incident)}</span> ${statusBadge(incident.status)}
      ${badge(`is-${incident.priority}`, incident.priority)} ${badge(`is-level-${incident.level}`, `Level ${level}`)}
      <span class="quiet">${categoryTitle(incident.classification.category)}</span>
      ${asksForBreachCheck(incident.classification) && badge('is-P1', CHECK_FOR_BREACH)}
    </p>
    <h1 id="title">${breakable(incident.title)}</h1>
    <dl class="facts">
      <dt>Since</dt>
      <dd>
        ${age(incident.startsAt, now)}
        <span class="quiet">(${clock(incident.startsAt, now)} UTC)</span>${late(incident)}
      </dd>
      <dt>Who has it</dt>
      <dd>${holder(incident, now)}</dd>
      <dt>Next</dt>
      <dd>${nextStep(incident, now)}</dd>
    </dl>
    ${context.visitor.mayAct && mainButton(incident, context)}
    <dl class="facts">
      <dt>How bad</dt>
      <dd>${howBad(incident, priorityReasons)}</dd>
      <dt>Where</dt>
      <dd>${where(incident)}</dd>
      ${serviceFacts(options)} ${situationFacts(options)} ${assessment(incident, now)} ${links(options)}
    </dl>
    <nav class="jumps" aria-label="Parts of this page">
      <a href="#evidence">Evidence</a>
      <a href="#procedure">Procedure</a> ${context.visitor.mayAct && html`<a href="#actions">Do</a>`}
      <a href="#alerts">Alerts</a>
      <a href="#timeline">Timeline</a>
    </nav>
  </section>`;
}

const HEARD_LATE_MS = 120_000;

function late({ startsAt, createdAt }: Incident): Html | null {
  const by = createdAt - startsAt;
  return by < HEARD_LATE_MS ? null : html`, known here since ${clock(createdAt, createdAt)} UTC`;
}

function holder(incident: Incident, now: number): Html {
  const { status, acknowledgedBy, acknowledgedAt, owner, resolvedBy, resolvedAt } = incident;
  if (!isOpen(incident))
    return html`Over:
    ${status}${resolvedBy !== null && html` by ${resolvedBy}`}${resolvedAt !== null && html`, ${age(resolvedAt, now)}`}`;
  const owned = owner === null ? null : html`${owner} owns it`;
  if (acknowledgedBy === null || acknowledgedAt === null)
    return html`<strong class="urgent">Nobody yet</strong>${owned !== null && html`; ${owned}`}`;
  return html`<strong>${acknowledgedBy}</strong>, acknowledged
    ${age(acknowledgedAt, now)}${owned !== null && owner !== acknowledgedBy && html`; ${owned}`}`;
}

function nextStep(incident: Incident, now: number): Html {
  const next = toldDeadline(incident);
  if (next !== null)
    return html`${nextWords(next.kind, next.at, now)} <span class="quiet">(${clock(next.at, now)} UTC)</span>`;
  return isOpen(incident) ? html`Nothing happens by itself: a person must act` : html`Nothing`;
}

function howBad(incident: Incident, reasons: readonly string[]): Html {
  const { severity, urgency, impact, firing, priority } = incident;
  const measured = measuredImpact(incident);
  const spread = speakMeasuredSpread(incident);
  const hit = `${count(firing, 'alert')} firing of ${impact.alerts.toLocaleString('en')}, ${count(impact.targets, 'target')} hit`;
  return html`Severity ${severity}, urgency ${urgency};
  ${hit}${incident.hidden > 0 && html`; the sender left out ${count(incident.hidden, 'more alert', 'more alerts')}`}${spread !== '' && html`; <strong>${spread}</strong>`}${measured !== '' && html`; <strong>${measured}</strong>`}.
  ${reasons.length > 0 && html`<span class="quiet">${priority} because ${reasons.join('; ')}.</span>`}`;
}

function where({ service, environment, team, source, labels }: Incident): Html {
  const target = label(labels, 'instance') || label(labels, 'host') || label(labels, 'node') || label(labels, 'pod');
  const parts: readonly (readonly [string, string])[] = [
    ['service', service],
    ['target', target],
    ['environment', environment],
    ['team', team],
    ['source', source],
  ];
  const known = parts.filter(([, value]) => value !== '');
  return html`${known.map(([name, value]) => html`<span class="pair"><span class="quiet">${name}</span> ${value}</span> `)}`;
}

/** What the catalogue knows of its service; contacts that are addresses lead there. */
function serviceFacts({ service }: IncidentPageOptions): Html | null {
  if (service === null) return null;
  const { name, runbook, contacts } = service;
  return html`<dt>Service</dt>
    <dd class="links">
      ${speakService({ ...service, contacts: [] })} ${runbook !== '' && outwardLink(runbook, `Runbook of ${name}`)}
      ${contacts.length > 0 && html`<span class="quiet">Ask</span> ${contacts.map((contact) => html`${outwardLink(contact, contact)} `)}`}
    </dd>`;
}

function situationFacts({ situation, incident: { number } }: IncidentPageOptions): Html | null {
  if (situation === null) return null;
  const { origin } = situation;
  return html`<dt>Situation</dt>
    <dd>
      Part of a situation with ${othersIn(situation, number)}; likeliest origin: <strong>${origin.service}</strong>
      (${origin.number === number ? 'this one' : incidentLink(origin.number)})
    </dd>`;
}

/** So many are named; the rest is in the list. */
const NAMED = 20;

function othersIn({ incidents }: Situation, number: number): Html {
  const others = incidents.filter((one) => one.number !== number);
  const more = others.length - NAMED;
  return html`${others.slice(0, NAMED).map((one, index) => html`${index > 0 && ', '}${incidentLink(one.number)} ${one.service}`)}${more > 0 && ` and ${more} more`}`;
}

function incidentLink(number: number): Html {
  return html`<a href="/incidents/INC-${number}">INC-${number}</a>`;
}

function assessment({ assessment: found }: Incident, now: number): Html | null {
  if (found === null) return null;
  const { impact, observations, openQuestions, by, at } = found;
  return html`<dt>Assessed</dt>
    <dd class="assessment">
      ${impact !== '' && html`<p>${impact}</p>`} ${observations !== '' && html`<p>${observations}</p>`}
      ${openQuestions !== '' && html`<p>Open: ${openQuestions}</p>`}
      <p class="quiet">by ${by}, ${age(at, now)}</p>
    </dd>`;
}

/** The hand-over bundle, addresses among the first alert's annotations and labels, and where it came from. */
function links({ incident, bundle }: IncidentPageOptions): Html | null {
  const { annotations, labels, generatorURL } = incident;
  const found = [...addresses(annotations), ...addresses(labels)];
  if (httpUrl(generatorURL) !== '') found.push(['Where the alert comes from', generatorURL]);
  if (found.length === 0 && bundle === null) return null;
  return html`<dt>Links</dt>
    <dd class="links">
      ${bundle !== null && bundleLink(incident, bundle)} ${found.map(([name, url]) => html`${outwardLink(url, name)} `)}
    </dd>`;
}

function addresses(set: Labels): [string, string][] {
  return Object.entries(set)
    .filter(([, value]) => httpUrl(value) !== '')
    .map(([name, value]) => [linkName(name), value]);
}

function linkName(name: string): string {
  const words = cleanLine(name.replace(/[_-]+/g, ' ').replace(/ ?\burl\b/i, ''), 60);
  return words === '' ? 'link' : `${words[0]?.toUpperCase() ?? ''}${words.slice(1)}`;
}

/** The one thing that is wanted now: take it, take it over, say that it is over. */
function mainButton(incident: Incident, context: FormContext): Html | null {
  const { status, acknowledgedBy } = incident;
  if (status === 'triggered')
    return verbForm(
      context,
      'acknowledge',
      'main-button',
      html`<button type="submit" class="big" aria-keyshortcuts="a">Acknowledge</button>
        <p class="quiet">It is yours then, and the escalation stops.</p>`,
    );
  if (status === 'acknowledged' && acknowledgedBy !== context.visitor.name)
    return verbForm(
      context,
      'acknowledge',
      'main-button',
      html`<input type="hidden" name="takeover" value="true" />
        <button type="submit" class="big is-second">Take over from ${acknowledgedBy ?? 'nobody'}</button>`,
    );
  return null;
}

import { CATEGORY_TITLES, type Category } from '../domain/category.ts';
import { nextAction, type ToldDeadline } from '../domain/incident.ts';
import { moment, sayExactly } from '../domain/moment.ts';
import { httpUrl } from '../domain/text.ts';
import { Html, html } from './html.ts';

/** How things are said on the pages. Moments are epoch milliseconds, shown in UTC as on record. */

/** `2026-01-05 03:00:00 UTC`; '' where no calendar holds it. */
function exactly(at: number): string {
  return sayExactly(at, '');
}

function isDate(at: number): boolean {
  return moment(at) !== null;
}

/** `40 s`, `12 min`, `2 h 5 min`, `3 d 4 h`: no finer than a person needs. assets/tierbell.js says it in the same words. */
export function roughly(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return `${Math.floor(Math.max(0, ms) / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  const [big, unit, small, smallUnit] =
    minutes < 1440
      ? [Math.floor(minutes / 60), 'h', minutes % 60, 'min']
      : [Math.floor(minutes / 1440), 'd', Math.floor(minutes / 60) % 24, 'h'];
  return small === 0 ? `${big} ${unit}` : `${big} ${unit} ${small} ${smallUnit}`;
}

/** `12 min ago`, `in 4 min`; `now` for what is due this moment or should be over. */
export function relative(at: number, now: number): string {
  if (at > now) return `in ${roughly(at - now)}`;
  return now - at < 1000 ? 'now' : `${roughly(now - at)} ago`;
}

/** A moment as a person reads it, with the exact one behind it. */
export function age(at: number, now: number): Html {
  if (!isDate(at)) return html`at an odd time`;
  return html`<time class="age" datetime="${new Date(at).toISOString()}" title="${exactly(at)}"
    >${relative(at, now)}</time
  >`;
}

/** The time of day where it is near, the date else; exact in its title. */
export function clock(at: number, now: number): Html {
  if (!isDate(at)) return html`at an odd time`;
  const near = Math.abs(now - at) < 20 * 3_600_000;
  const text = near ? exactly(at).slice(11, 19) : exactly(at).slice(0, 16);
  return html`<time datetime="${new Date(at).toISOString()}" title="${exactly(at)}">${text}</time>`;
}

const STATUS_WORDS: Readonly<Record<string, string>> = {
  open: 'Open',
  triggered: 'Not acknowledged',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
  closed: 'Closed',
};

export function statusWord(status: string): string {
  return STATUS_WORDS[status] ?? status;
}

export function badge(kind: string, text: string): Html {
  return html`<span class="badge ${kind}">${text}</span>`;
}

export function statusBadge(status: string): Html {
  return badge(`is-${status}`, statusWord(status));
}

export function categoryTitle(category: string): string {
  return CATEGORY_TITLES[category as Category] ?? category;
}

/** `in 4 min: escalate unless acknowledged`. */
export function nextWords(kind: string, at: number, now: number): Html {
  const action = nextAction(kind as ToldDeadline);
  return at <= now ? html`now: ${action}` : html`${age(at, now)}: ${action}`;
}

/** `3 alerts`, `1 alert`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}

/** A link to a page elsewhere: http(s) only, else the bare text. It learns nothing of where it was followed from. */
export function outwardLink(url: string, text: string): Html {
  const safe = httpUrl(url);
  return safe === '' ? html`${text}` : html`<a href="${safe}" rel="noreferrer noopener" target="_blank">${text}</a>`;
}

/** A text whose long words may break where a new word begins in them (`NodeNetworkReceiveErrors`). */
export function breakable(text: string): Html {
  const parts = text.split(/(?<=\p{Ll})(?=\p{Lu})/u);
  return html`${parts.map((part, index) => html`${index > 0 && new Html('<wbr>')}${part}`)}`;
}

import { CATEGORIES } from '../domain/category.ts';
import { LEVELS } from '../domain/incident.ts';
import { PRIORITIES } from '../domain/priority.ts';
import { speakSituation, type Situation } from '../incidents/situation.ts';
import { COUNTED_TO, LIST_ORDER, type ListRow, type OpenCounts } from '../store/incident-list.ts';
import { differing, type ShadowReport } from '../shadow/report.ts';
import type { Frozen } from '../fixes/frozen.ts';
import { freezeBanner, freezeForm } from './freeze-banner.ts';
import { html, type Html } from './html.ts';
import { isFiltered, listAddress, OPEN, statusChoice, type ListQuery } from './list-query.ts';
import { shell, type Said } from './shell.ts';
import type { Visitor } from './visitor.ts';
import { age, badge, breakable, categoryTitle, count, nextWords, statusBadge, statusWord } from './words.ts';

export interface ListPageOptions {
  readonly query: ListQuery;
  readonly rows: readonly ListRow[];
  readonly counts: OpenCounts;
  /** Open incidents that belong together, by the number of each. */
  readonly situations: ReadonlyMap<number, Situation>;
  /** Whether more follow after the last row. */
  readonly more: boolean;
  /** The kill switch of known fixes. */
  readonly frozen: Frozen | null;
  /** What the rules beside the present ones have said; null where there are none. */
  readonly shadow?: ShadowReport | null;
  readonly visitor: Visitor;
  readonly now: number;
  readonly said: Said | null;
}

/** `GET /`: what needs me first. */
export function listPage(options: ListPageOptions): string {
  const { query, rows, counts, more, visitor, now, said } = options;
  const last = rows.at(-1);
  const here = listAddress(query);
  const content = html`<h1 class="unseen">Incidents</h1>
    ${freezeBanner(options, here)} ${countLine(counts)} ${filterForm(query)}
    ${rows.length === 0 ? nothing(query) : groups(rows, options, here)}
    ${
      (more || query.after !== null) &&
      html`<nav class="pages" aria-label="Pages">
        ${query.after !== null && html`<a href="${listAddress(query, null)}">First page</a>`}
        ${more && last !== undefined && html`<a href="${listAddress(query, last)}" rel="next">Next page</a>`}
      </nav>`
    }
    ${shadowLine(options.shadow ?? null)} ${freezeForm(options, here)}`;
  const waiting = counts.triggered === 0 ? '' : `(${number(counts.triggered)}) `;
  return shell({ title: `${waiting}Incidents – Tierbell`, visitor, now, said, here, follows: '', content });
}

function shadowLine(shadow: ShadowReport | null): Html | null {
  if (shadow === null) return null;
  const { findings } = shadow;
  return html`<p class="quiet">
    <a href="/shadow">Shadow rules</a>: ${differing(shadow).length} of ${findings.length} incidents decided otherwise
  </p>`;
}

function countLine({ triggered, acknowledged, level3 }: OpenCounts): Html {
  const open = Math.min(COUNTED_TO, triggered + acknowledged);
  return html`<p class="counts" id="counts">
    <a href="/?status=open"><b>${number(open)}</b> open</a>
    <a href="/?status=triggered" class="${triggered > 0 && 'is-urgent'}"><b>${number(triggered)}</b> unacknowledged</a>
    <a href="/?status=open&amp;level=3"><b>${number(level3)}</b> at Level 3</a>
  </p>`;
}

function number(n: number): string {
  return n >= COUNTED_TO ? `${COUNTED_TO.toLocaleString('en')} or more` : n.toLocaleString('en');
}

/** One choice a field; addresses may name several values, which then stand as they are. */
function filterForm(query: ListQuery): Html {
  const filtered = isFiltered(query);
  return html`<form method="get" action="/" class="filters" role="search">
    <label class="field grow">
      <span>Search</span>
      <input
        type="search"
        name="q"
        id="search"
        value="${query.q}"
        placeholder="Part of a title, or INC-7"
        aria-keyshortcuts="/"
      />
    </label>
    <details class="fold" id="filters" ${filtered && html`open`}>
      <summary>Filter</summary>
      <div class="filter-fields">
        ${select('status', 'Status', statusChoice(query), [OPEN, ...LIST_ORDER], statusWord, 'all but closed')}
        ${select('level', 'Level', query.level, LEVELS, (level) => `Level ${level.toUpperCase()}`)}
        ${select('priority', 'Priority', query.priority, PRIORITIES, (priority) => priority)}
        ${select('category', 'Category', query.category, CATEGORIES, categoryTitle)}
        <label class="field">
          <span>Team</span>
          <input name="team" value="${query.team}" maxlength="128" spellcheck="false" />
        </label>
      </div>
    </details>
    <button type="submit">Show</button>
    ${filtered && html`<a class="clear" href="/">Show everything</a>`}
  </form>`;
}

function select(
  name: string,
  title: string,
  chosen: readonly string[],
  values: readonly string[],
  words: (value: string) => string,
  any = 'any',
): Html {
  const several = chosen.length > 1;
  const options: readonly (readonly [string, string])[] = [
    ['', any],
    ...values.map((value) => [value, words(value)] as const),
  ];
  return html`<label class="field">
    <span>${title}</span>
    <select name="${name}" ${several && html`multiple size="${options.length}"`}>
      ${options.map(
        ([value, text]) =>
          html`<option
            value="${value}"
            ${(chosen.includes(value) || (value === '' && chosen.length === 0)) && html`selected`}
          >
            ${text}
          </option>`,
      )}
    </select>
  </label>`;
}

function nothing(query: ListQuery): Html {
  return isFiltered(query)
    ? html`<p class="empty">No incident fits.</p>`
    : html`<p class="empty">No incident is open. This page shows the next one as soon as it comes.</p>`;
}

const HEADINGS: Readonly<Record<string, string>> = {
  triggered: 'Nobody has it yet',
  acknowledged: 'Somebody works on it',
  resolved: 'Resolved',
  closed: 'Closed',
};

function groups(rows: readonly ListRow[], options: ListPageOptions, here: string): Html {
  const present = LIST_ORDER.filter((status) => rows.some((row) => row.status === status));
  return html`${present.map(
    (status) =>
      html`<section class="group" aria-labelledby="group-${status}">
        <h2 id="group-${status}">${HEADINGS[status] ?? status}</h2>
        <ol class="rows" id="rows-${status}">
          ${rows.filter((row) => row.status === status).map((row) => line(row, options, here))}
        </ol>
      </section>`,
  )}`;
}

function line(row: ListRow, { visitor, now, situations }: ListPageOptions, here: string): Html {
  const situation = situations.get(row.number);
  const id = `INC-${row.number}`;
  return html`<li class="row is-${row.status}" id="row-${row.number}">
    <div class="row-marks">
      ${badge(`is-${row.priority}`, row.priority)} ${badge(`is-level-${row.level}`, `Level ${row.level.toUpperCase()}`)}
      ${statusBadge(row.status)}
    </div>
    <div class="row-what">
      <a class="row-title" href="/incidents/${id}"><span class="row-id">${id}</span> ${breakable(row.title)}</a>
      <p class="row-facts">
        <span>${categoryTitle(row.category)}</span> ${row.service !== '' && html`<span>${row.service}</span>`}
        ${row.environment !== '' && html`<span>${row.environment}</span>`}
        ${row.firing > 1 && html`<span>${count(row.firing, 'alert')} firing</span>`}
        ${situation !== undefined && html`<span>${speakSituation(situation, row.number)}</span>`}
      </p>
    </div>
    <p class="row-when">began ${age(row.starts_at, now)}</p>
    <p class="row-who">${holder(row)} ${next(row, now)}</p>
    ${row.status === 'triggered' && visitor.mayAct && visitor.name !== '' && quickAcknowledge(id, row.title, visitor, here)}
  </li>`;
}

function holder(row: ListRow): Html | null {
  const name = row.acknowledged_by ?? row.owner;
  if (name === null) return null;
  return html`<span
    >${name} ${row.status === 'acknowledged' ? 'has it' : row.acknowledged_by === null ? 'owns it' : 'had it'}</span
  >`;
}

function next({ next_kind: kind, next_at: at }: ListRow, now: number): Html | null {
  return kind === null || at === null ? null : html`<span>${nextWords(kind, at, now)}</span>`;
}

function quickAcknowledge(id: string, title: string, visitor: Visitor, here: string): Html {
  return html`<form method="post" action="/incidents/${id}/acknowledge" class="row-do" data-verb="acknowledge">
    <input type="hidden" name="csrf" value="${visitor.csrf}" />
    <input type="hidden" name="back" value="${here}" />
    <button type="submit" aria-label="Acknowledge ${id}: ${title}">Acknowledge</button>
  </form>`;
}

import { CATEGORIES } from '../domain/category.ts';
import { LEVELS } from '../domain/incident.ts';
import { PRIORITIES } from '../domain/priority.ts';
import type { IncidentFilter } from '../store/incident-filter.ts';
import { LIST_ORDER, type ListPlace } from '../store/incident-list.ts';

/** What the address of the list says: the form's state is the address, so that it can be kept and sent on. */
export interface ListQuery {
  readonly status: readonly string[];
  readonly level: readonly string[];
  readonly category: readonly string[];
  readonly priority: readonly string[];
  readonly team: string;
  readonly q: string;
  readonly limit: number;
  readonly after: ListPlace | null;
}

/** Stands for what is not over, as one choice. */
export const OPEN = 'open';
const OPEN_STATUSES: readonly string[] = ['triggered', 'acknowledged'];

export const PAGE_SIZE = 100;
const PAGE_MAX = 1_000;
const TEXT_MAX = 256;

/** Reads a query string. What is not understood counts as not there: a link from last year still opens a list. */
export function readListQuery(query: Readonly<Record<string, unknown>>): ListQuery {
  const limit = Number(one(query['limit']));
  return {
    status: one(query['status']) === OPEN ? OPEN_STATUSES : some(query['status'], LIST_ORDER),
    level: some(query['level'], LEVELS),
    category: some(query['category'], CATEGORIES),
    priority: some(query['priority'], PRIORITIES),
    team: one(query['team']),
    q: one(query['q']),
    limit: Number.isInteger(limit) && limit >= 1 && limit <= PAGE_MAX ? limit : PAGE_SIZE,
    after: readPlace(one(query['after'])),
  };
}

function some(value: unknown, allowed: readonly string[]): readonly string[] {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  return allowed.filter((word) => given.includes(word));
}

function one(value: unknown): string {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first.trim().slice(0, TEXT_MAX) : '';
}

export function isFiltered({ status, level, category, priority, team, q }: ListQuery): boolean {
  return [status, level, category, priority].some(({ length }) => length > 0) || team !== '' || q !== '';
}

export function toFilter({ status, level, category, priority, team, q }: ListQuery): IncidentFilter {
  return {
    ...(status.length > 0 ? { status } : {}),
    ...{ level, category, priority, q },
    ...(team === '' ? {} : { team: [team] }),
  };
}

/** The statuses as they are chosen: `open` where it is just those. */
export function statusChoice({ status }: ListQuery): readonly string[] {
  return status.join() === OPEN_STATUSES.join() ? [OPEN] : status;
}

/** The address of a list. */
export function listAddress(query: ListQuery, after: ListPlace | null = query.after): string {
  const words = new URLSearchParams();
  for (const value of statusChoice(query)) words.append('status', value);
  for (const name of ['level', 'category', 'priority'] as const) {
    for (const value of query[name]) words.append(name, value);
  }
  for (const name of ['team', 'q'] as const) if (query[name] !== '') words.set(name, query[name]);
  if (query.limit !== PAGE_SIZE) words.set('limit', String(query.limit));
  if (after !== null) words.set('after', writePlace(after));
  return words.size === 0 ? '/' : `/?${words.toString()}`;
}

function writePlace({ status, priority, level, number }: ListPlace): string {
  return [status, priority, level, number].join('.');
}

function readPlace(text: string): ListPlace | null {
  const [status = '', priority = '', level = '', number = '', more] = text.split('.');
  const known = [LIST_ORDER, PRIORITIES, LEVELS].every((words: readonly string[], index) =>
    words.includes([status, priority, level][index] ?? ''),
  );
  if (!known || more !== undefined || !/^\d{1,15}$/.test(number)) return null;
  return { status, priority, level, number: Number(number) };
}

/** `INC-7` or `7`, where that is all that somebody searched for: they mean that incident. */
export function meantIncident({ q }: ListQuery): number | null {
  const number = /^(?:INC-)?(\d{1,15})$/i.exec(q)?.[1];
  return number === undefined ? null : Number(number);
}

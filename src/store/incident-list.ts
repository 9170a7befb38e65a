import type { Kysely, SelectQueryBuilder } from 'kysely';
import { LEVELS, type IncidentStatus } from '../domain/incident.ts';
import { PRIORITIES } from '../domain/priority.ts';
import { narrow, type IncidentFilter } from './incident-filter.ts';
import type { IncidentRow, Tables } from './schema.ts';

const COLUMNS = [
  ...(['number', 'title', 'status', 'level', 'priority', 'severity', 'category', 'service', 'team'] as const),
  ...([
    'environment',
    'firing',
    'starts_at',
    'acknowledged_by',
    'owner',
    'resolved_at',
    'next_kind',
    'next_at',
  ] as const),
] as const;

/** One line of the list: columns only, no state is parsed for it. Moments are epoch milliseconds. */
export type ListRow = Pick<IncidentRow, (typeof COLUMNS)[number]>;

/** Where a page of the list ended. */
export type ListPlace = Pick<ListRow, 'status' | 'priority' | 'level' | 'number'>;

/** How many are open; each number stops at {@link COUNTED_TO}. */
export interface OpenCounts {
  readonly triggered: number;
  readonly acknowledged: number;
  /** Open ones at Level 3. */
  readonly level3: number;
}

/** Beyond this nobody counts any more, and counting would cost time. */
export const COUNTED_TO = 1_000;

/** What needs people first; closed ones are listed only where a filter asks for them. */
export const LIST_ORDER: readonly IncidentStatus[] = ['triggered', 'acknowledged', 'resolved', 'closed'];
const LISTED: readonly string[] = ['triggered', 'acknowledged', 'resolved'];

/**
 * Open incidents by status, priority, level (the higher first) and age (the oldest first); what is over after them, the
 * newest first, as nobody waits for it. Each shelf of the order is one range of an index, so that a page costs the same
 * however many incidents there are.
 */
export async function listRows(
  db: Kysely<Tables>,
  filter: IncidentFilter,
  limit: number,
  after: ListPlace | null,
): Promise<ListRow[]> {
  const { status, level, priority, ...others } = filter;
  const shelves = shelvesOf(given(status, LISTED), given(priority, PRIORITIES), given(level, LEVELS));
  const at = after === null ? -1 : shelves.findIndex((shelf) => holds(shelf, after));
  const rows: ListRow[] = [];
  for (const [index, shelf] of shelves.entries()) {
    if (rows.length >= limit) break;
    if (index < at) continue;
    const query = narrow(db.selectFrom('incidents').select(COLUMNS), others);
    const found = await take(query, shelf, index === at ? (after?.number ?? null) : null, limit - rows.length);
    rows.push(...found);
  }
  return rows;
}

/** Incidents that stand together in the order. What is over is one shelf whatever its priority. */
interface Shelf {
  readonly status: IncidentStatus;
  readonly priorities: readonly string[];
  readonly levels: readonly string[];
}

function shelvesOf(statuses: readonly string[], priorities: readonly string[], levels: readonly string[]): Shelf[] {
  const wanted = LIST_ORDER.filter((status) => statuses.includes(status));
  const sorted = PRIORITIES.filter((priority) => priorities.includes(priority));
  const higherFirst = LEVELS.toReversed().filter((level) => levels.includes(level));
  return wanted.flatMap((status) =>
    isOver(status)
      ? [{ status, priorities: sorted, levels: higherFirst }]
      : sorted.flatMap((priority) => higherFirst.map((level) => ({ status, priorities: [priority], levels: [level] }))),
  );
}

function holds({ status, priorities, levels }: Shelf, place: ListPlace): boolean {
  return status === place.status && priorities.includes(place.priority) && levels.includes(place.level);
}

function given(values: readonly string[] | undefined, all: readonly string[]): readonly string[] {
  return values === undefined || values.length === 0 ? all : values;
}

function isOver(status: IncidentStatus): boolean {
  return status === 'resolved' || status === 'closed';
}

type Query = SelectQueryBuilder<Tables, 'incidents', ListRow>;

async function take(query: Query, shelf: Shelf, after: number | null, limit: number): Promise<ListRow[]> {
  const over = isOver(shelf.status);
  let narrowed = query.where('status', '=', shelf.status);
  if (shelf.priorities.length < PRIORITIES.length) narrowed = narrowed.where('priority', 'in', [...shelf.priorities]);
  if (shelf.levels.length < LEVELS.length) narrowed = narrowed.where('level', 'in', [...shelf.levels]);
  if (after !== null) narrowed = narrowed.where('number', over ? '<' : '>', after);
  return narrowed
    .orderBy('number', over ? 'desc' : 'asc')
    .limit(limit)
    .execute();
}

/**
 * The newest incidents that fit, by number. Each status is one range of an index that holds all that is asked for, so that
 * what hardly any incident fits is found without reading every one.
 */
export async function newestNumbers(
  db: Kysely<Tables>,
  filter: IncidentFilter,
  limit: number,
  before: number | null,
): Promise<number[]> {
  const { status, ...others } = filter;
  const found = await Promise.all(
    LIST_ORDER.filter((one) => given(status, LIST_ORDER).includes(one)).map((one) => {
      const query = narrow(db.selectFrom('incidents').select('number'), others).where('status', '=', one);
      const older = before === null ? query : query.where('number', '<', before);
      return older.orderBy('number', 'desc').limit(limit).execute();
    }),
  );
  const numbers = found.flat().map(({ number }) => Number(number));
  return numbers.sort((a, b) => b - a).slice(0, limit);
}

/** @returns the numbers at the top of the list */
export async function countOpen(db: Kysely<Tables>): Promise<OpenCounts> {
  const of = async (status: readonly string[], level: string | null): Promise<number> => {
    let some = db
      .selectFrom('incidents')
      .select('number')
      .where('status', 'in', [...status]);
    // with every priority named, the index leads to the level
    if (level !== null) some = some.where('priority', 'in', [...PRIORITIES]).where('level', '=', level);
    const row = await db
      .selectFrom(some.limit(COUNTED_TO).as('some'))
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return Number(row.n);
  };
  return {
    triggered: await of(['triggered'], null),
    acknowledged: await of(['acknowledged'], null),
    level3: await of(['triggered', 'acknowledged'], '3'),
  };
}

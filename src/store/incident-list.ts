import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { IncidentStatus } from '../domain/incident.ts';
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
export const COUNTED_TO = 10_000;

/** What needs people first; closed ones are listed only where a filter asks for them. */
export const LIST_ORDER: readonly IncidentStatus[] = ['triggered', 'acknowledged', 'resolved', 'closed'];
const LISTED: readonly string[] = ['triggered', 'acknowledged', 'resolved'];

/**
 * Open incidents by status, priority, level (the higher first) and age (the oldest first); what is over after them, the
 * newest first, as nobody waits for it. One index serves each part.
 */
export async function listRows(
  db: Kysely<Tables>,
  filter: IncidentFilter,
  limit: number,
  after: ListPlace | null,
): Promise<ListRow[]> {
  const { status = LISTED, ...others } = filter;
  const wanted = LIST_ORDER.filter((one) => (status.length === 0 ? LISTED : status).includes(one));
  const begun = after === null ? wanted : wanted.slice(Math.max(0, wanted.indexOf(after.status as IncidentStatus)));
  const rows: ListRow[] = [];
  for (const one of begun) {
    if (rows.length >= limit) break;
    const query = narrow(db.selectFrom('incidents').select(COLUMNS).where('status', '=', one), others);
    const from = after?.status === one ? after : null;
    rows.push(
      ...(await ordered(query, isOver(one), from)
        .limit(limit - rows.length)
        .execute()),
    );
  }
  return rows;
}

function isOver(status: IncidentStatus): boolean {
  return status === 'resolved' || status === 'closed';
}

type Query = SelectQueryBuilder<Tables, 'incidents', ListRow>;

function ordered(query: Query, over: boolean, after: ListPlace | null): Query {
  if (over) return (after === null ? query : query.where('number', '<', after.number)).orderBy('number', 'desc');
  const sorted = query.orderBy('priority').orderBy('level', 'desc').orderBy('number');
  if (after === null) return sorted;
  const { priority, level, number } = after;
  return sorted
    .where('priority', '>=', priority) // lets the index begin there
    .where((eb) =>
      eb.or([
        eb('priority', '>', priority),
        eb('level', '<', level),
        eb.and([eb('level', '=', level), eb('number', '>', number)]),
      ]),
    );
}

/** @returns the numbers at the top of the list */
export async function countOpen(db: Kysely<Tables>): Promise<OpenCounts> {
  const of = async (status: readonly string[], level: string | null): Promise<number> => {
    let some = db
      .selectFrom('incidents')
      .select('number')
      .where('status', 'in', [...status]);
    if (level !== null) some = some.where('level', '=', level);
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

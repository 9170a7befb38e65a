import canonicalize from 'canonicalize';
import type { Kysely } from 'kysely';
import type { Incident } from '../domain/incident.ts';
import { fold } from '../incidents/evolve.ts';
import { openEntry, type WireEntry } from '../incidents/timeline.ts';
import type { IncidentRow, Tables } from './schema.ts';

/** How many incidents are looked at together. */
const PAGE = 200;

/** Where a timeline ends; `broken` where it was found wrong already, so that nothing follows from it. */
export interface TimelineEnd {
  readonly seq: number;
  readonly hash: string;
  readonly broken: boolean;
}

/** What people see and what decides: it follows from the timeline, in every version. */
const FIELDS = [
  ...(['title', 'status', 'source', 'groupingKey', 'level', 'classification', 'severity', 'priority'] as const),
  ...(['urgency', 'impact', 'firing', 'team', 'service', 'environment', 'labels', 'annotations'] as const),
  ...(['startsAt', 'createdAt', 'acknowledgedAt', 'acknowledgedBy', 'resolvedAt', 'resolvedBy'] as const),
  ...(['deadlines', 'escalations', 'attempts', 'assessment', 'owner', 'ticks'] as const),
] as const satisfies readonly (keyof Incident)[];

/** What lists and counts go by. */
const COLUMNS = {
  ...{ number: 'number', title: 'title', status: 'status', level: 'level', severity: 'severity', source: 'source' },
  ...{ priority: 'priority', team: 'team', service: 'service', environment: 'environment', owner: 'owner' },
  ...{ firing: 'firing', starts_at: 'startsAt', created_at: 'createdAt', acknowledged_at: 'acknowledgedAt' },
  ...{ acknowledged_by: 'acknowledgedBy', resolved_at: 'resolvedAt', grouping_key: 'groupingKey' },
} as const satisfies Partial<Record<keyof IncidentRow, keyof Incident>>;

/**
 * Each incident must stand as its timeline tells it, in its state and in the columns that lists are made of: an edited
 * state, a cut timeline and a timeline without its incident show.
 * @param ends where each timeline ends, by the incident's uid
 * @returns a sentence for each that differs
 */
export async function statesThatDiffer(db: Kysely<Tables>, ends: ReadonlyMap<string, TimelineEnd>): Promise<string[]> {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (let last = 0; ;) {
    const rows = await db
      .selectFrom('incidents')
      .selectAll()
      .where('number', '>', last)
      .orderBy('number')
      .limit(PAGE)
      .execute();
    const whole = rows.filter(({ uid }) => ends.get(uid)?.broken === false);
    const timelines = await readTimelines(
      db,
      whole.map(({ uid }) => uid),
    );
    for (const row of rows) {
      seen.add(row.uid);
      last = Number(row.number);
      const problem = differs(row, ends.get(row.uid), timelines.get(row.uid) ?? []);
      if (problem !== null) problems.push(`INC-${row.number}: ${problem}`);
    }
    if (rows.length < PAGE) break;
  }
  for (const uid of ends.keys()) if (!seen.has(uid)) problems.push(`incident ${uid}: its timeline is here, it is not`);
  return problems;
}

async function readTimelines(db: Kysely<Tables>, uids: readonly string[]): Promise<Map<string, WireEntry[]>> {
  const found = new Map<string, WireEntry[]>(uids.map((uid) => [uid, []]));
  if (uids.length === 0) return found;
  const query = db.selectFrom('timeline').select(['incident', 'entry']);
  const rows = await query
    .where('incident', 'in', [...uids])
    .orderBy('incident')
    .orderBy('seq')
    .execute();
  for (const { incident, entry } of rows) found.get(incident)?.push(JSON.parse(entry) as WireEntry);
  return found;
}

function differs(row: IncidentRow, end: TimelineEnd | undefined, timeline: readonly WireEntry[]): string | null {
  if (end === undefined) return 'its timeline is gone';
  const state = readState(row.state);
  if (state === null) return 'its state cannot be read: it was edited';
  if (end.seq !== state.seq || end.hash !== state.head)
    return `its state stands at entry ${state.seq}, its timeline ends at ${end.seq}`;
  const told = timeline.length === 0 ? null : fold(timeline.map(openEntry));
  if (told === null) return null; // what is wrong with its timeline was said
  const edited = [
    ...FIELDS.filter((field) => plain(state[field]) !== plain(told[field])),
    ...Object.entries(COLUMNS)
      .filter(([column, field]) => String(row[column as keyof IncidentRow]) !== String(told[field]))
      .map(([, field]) => field),
    ...(row.category === told.classification.category ? [] : ['classification']),
  ];
  return edited.length === 0 ? null : `stored otherwise than its timeline tells: ${[...new Set(edited)].join(', ')}`;
}

function readState(text: string): Incident | null {
  try {
    return JSON.parse(text) as Incident;
  } catch {
    return null;
  }
}

function plain(value: unknown): string {
  return canonicalize(value ?? null) ?? '';
}

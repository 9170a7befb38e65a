import type { Kysely, Transaction } from 'kysely';
import type { Labels } from '../domain/alert.ts';
import type { Incident } from '../domain/incident.ts';
import type { Rules } from '../incidents/rules.ts';
import { readLabels } from './read-labels.ts';
import type { Tables } from './schema.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

/** More firing alerts than this are more targets than any fix may act upon. */
const MOST = 500;

/** The alerts of an incident that fire now. */
export async function firingAlerts(db: Db, incident: string): Promise<{ labels: Labels; annotations: Labels }[]> {
  const rows = await db
    .selectFrom('alerts')
    .select(['labels', 'annotations'])
    .where('incident', '=', incident)
    .where('status', '=', 'firing')
    .limit(MOST)
    .execute();
  return rows.map((row) => ({ labels: readLabels(row.labels), annotations: readLabels(row.annotations) }));
}

/** How many distinct targets fire, over all open incidents to which this fix applies. */
export async function targetsOfFix(db: Db, rules: Rules, fix: string): Promise<number> {
  const rows = await db
    .selectFrom('incidents')
    .select(['uid', 'state'])
    .where('status', 'in', ['triggered', 'acknowledged'])
    .where('firing', '>', 0)
    .limit(10_000)
    .execute();
  const uids = rows
    .filter((row) => rules.selectFix(JSON.parse(row.state) as Incident)?.id === fix)
    .map((row) => row.uid);
  if (uids.length === 0) return 0;
  const found = await db
    .selectFrom('alerts')
    .select((eb) => eb.fn.count<number>('target').distinct().as('n'))
    .where('incident', 'in', uids.slice(0, 10_000))
    .where('status', '=', 'firing')
    .executeTakeFirst();
  return Number(found?.n ?? 0);
}

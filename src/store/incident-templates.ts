import { sql, type Kysely, type Transaction } from 'kysely';
import type { Incident } from '../domain/incident.ts';
import type { Tables } from './schema.ts';

/** Which kinds of log lines an incident had (`evidence/template-keys.ts`), so that one with the same is found again. */

type Tx = Kysely<Tables> | Transaction<Tables>;

/** So many of the newest with a template are looked at: one that half of all incidents have tells little. */
const EACH_MAX = 60;
/** So many that share the most are considered. */
const SHARING_MAX = 30;

/** Adds to what is known of an incident. */
export async function writeTemplates(
  tx: Tx,
  { uid, createdAt }: Pick<Incident, 'uid' | 'createdAt'>,
  templates: readonly string[],
): Promise<void> {
  if (templates.length === 0) return;
  await tx
    .insertInto('incident_templates')
    .values(templates.map((template) => ({ incident: uid, template, created_at: createdAt })))
    .onConflict((c) => c.columns(['incident', 'template']).doNothing())
    .execute();
}

/** Other incidents with some of these templates, and how many each shares. One statement, along an index. */
export async function readSharing(
  tx: Tx,
  uid: string,
  templates: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (templates.length === 0) return new Map();
  const each = templates.map(
    (template) =>
      sql`select * from (select incident from incident_templates where template = ${template} and incident <> ${uid} order by created_at desc limit ${EACH_MAX}) as t`,
  );
  const { rows } = await sql<{ incident: string }>`${sql.join(each, sql` union all `)}`.execute(tx);
  const shared = new Map<string, number>();
  for (const { incident } of rows) shared.set(incident, (shared.get(incident) ?? 0) + 1);
  return new Map([...shared].toSorted(([, a], [, b]) => b - a).slice(0, SHARING_MAX));
}

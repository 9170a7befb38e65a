import type { Kysely, Transaction } from 'kysely';
import type { Incident } from '../domain/incident.ts';
import { chunks } from './insert-rows.ts';
import type { Tables } from './schema.ts';

/** What a unit of work reads before it decides, in few statements. */

type Tx = Kysely<Tables> | Transaction<Tables>;

/** The states of these incidents. */
export async function findIncidents(tx: Tx, uids: readonly string[]): Promise<Incident[]> {
  const found: Incident[] = [];
  for (const part of chunks(uids)) {
    const rows = await tx.selectFrom('incidents').select('state').where('uid', 'in', part).execute();
    for (const row of rows) found.push(JSON.parse(row.state) as Incident);
  }
  return found;
}

/** An alert as an incident holds or held it. */
export interface HeldAlert {
  readonly incident: string;
  readonly source: string;
  readonly fingerprint: string;
  readonly status: string;
  readonly starts_at: number;
  readonly ends_at: number | null;
  readonly attach_until: number;
}

/**
 * Who holds these alerts now, or held them and heard of them after `seenAfter`. The last one counts: an open incident
 * before one that was resolved.
 */
export async function findHolders(
  tx: Tx,
  fingerprints: readonly string[],
  now: number,
  seenAfter: number,
): Promise<HeldAlert[]> {
  const found: HeldAlert[] = [];
  for (const part of chunks(fingerprints)) {
    const rows = await tx
      .selectFrom('alerts')
      .innerJoin('incidents', 'incidents.uid', 'alerts.incident')
      .select(['alerts.incident', 'alerts.source', 'alerts.fingerprint', 'alerts.status'])
      .select(['alerts.starts_at', 'alerts.ends_at', 'incidents.attach_until'])
      .where('alerts.fingerprint', 'in', part)
      .where((eb) => eb.or([eb('incidents.attach_until', '>', now), eb('alerts.seen_at', '>', seenAfter)]))
      .orderBy('incidents.attach_until')
      .orderBy('incidents.created_at')
      .execute();
    found.push(...rows);
  }
  return found;
}

/** The incidents that take up these grouping keys now; the last one of a key counts. */
export async function findGroups(
  tx: Tx,
  keys: readonly string[],
  now: number,
): Promise<{ readonly uid: string; readonly grouping_key: string }[]> {
  const found: { uid: string; grouping_key: string }[] = [];
  for (const part of chunks(keys)) {
    const rows = await tx
      .selectFrom('incidents')
      .select(['uid', 'grouping_key'])
      .where('grouping_key', 'in', part)
      .where('attach_until', '>', now)
      .orderBy('attach_until')
      .orderBy('created_at')
      .execute();
    found.push(...rows);
  }
  return found;
}

/** Which of these targets the incidents know already. */
export async function findTargets(
  tx: Tx,
  uids: readonly string[],
  targets: readonly string[],
): Promise<{ readonly incident: string; readonly target: string }[]> {
  const found: { incident: string; target: string }[] = [];
  for (const incidents of chunks(uids)) {
    for (const part of chunks(targets)) {
      const rows = await tx
        .selectFrom('alerts')
        .select(['incident', 'target'])
        .distinct()
        .where('incident', 'in', incidents)
        .where('target', 'in', part)
        .execute();
      found.push(...rows);
    }
  }
  return found;
}

/** The open incident that has taken up what a resolved one held: two open incidents must never hold one alert. */
export async function findSuccessor(tx: Tx, { uid, groupingKey }: Incident, now: number): Promise<number | null> {
  const row = await tx
    .selectFrom('incidents')
    .select('number')
    .where('uid', '!=', uid)
    .where('attach_until', '>', now)
    .where((eb) =>
      eb.or([
        eb('grouping_key', '=', groupingKey),
        eb.exists(
          eb
            .selectFrom('alerts as mine')
            .innerJoin('alerts as theirs', (on) =>
              on.onRef('theirs.fingerprint', '=', 'mine.fingerprint').onRef('theirs.source', '=', 'mine.source'),
            )
            .select('mine.incident')
            .where('mine.incident', '=', uid)
            .whereRef('theirs.incident', '=', 'incidents.uid'),
        ),
      ]),
    )
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.number ?? null;
}

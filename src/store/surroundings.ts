import type { Kysely, Transaction } from 'kysely';
import { label, type Labels } from '../domain/alert.ts';
import type { Incident } from '../domain/incident.ts';
import { cleanText, NAME_MAX } from '../domain/text.ts';
import { alertIdentity, lastingLabels } from '../incidents/alert-identity.ts';
import type { NearbyAlert, RelatedFacts } from '../evidence/beyond/related.ts';
import type { PastIncident } from '../evidence/beyond/similar.ts';
import { readSharing } from './incident-templates.ts';
import { insertRows } from './insert-rows.ts';
import { readLabels } from './read-labels.ts';
import type { Tables } from './schema.ts';

/** What stands in the store around an incident: what else fired there, and what was like it before. Every question is bounded. */

type Tx = Kysely<Tables> | Transaction<Tables>;

/** Characters of the labels that are kept for comparing. */
const LABELS_MAX = 4_000;
const PLACES_MAX = 20;

/** Keeps by what these incidents are found again; what is there already stays. */
export async function writeLikenesses(tx: Tx, incidents: readonly Incident[]): Promise<void> {
  await insertRows(tx, 'likenesses', incidents.map(likenessOf), (rows) =>
    tx
      .insertInto('likenesses')
      .values([...rows])
      .onConflict((c) => c.column('incident').doNothing()),
  );
}

function likenessOf({ uid, source, labels, service, createdAt }: Incident): Tables['likenesses'] {
  const lasting: Labels = Object.fromEntries(lastingLabels(labels));
  const text = JSON.stringify(lasting);
  return {
    ...{ incident: uid, identity: alertIdentity(source, labels), name: nameOf(labels), service },
    labels: text.length <= LABELS_MAX ? text : '{}',
    created_at: createdAt,
  };
}

function nameOf(labels: Labels): string {
  return cleanText(label(labels, 'alertname') || label(labels, 'rulename'), NAME_MAX);
}

/** The places that an incident's alerts name. */
export async function placesOf(tx: Tx, uid: string): Promise<readonly string[]> {
  const query = tx.selectFrom('alerts').select('place').distinct().where('incident', '=', uid).where('place', '!=', '');
  return (await query.orderBy('place').limit(PLACES_MAX).execute()).map(({ place }) => place);
}

const ALERT_COLUMNS = ['alerts.incident', 'alerts.place', 'alerts.status', 'alerts.labels'] as const;
const INCIDENT_COLUMNS = ['incidents.number', 'incidents.title', 'incidents.team', 'incidents.service'] as const;

/** Alerts of other incidents that began in this window at these places or in this service, the newest first. */
export async function readNearby(
  tx: Tx,
  { uid, places, service, from, to }: RelatedFacts,
  limit: number,
): Promise<readonly NearbyAlert[]> {
  const nearby = tx
    .selectFrom('alerts')
    .innerJoin('incidents', 'incidents.uid', 'alerts.incident')
    .select([...ALERT_COLUMNS, ...INCIDENT_COLUMNS])
    .select(['alerts.starts_at', 'incidents.status as state', 'incidents.severity'])
    .where('alerts.incident', '!=', uid)
    .where('alerts.starts_at', '>=', from)
    .where('alerts.starts_at', '<=', to)
    .orderBy('alerts.starts_at', 'desc')
    .limit(limit);
  const there = places.length === 0 ? [] : await nearby.where('alerts.place', 'in', [...places]).execute();
  const opened = tx.selectFrom('likenesses').select('likenesses.incident').where('likenesses.service', '=', service);
  const same = opened.where('created_at', '>=', from).orderBy('created_at', 'desc').limit(limit);
  const ofService = service === '' ? [] : await nearby.where('alerts.incident', 'in', same).execute();
  return [...there, ...ofService].map((row) => ({
    ...{ incident: row.incident, number: Number(row.number), title: row.title, team: row.team, service: row.service },
    ...{ place: row.place, severity: row.severity, status: row.status, state: row.state },
    ...{ startsAt: Number(row.starts_at), name: nameOf(readLabels(row.labels)) },
  }));
}

/** Whether the newest incidents, so many of them, all opened at `since` (epoch milliseconds) or later. */
export async function openedFast(tx: Tx, incidents: number, since: number): Promise<boolean> {
  const newest = tx.selectFrom('incidents').select('created_at').orderBy('number', 'desc');
  const row = await newest
    .limit(1)
    .offset(incidents - 1)
    .executeTakeFirst();
  return row !== undefined && Number(row.created_at) >= since;
}

/** So many incidents of a service are looked at for what fires beside. */
const BESIDE_MAX = 50;

/** Labels of alerts that fire in other incidents of the same service, the newest incidents first. */
export async function readFiringBeside(
  tx: Tx,
  { uid, service }: Pick<Incident, 'uid' | 'service'>,
  limit: number,
): Promise<readonly Labels[]> {
  if (service === '') return [];
  const newest = tx
    .selectFrom('likenesses')
    .select('incident')
    .where('service', '=', service)
    .where('incident', '!=', uid)
    .orderBy('created_at', 'desc')
    .limit(BESIDE_MAX);
  const firing = tx.selectFrom('alerts').select('labels').where('status', '=', 'firing');
  return (await firing.where('incident', 'in', newest).limit(limit).execute()).map(({ labels }) => readLabels(labels));
}

/** So many of the newest that share a name or a service are looked at: in a storm there are thousands, and none is over. */
const LIKE_MAX = 200;

/**
 * Incidents that are over and may be like this one, the newest first: the same alert, the same name, the same service, or
 * some of the same log lines.
 * @param templates keys of its own log lines
 */
export async function readPast(
  tx: Tx,
  incident: Incident,
  templates: readonly string[],
  limit: number,
): Promise<readonly PastIncident[]> {
  const identity = alertIdentity(incident.source, incident.labels);
  const sharing = await readSharing(tx, incident.uid, templates);
  const find = (column: 'identity' | 'name' | 'service' | 'incident', value: string | readonly string[]) => {
    const those = tx.selectFrom('likenesses').selectAll();
    const newest = (typeof value === 'string' ? those.where(column, '=', value) : those.where(column, 'in', value))
      .orderBy('created_at', 'desc')
      .limit(LIKE_MAX)
      .as('likenesses');
    return tx
      .selectFrom(newest)
      .innerJoin('incidents', 'incidents.uid', 'likenesses.incident')
      .select(['likenesses.incident', 'likenesses.identity', 'likenesses.name', 'likenesses.service'])
      .select(['likenesses.labels', 'incidents.number', 'incidents.title', 'incidents.team', 'incidents.created_at'])
      .where('likenesses.incident', '!=', incident.uid)
      .where('incidents.status', 'in', ['resolved', 'closed'])
      .orderBy('likenesses.created_at', 'desc')
      .limit(limit)
      .execute();
  };
  const name = nameOf(incident.labels);
  const rows = [
    ...(await find('identity', identity)),
    ...(name === '' ? [] : await find('name', name)),
    ...(incident.service === '' ? [] : await find('service', incident.service)),
    ...(sharing.size === 0 ? [] : await find('incident', [...sharing.keys()])),
  ];
  const unique = new Map(rows.map((row) => [row.incident, row]));
  return [...unique.values()].map((row) => ({
    ...{ uid: row.incident, number: Number(row.number), title: row.title, team: row.team, name: row.name },
    ...{ service: row.service, labels: readLabels(row.labels), createdAt: Number(row.created_at) },
    ...{ isSameAlert: row.identity === identity, sharedTemplates: sharing.get(row.incident) ?? 0 },
  }));
}

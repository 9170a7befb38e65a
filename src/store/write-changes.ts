import type { Kysely, Transaction } from 'kysely';
import { toldDeadline, type Incident } from '../domain/incident.ts';
import type { NewJob } from '../domain/job.ts';
import { reachOf } from '../incidents/correlate.ts';
import type { WireEntry } from '../incidents/timeline.ts';
import { insertRows } from './insert-rows.ts';
import { ledgerHead, stamp } from './ledger.ts';
import { FOREVER, type NewAlertRow, type Tables } from './schema.ts';

/** What a unit of work decided, written in few statements. */

type Tx = Kysely<Tables> | Transaction<Tables>;

/** Writes how incidents stand now. */
export async function writeIncidents(tx: Tx, incidents: readonly Incident[]): Promise<void> {
  await insertRows(tx, 'incidents', incidents.map(incidentRow), (rows) =>
    tx
      .insertInto('incidents')
      .values([...rows])
      .onConflict((c) =>
        c.column('uid').doUpdateSet((eb) => ({
          status: eb.ref('excluded.status'),
          level: eb.ref('excluded.level'),
          category: eb.ref('excluded.category'),
          severity: eb.ref('excluded.severity'),
          priority: eb.ref('excluded.priority'),
          team: eb.ref('excluded.team'),
          attach_until: eb.ref('excluded.attach_until'),
          firing: eb.ref('excluded.firing'),
          updated_at: eb.ref('excluded.updated_at'),
          acknowledged_at: eb.ref('excluded.acknowledged_at'),
          acknowledged_by: eb.ref('excluded.acknowledged_by'),
          owner: eb.ref('excluded.owner'),
          resolved_at: eb.ref('excluded.resolved_at'),
          next_kind: eb.ref('excluded.next_kind'),
          next_at: eb.ref('excluded.next_at'),
          state: eb.ref('excluded.state'),
        })),
      ),
  );
}

/** Writes which alerts an incident holds, and in what state they are. */
export async function writeAlerts(tx: Tx, alerts: readonly NewAlertRow[]): Promise<void> {
  await insertRows(tx, 'alerts', alerts, (rows) =>
    tx
      .insertInto('alerts')
      .values([...rows])
      .onConflict((c) =>
        c.columns(['incident', 'source', 'fingerprint']).doUpdateSet((eb) => ({
          status: eb.ref('excluded.status'),
          starts_at: eb.ref('excluded.starts_at'),
          ends_at: eb.ref('excluded.ends_at'),
          seen_at: eb.ref('excluded.seen_at'),
          labels: eb.ref('excluded.labels'),
          annotations: eb.ref('excluded.annotations'),
        })),
      ),
  );
}

/** Adds entries with their numbers in the ledger: there is one writer at a time, so they are given here. */
export async function writeTimeline(tx: Tx, entries: readonly WireEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const stamps = stamp(await ledgerHead(tx), entries);
  const all = entries.map((entry, index) => ({
    ...{ incident: entry.incident, seq: entry.seq, at: Date.parse(entry.at), type: entry.type },
    ...{ entry: JSON.stringify(entry), n: stamps[index]?.n ?? null, chain: stamps[index]?.chain ?? null },
  }));
  await insertRows(tx, 'timeline', all, (rows) => tx.insertInto('timeline').values([...rows]));
}

/** Queues work; what waits under the same key is replaced. */
export async function writeJobs(
  tx: Tx,
  jobs: readonly (NewJob & { readonly incident: string })[],
  now: number,
): Promise<void> {
  const all = jobs.map((job) => ({
    ...{ kind: job.kind, key: job.key, channel: channelOf(job) },
    ...{ incident: job.incident, state: 'due', due_at: Math.floor(job.dueAt), lease_until: null },
    ...{ fence: 0, attempts: 0, payload: JSON.stringify(job.payload), last_error: '', created_at: now },
  }));
  await insertRows(tx, 'jobs', all, (rows) =>
    tx
      .insertInto('jobs')
      .values([...rows])
      .onConflict((c) =>
        c.column('key').doUpdateSet((eb) => ({
          state: 'due',
          due_at: eb.ref('excluded.due_at'),
          payload: eb.ref('excluded.payload'),
          fence: eb('jobs.fence', '+', 1), // whoever still works on the old one must not touch the new one
          attempts: 0,
          lease_until: null,
        })),
      ),
  );
}

/** For messages, their channel; else ''. */
export function channelOf({ payload }: NewJob): string {
  return 'channel' in payload ? payload.channel : '';
}

function incidentRow(incident: Incident): Tables['incidents'] {
  const { uid, number, status, level, severity, priority, team, service, environment, source, title, firing } =
    incident;
  const next = toldDeadline(incident);
  return {
    ...{ uid, number, status, level, severity, priority, team, service, environment, source, title, firing },
    category: incident.classification.category,
    grouping_key: incident.groupingKey,
    attach_until: reachOf(incident) ?? FOREVER,
    created_at: incident.createdAt,
    updated_at: incident.updatedAt,
    starts_at: incident.startsAt,
    acknowledged_at: incident.acknowledgedAt,
    acknowledged_by: incident.acknowledgedBy,
    owner: incident.owner,
    resolved_at: incident.resolvedAt,
    next_kind: next?.kind ?? null,
    next_at: next?.at ?? null,
    state: JSON.stringify(incident),
  };
}

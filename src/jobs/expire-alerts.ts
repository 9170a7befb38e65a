import { sql } from 'kysely';
import { labelSet, type Alert, type AlertGroup } from '../domain/alert.ts';
import { groupingKeyOf } from '../incidents/correlate.ts';
import type { Rules } from '../incidents/rules.ts';
import type { AlertRow } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { observeGroup } from './observe.ts';

export interface ExpireParts {
  readonly store: Store;
  readonly rules: () => Rules;
  /** Epoch milliseconds of the machine, the clock by which deliveries are received. */
  readonly wall: () => number;
}

/** Alerts a transaction. */
const BATCH = 1000;

/** What the timeline names in place of a delivery. */
const NO_DELIVERY = 'expiry';

/**
 * Ends the alerts whose sender vouches for them no longer (Prometheus posts an `endsAt` some minutes ahead and renews it),
 * found by one set query over the rows: nothing is held in memory and there is no timer that would matter.
 * Nothing ends early: both clocks must be past the end, so that a step of the machine's ends nothing; and a sender gets as
 * long to be heard after our own start as it had vouched for, so that an outage of ours ends nothing.
 * Call it only when every delivery that is on disk has been taken: one that waits may renew them.
 * @param upSince epoch milliseconds of the store's clock
 * @returns whether there may be more
 */
export async function expireAlerts({ store, rules, wall }: ExpireParts, upSince: number): Promise<boolean> {
  const now = Math.min(store.now(), wall());
  const rows = await due(store, now, upSince);
  if (rows.length === 0) return false;
  const by = rules().groupingBy;
  await store.transact(async (unit) => {
    for (const source of new Set(rows.map((row) => row.source))) {
      const group = groupOf(source, rows);
      const keys = group.alerts.map((alert) => groupingKeyOf(group, alert, by));
      await unit.preload(
        group.alerts.map((alert) => ({ source, alert })),
        keys,
      );
      await observeGroup(unit, NO_DELIVERY, group, by);
    }
    // Those that no open incident holds are heard of by nobody, and must not be found again.
    const unheard = rows.filter((row) => unit.holderOf(row.source, row.fingerprint)?.incident !== row.incident);
    for (const row of unheard) await endRow(unit, row);
  });
  return rows.length === BATCH;
}

function due({ db }: Store, now: number, upSince: number): Promise<AlertRow[]> {
  return db
    .selectFrom('alerts')
    .selectAll()
    .where(sql<boolean>`status = 'firing' and ends_at is not null`) // literally as in the index `alerts_by_end`
    .where('ends_at', '<=', now)
    .where(sql<boolean>`ends_at - seen_at <= ${now - upSince}`)
    .orderBy('ends_at')
    .limit(BATCH)
    .execute();
}

async function endRow({ tx }: UnitOfWork, { incident, source, fingerprint }: AlertRow): Promise<void> {
  await tx
    .updateTable('alerts')
    .set({ status: 'resolved' })
    .where('incident', '=', incident)
    .where('source', '=', source)
    .where('fingerprint', '=', fingerprint)
    .execute();
}

function groupOf(source: string, rows: readonly AlertRow[]): AlertGroup {
  const alerts = rows.filter((row) => row.source === source).map(toEnded);
  return { source, groupKey: null, receiver: '', externalURL: '', truncatedAlerts: 0, expired: true, alerts };
}

function toEnded(row: AlertRow): Alert {
  const endsAt = Math.max(row.ends_at ?? 0, row.starts_at); // an end before its beginning would not be believed
  return {
    ...{ fingerprint: row.fingerprint, status: 'resolved' as const, startsAt: row.starts_at, endsAt },
    ...{ labels: labelsOf(row.labels), annotations: labelsOf(row.annotations), generatorURL: row.generator_url },
  };
}

function labelsOf(json: string): Alert['labels'] {
  return labelSet(Object.entries(JSON.parse(json) as Record<string, string>));
}

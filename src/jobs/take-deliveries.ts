import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert, AlertGroup } from '../domain/alert.ts';
import type { Change } from '../domain/change.ts';
import type { Delivery, InboxReader } from '../inbox/inbox-reader.ts';
import { groupingKeyOf } from '../incidents/correlate.ts';
import type { Rules } from '../incidents/rules.ts';
import { readJson } from '../sources/read-json.ts';
import { FINDINGS_MAX, type Heartbeat, type SetAside, type Source } from '../sources/source.ts';
import { writeChanges } from '../store/changes.ts';
import { isStoreTrouble } from '../store/store-trouble.ts';
import type { Store } from '../store/store.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { BatchSize } from './batch-size.ts';
import type { DeadlyDeliveries } from './deadly-deliveries.ts';
import { observeGroup } from './observe.ts';
import { reportTrouble } from './report-trouble.ts';
import { noteBeats } from './watch-heartbeats.ts';
import { readMeta } from '../store/meta.ts';

/** So many bytes of bodies a transaction, whatever the number of deliveries. */
const BATCH_BYTES = 1_000_000;

/** How soon it is looked again at what another replica takes. */
const LEFT_TO_ANOTHER_MS = 250;

export interface TakeParts {
  readonly store: Store;
  readonly inbox: Omit<InboxReader, 'refusedAfter'>;
  readonly sources: ReadonlyMap<string, Source>;
  readonly rules: () => Rules;
  /** Without it, what ends the process is taken first after each start. */
  readonly deadly?: DeadlyDeliveries;
  readonly seen: (taken: Taken) => void;
  readonly log: (message: string, fields: Record<string, unknown>) => void;
}

/** What a batch brought, for the metrics. */
export interface Taken {
  readonly deliveries: number;
  /** Of their bodies. */
  readonly bytes: number;
  /** When the first of them was received, epoch milliseconds. */
  readonly receivedAt: number;
  readonly alerts: readonly { readonly source: string; readonly status: string; readonly count: number }[];
  readonly repeats: readonly { readonly source: string; readonly count: number }[];
}

interface Opened {
  readonly delivery: Delivery;
  readonly groups: readonly AlertGroup[];
  readonly changes: readonly Change[];
  readonly setAside: readonly SetAside[];
  /** Why an alert of it may not have become an incident, though it was answered with 200; null for an ordinary one. */
  readonly lost: string | null;
  /** Whether its source's heartbeat is in it. */
  readonly beats: boolean;
}

/**
 * Advance: deliveries → alerts, incidents, timeline and due work, with the number of the last delivery taken, all in one
 * transaction. After a crash it begins again where the last commit ended: nothing is lost, nothing counts twice.
 * A batch that cannot be taken is tried delivery by delivery, so that one that breaks is found and set aside.
 * @returns whether there may be more
 */
export async function takeDeliveries(parts: TakeParts, batch: BatchSize = new BatchSize()): Promise<boolean> {
  const taken = await parts.store.deliveriesTaken();
  const waiting = await parts.inbox.after(taken, batch.size, BATCH_BYTES);
  const [first] = waiting;
  if (first === undefined) return false;
  const chosen = (await parts.deadly?.choose(parts.store, waiting)) ?? { deliveries: waiting, isDeadly: false };
  if (chosen.isDeadly) {
    await setAside(parts, first, DEADLY);
    return true;
  }
  const { deliveries } = chosen;
  if (deliveries.length === 0) {
    await sleep(LEFT_TO_ANOTHER_MS);
    return true;
  }
  const begun = performance.now();
  try {
    await takeBatch(parts, deliveries);
    batch.took(deliveries.length, performance.now() - begun);
  } catch (error) {
    parts.log('a batch of deliveries broke; taking them one by one', { error: String(error) });
    for (const delivery of deliveries) await takeOrSetAside(parts, delivery);
  }
  return true;
}

async function takeBatch(parts: TakeParts, deliveries: readonly Delivery[]): Promise<void> {
  const opened = deliveries.map((delivery) => openDelivery(parts.sources, delivery));
  const counts = new Counts();
  const mine = await parts.store.transact(async (unit) => {
    if (await isTaken(unit, deliveries[0])) return false;
    await preload(unit, opened, parts.rules());
    for (const one of opened) {
      for (const group of one.groups) await takeGroup(unit, one.delivery, group, parts, counts);
      await writeChanges(unit.tx, one.delivery.source, one.changes, unit.now);
      await keepAside(unit, one);
      if (one.lost !== null) await tellLost(unit, one.delivery, one.lost, one.setAside[0]?.raw ?? '', parts.rules());
    }
    await noteBeats(unit, beatsOf(parts.sources, opened));
    await unit.setMeta('deliveries_taken', String(deliveries.at(-1)?.seq ?? 0));
    return true;
  });
  if (mine) parts.seen(counts.result(deliveries));
}

/** Whether another replica has taken it since it was read: nothing of it may have its effect twice. */
async function isTaken({ tx }: UnitOfWork, delivery: Delivery | undefined): Promise<boolean> {
  return Number((await readMeta(tx, 'deliveries_taken')) ?? 0) >= (delivery?.seq ?? 0);
}

const DEADLY = 'Tierbell ended while taking it, five times in a row; it may need more memory than there is';

/** Tries before a delivery that breaks us counts as poison. */
const TRIES = 5;

/**
 * Poison never stops what comes behind it: after five tries it is set aside, its raw body stays in the inbox, and the
 * fallback is told, as it may hold an alert. What the disk refuses is no poison: that is tried until it works.
 */
async function takeOrSetAside(parts: TakeParts, delivery: Delivery): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await takeBatch(parts, [delivery]);
    } catch (error) {
      if (isStoreTrouble(error)) throw error;
      if (attempt >= TRIES) return setAside(parts, delivery, error instanceof Error ? error.message : String(error));
    }
  }
}

async function setAside(parts: TakeParts, delivery: Delivery, why: string): Promise<void> {
  parts.log('a delivery was set aside', { delivery: delivery.id, source: delivery.source, error: why });
  try {
    await keepPoison(parts, delivery, why, true);
  } catch (error) {
    if (isStoreTrouble(error)) throw error;
    // What breaks even the telling must not stop every source for ever.
    parts.log('people could not be told of a delivery that was set aside', {
      delivery: delivery.id,
      error: String(error),
    });
    await keepPoison(parts, delivery, why, false);
  }
}

async function keepPoison(parts: TakeParts, delivery: Delivery, why: string, tells: boolean): Promise<void> {
  const raw = delivery.body.toString('utf8', 0, 2000);
  await parts.store.transact(async (unit) => {
    if (await isTaken(unit, delivery)) return;
    await insertAside(unit, delivery, [{ index: -1, field: '', problem: `it could not be taken: ${why}`, raw }]);
    const what = `but could not be read into an incident (${why}). Look at what it says below and report it as a bug.`;
    if (tells) await tellLost(unit, delivery, what, raw, parts.rules());
    await unit.setMeta('deliveries_taken', String(delivery.seq));
  });
}

async function tellLost(unit: UnitOfWork, delivery: Delivery, what: string, raw: string, rules: Rules): Promise<void> {
  const summary = `A delivery of ${delivery.source} was answered with 200, ${what}`;
  const trouble = { name: 'TierbellDeliverySetAside', source: delivery.source, summary, raw } as const;
  await reportTrouble(unit, trouble, rules.groupingBy);
}

function openDelivery(sources: ReadonlyMap<string, Source>, delivery: Delivery): Opened {
  const source = sources.get(delivery.source);
  if (source === undefined) {
    const problem = `the source ${delivery.source} is no longer configured`;
    return {
      delivery,
      groups: [],
      changes: [],
      beats: false,
      lost: 'but that source is no longer configured. Look at what it says below, and configure the source again if it still sends.',
      setAside: [{ index: -1, field: '', problem, raw: delivery.body.toString('utf8').slice(0, 2000) }],
    };
  }
  const json = readJson(delivery.body);
  if (!json.ok) throw new Error(json.problem);
  const { groups, setAside, changes = [] } = source.parse(json.value, delivery.receivedAt);
  const kept = groups.map((group) => ({
    ...group,
    alerts: group.alerts.filter((alert) => !source.isHeartbeat(alert)),
  }));
  const { heartbeat } = source;
  const beats = heartbeat !== null && groups.some(({ alerts }) => alerts.some((alert) => heartbeat.isBeat(alert)));
  // A change that cannot be read is no alert that people must hear of.
  const lost = source.kind === 'change' ? null : sayAside(setAside);
  return { delivery, groups: kept, changes, setAside, lost, beats };
}

function beatsOf(sources: TakeParts['sources'], opened: readonly Opened[]): Map<string, Heartbeat> {
  const beating = new Map<string, Heartbeat>();
  for (const { beats, delivery } of opened) {
    const heartbeat = beats ? sources.get(delivery.source)?.heartbeat : null;
    if (heartbeat !== null && heartbeat !== undefined) beating.set(delivery.source, heartbeat);
  }
  return beating;
}

/** The neighbours went on, but an alert that could not be read may be the one that matters. */
function sayAside(aside: readonly SetAside[]): string | null {
  const [first] = aside;
  if (first === undefined) return null;
  const many = aside.length < FINDINGS_MAX ? aside.length : `${FINDINGS_MAX} or more`;
  return `but ${many} of its alerts could not be read (${first.field}: ${first.problem}). Look at what it says below and mend its sender; the other alerts went on.`;
}

async function preload(unit: UnitOfWork, opened: readonly Opened[], rules: Rules): Promise<void> {
  const alerts: { source: string; alert: Alert }[] = [];
  const keys = new Set<string>();
  for (const group of opened.flatMap((one) => one.groups)) {
    for (const alert of group.alerts) {
      alerts.push({ source: group.source, alert });
      keys.add(groupingKeyOf(group, alert, rules.groupingBy));
    }
  }
  await unit.preload(alerts, [...keys]);
}

async function takeGroup(
  unit: UnitOfWork,
  delivery: Delivery,
  group: AlertGroup,
  parts: TakeParts,
  counts: Counts,
): Promise<void> {
  for (const alert of group.alerts) counts.alert(group.source, alert.status);
  counts.repeats(group.source, await observeGroup(unit, delivery.id, group, parts.rules().groupingBy));
}

async function keepAside(unit: UnitOfWork, { delivery, setAside }: Opened): Promise<void> {
  if (setAside.length > 0) await insertAside(unit, delivery, setAside);
}

async function insertAside(unit: UnitOfWork, delivery: Delivery, aside: readonly SetAside[]): Promise<void> {
  const rows = aside.slice(0, 100).map(({ field, problem, raw }) => ({
    at: unit.now,
    source: delivery.source,
    delivery: delivery.id,
    field,
    problem,
    raw,
  }));
  await unit.tx.insertInto('set_aside').values(rows).execute();
}

/** Counts of a batch; told only once it is committed. */
class Counts {
  readonly #alerts = new Map<string, { source: string; status: string; count: number }>();
  readonly #repeats = new Map<string, number>();

  alert(source: string, status: string): void {
    const key = `${source} ${status}`;
    const entry = this.#alerts.get(key) ?? { source, status, count: 0 };
    entry.count += 1;
    this.#alerts.set(key, entry);
  }

  repeats(source: string, count: number): void {
    if (count > 0) this.#repeats.set(source, (this.#repeats.get(source) ?? 0) + count);
  }

  result(deliveries: readonly Delivery[]): Taken {
    return {
      deliveries: deliveries.length,
      bytes: deliveries.reduce((sum, { body }) => sum + body.length, 0),
      receivedAt: deliveries[0]?.receivedAt ?? 0,
      alerts: [...this.#alerts.values()],
      repeats: [...this.#repeats].map(([source, count]) => ({ source, count })),
    };
  }
}

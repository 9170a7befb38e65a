import { hash } from 'node:crypto';
import { label, type Alert, type AlertGroup } from '../domain/alert.ts';
import type { Incident } from '../domain/incident.ts';

/** The newest word on an alert. `startsAt` (epoch milliseconds) is the latest beginning that any sender gave it. */
export interface LastWord {
  readonly status: 'firing' | 'resolved';
  readonly startsAt: number;
}

/** What the store knows of an alert that an incident holds. */
export interface KnownAlert extends LastWord {
  readonly incident: string;
  /** As in {@link Alert}: while it fires, until when its sender vouches for it. */
  readonly endsAt?: number | null;
}

/** What is open (or resolved, but still within reach of a firing): looked up before, so that correlating is pure. */
export interface OpenIndex {
  holderOf(source: string, fingerprint: string): KnownAlert | undefined;
  /** What was last heard of an alert that no incident within reach holds, where that was not long ago. */
  lastWordOf(source: string, fingerprint: string): LastWord | undefined;
  /** The uid of the incident with this grouping key. */
  incidentOf(groupingKey: string): string | undefined;
}

/**
 * `repeat`: nothing new. `renewed`: nothing new but a later beginning, by which late words are measured, or a later moment
 * until which its sender vouches for it; it must be kept. `stale`: an older word than what we know.
 */
export type Change = 'fired' | 'resolved' | 'repeat' | 'renewed' | 'stale';

export interface CorrelatedAlert {
  readonly alert: Alert;
  readonly change: Change;
  /** The latest beginning that we know of: what later words are measured by. Epoch milliseconds. */
  readonly startsAt: number;
  /** Whether the incident did not hold it before. */
  readonly joins: boolean;
}

/**
 * Until when a firing comes back to this incident, epoch milliseconds; null for no end. While it settles it is not known
 * yet whether the trouble goes on, so it keeps its alerts.
 */
export function reachOf({ attachUntil, deadlines }: Pick<Incident, 'attachUntil' | 'deadlines'>): number | null {
  return deadlines.settle === undefined ? attachUntil : null;
}

/** The alerts of one delivery that belong to one incident: one that is open (`incident`) or a new one (null). */
export interface Correlation {
  readonly incident: string | null;
  readonly groupingKey: string;
  readonly alerts: readonly CorrelatedAlert[];
}

/**
 * Which incident each alert of a delivery belongs to: (1) the open incident that holds it, (2) else the open one of the
 * same grouping key, (3) else the one that (1) found for the same alertname in this delivery, (4) else a new one.
 * A resolved alert that nobody holds opens nothing, and neither does the late retry of an episode that has ended. Pure.
 * @param by what makes a grouping key: `groupKey` or label names
 */
export function correlate(group: AlertGroup, index: OpenIndex, by: readonly string[]): Correlation[] {
  const found = new Map<string, { incident: string | null; groupingKey: string; alerts: CorrelatedAlert[] }>();
  const byAlertname = new Map<string, string>();
  const held = new Map<Alert, KnownAlert>();
  const latest = latestOfEach(group.alerts);
  for (const alert of latest) {
    const known = index.holderOf(group.source, alert.fingerprint);
    if (known !== undefined) {
      held.set(alert, known);
      const name = label(alert.labels, 'alertname');
      if (!byAlertname.has(name)) byAlertname.set(name, known.incident);
    }
  }
  // Firing before resolved: an unknown resolved alert may then join what its neighbours opened.
  for (const alert of latest.sort((a, b) => Number(a.status === 'resolved') - Number(b.status === 'resolved'))) {
    const known = held.get(alert);
    if (known === undefined && isLate(alert, index.lastWordOf(group.source, alert.fingerprint))) continue;
    const groupingKey = groupingKeyOf(group, alert, by);
    const name = label(alert.labels, 'alertname');
    const incident = known?.incident ?? index.incidentOf(groupingKey) ?? byAlertname.get(name) ?? null;
    const slot = incident ?? `new ${groupingKey}`;
    if (incident === null && alert.status === 'resolved' && !found.has(slot)) continue;
    const entry = found.get(slot) ?? { incident, groupingKey, alerts: [] };
    const startsAt = Math.max(alert.startsAt, known?.startsAt ?? alert.startsAt);
    entry.alerts.push({ alert, change: changeOf(alert, known), startsAt, joins: known === undefined });
    found.set(slot, entry);
  }
  return [...found.values()];
}

/** A firing of an episode whose end we have heard of. */
function isLate(alert: Alert, last: LastWord | undefined): boolean {
  const mayBeLate = alert.status === 'firing' && !isOfNow(alert);
  return last?.status === 'resolved' && mayBeLate && alert.startsAt <= last.startsAt;
}

/** Its sender says until when it fires, and that lay ahead when it came: such a word is never the late retry of an old one. */
function isOfNow({ status, endsAt }: Alert): boolean {
  return status === 'firing' && endsAt !== null;
}

/**
 * `startsAt` decides: a firing no newer than the episode that has ended is a late retry and never reopens it; the end of
 * an older episode never ends a newer one. Firing while firing is the same episode, whatever its `startsAt`.
 * An alert that expired because its sender could not reach us fires again with its old beginning (Prometheus).
 */
function changeOf(alert: Alert, known: KnownAlert | undefined): Change {
  if (known === undefined) return alert.status === 'firing' ? 'fired' : 'resolved';
  const newer = alert.startsAt > known.startsAt;
  const vouched = isOfNow(alert) && (alert.endsAt ?? 0) > (known.endsAt ?? 0);
  if (alert.status === known.status) return newer || vouched ? 'renewed' : 'repeat';
  if (alert.status === 'firing') return newer || isOfNow(alert) ? 'fired' : 'stale';
  const endedBefore = alert.endsAt !== null && alert.endsAt < known.startsAt;
  return endedBefore ? 'stale' : 'resolved';
}

/** A fingerprint listed twice in one payload counts once: as its newest word, firing where both are of the same start. */
function latestOfEach(alerts: readonly Alert[]): Alert[] {
  const latest = new Map<string, Alert>();
  for (const alert of alerts) {
    const other = latest.get(alert.fingerprint);
    const newer =
      other === undefined ||
      alert.startsAt > other.startsAt ||
      (alert.startsAt === other.startsAt && alert.status === 'firing');
    if (newer) latest.set(alert.fingerprint, alert);
  }
  return [...latest.values()];
}

/** A grouping key as SHA-256 in hex: group keys have no bound, and an index has (10 kB on PostgreSQL). */
export function groupingKeyOf(group: AlertGroup, alert: Alert, by: readonly string[]): string {
  const parts = by.map((name) => {
    if (name !== 'groupKey') return label(alert.labels, name);
    return group.groupKey ?? label(alert.labels, 'alertname');
  });
  const text = JSON.stringify([group.source, ...parts]);
  if (text !== lastKey.text) lastKey = { text, key: hash('sha256', text) };
  return lastKey.key;
}

/** Most alerts of a delivery have the key of the one before them. */
let lastKey = { text: '', key: '' };

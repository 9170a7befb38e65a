import { createHash } from 'node:crypto';
import { labelSet, type Alert, type AlertGroup } from '../domain/alert.ts';
import { cleanLine, cleanText } from '../domain/text.ts';
import { OWN_SOURCE } from '../incidents/rules.ts';
import { groupingKeyOf } from '../incidents/correlate.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { observeGroup } from './observe.ts';

/** Trouble of Tierbell's own that may have cost an alert. */
export interface Trouble {
  readonly name: 'TierbellDeliveryRefused' | 'TierbellDeliverySetAside';
  /** The source that it is about. */
  readonly source: string;
  /** What happened, and what to do. */
  readonly summary: string;
  /** The beginning of what was lost, or ''. */
  readonly raw: string;
}

/**
 * Opens an incident of Tierbell's own source, of which the fallback is told: what may be a lost alert must reach a person.
 * The same trouble of the same source is told once while it is open; after a person resolved it, what comes anew is told
 * again, 15 min later at the earliest.
 */
export async function reportTrouble(unit: UnitOfWork, trouble: Trouble, by: readonly string[]): Promise<void> {
  const alert = alertOf(trouble, unit.now, 0);
  const group = groupOf(trouble, alert);
  const key = groupingKeyOf(group, alert, by);
  await unit.preload([], [key]);
  const open = unit.incidentOf(key);
  const resolvedAt = open === undefined ? null : ((await unit.incident(open))?.resolvedAt ?? null);
  const event = resolvedAt === null ? alert : alertOf(trouble, unit.now, resolvedAt);
  await unit.preload([{ source: OWN_SOURCE, alert: event }], [key]);
  await observeGroup(unit, 'own', { ...group, alerts: [event] }, by);
}

function groupOf(trouble: Trouble, alert: Alert): AlertGroup {
  return {
    ...{ source: OWN_SOURCE, groupKey: `${trouble.name} ${trouble.source}`, receiver: '', externalURL: '' },
    ...{ truncatedAlerts: 0, alerts: [alert] },
  };
}

/** @param since when a person last saw to this trouble, 0 for never: what comes after that is another event */
function alertOf({ name, source, summary, raw }: Trouble, now: number, since: number): Alert {
  const labels = labelSet([
    ['alertname', name],
    ['severity', 'critical'],
    ['about_source', cleanLine(source, 64)],
  ]);
  const annotations = labelSet([
    ['summary', cleanLine(summary, 300)],
    ...(raw === '' ? [] : [['description', cleanText(raw, 2000)] as const]),
  ]);
  const fingerprint = createHash('sha256').update(`${name}\n${source}\n${since}`).digest('hex').slice(0, 16);
  return { fingerprint, status: 'firing', labels, annotations, startsAt: now, endsAt: null, generatorURL: '' };
}

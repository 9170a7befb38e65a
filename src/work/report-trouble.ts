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
 * The same trouble of the same source is told once while it is open, and again 15 min after it was resolved by hand.
 */
export async function reportTrouble(unit: UnitOfWork, trouble: Trouble, by: readonly string[]): Promise<void> {
  const alert = alertOf(trouble, unit.now);
  const group: AlertGroup = {
    ...{ source: OWN_SOURCE, groupKey: `${trouble.name} ${trouble.source}`, receiver: '', externalURL: '' },
    ...{ truncatedAlerts: 0, alerts: [alert] },
  };
  await unit.preload([{ source: OWN_SOURCE, alert }], [groupingKeyOf(group, alert, by)]);
  await observeGroup(unit, 'own', group, by);
}

function alertOf({ name, source, summary, raw }: Trouble, now: number): Alert {
  const labels = labelSet([
    ['alertname', name],
    ['severity', 'critical'],
    ['about_source', cleanLine(source, 64)],
  ]);
  const annotations = labelSet([
    ['summary', cleanLine(summary, 300)],
    ...(raw === '' ? [] : [['description', cleanText(raw, 2000)] as const]),
  ]);
  const fingerprint = createHash('sha256').update(`${name}\n${source}`).digest('hex').slice(0, 16);
  return { fingerprint, status: 'firing', labels, annotations, startsAt: now, endsAt: null, generatorURL: '' };
}

import type { AlertGroup } from '../domain/alert.ts';
import { uuidv7 } from '../inbox/uuidv7.ts';
import { correlate, type Correlation } from '../incidents/correlate.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

/** How many alerts of a group told nothing new. What correlating looks up must be preloaded. */
export async function observeGroup(
  unit: UnitOfWork,
  delivery: string,
  group: AlertGroup,
  by: readonly string[],
): Promise<number> {
  let repeats = 0;
  for (const correlation of correlate(group, unit, by)) {
    repeats += correlation.alerts.filter(({ change }) => change === 'repeat' || change === 'stale').length;
    await observe(unit, delivery, group, correlation);
  }
  return repeats;
}

async function observe(unit: UnitOfWork, delivery: string, group: AlertGroup, correlation: Correlation): Promise<void> {
  const { incident, groupingKey, alerts } = correlation;
  const uid = incident ?? uuidv7(unit.now);
  const opens = incident === null ? { uid, number: await unit.nextNumber(), groupingKey } : null;
  const changed = alerts.filter(({ change }) => change === 'fired' || change === 'resolved');
  let newTargets = 0;
  for (const { alert } of changed) if (unit.keepAlert(uid, group.source, alert)) newTargets += 1;
  const fired = changed.filter(({ change }) => change === 'fired').map(({ alert }) => alert);
  const resolved = changed.filter(({ change }) => change === 'resolved');
  const ended = resolved.filter(({ joins }) => !joins).length; // one that was never seen firing was never counted
  unit.run(uid, {
    ...{ type: 'observe', delivery, source: group.source, opens, fired, newTargets },
    resolved: resolved.map(({ alert }) => alert),
    firingDelta: fired.length - ended,
    newAlerts: changed.filter(({ joins }) => joins).length,
    hidden: group.truncatedAlerts,
  });
}

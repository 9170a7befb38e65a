import type { Alert, AlertGroup } from '../domain/alert.ts';
import { uuidv7 } from '../inbox/uuidv7.ts';
import { correlate, type Correlation, type OpenIndex } from '../incidents/correlate.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

/** What observing needs of a unit of work. */
export type Observing = OpenIndex & Pick<UnitOfWork, 'now' | 'nextNumber' | 'isStorm' | 'recall' | 'keepAlert' | 'run'>;

/** How many alerts of a group told nothing new. What correlating looks up must be preloaded. */
export async function observeGroup(
  unit: Observing,
  delivery: string,
  group: AlertGroup,
  by: readonly string[],
): Promise<number> {
  let repeats = 0;
  const correlations = correlate(group, unit, by);
  const hidden = speaksOfNow(correlations) ? group.truncatedAlerts : null;
  for (const correlation of correlations) {
    repeats += correlation.alerts.filter(({ change }) => change !== 'fired' && change !== 'resolved').length;
    await observe(unit, delivery, group, correlation, hidden);
  }
  return repeats;
}

/** A late retry tells how many alerts were left out then; so does a second copy of a message about an end. */
function speaksOfNow(correlations: readonly Correlation[]): boolean {
  const alerts = correlations.flatMap((correlation) => correlation.alerts);
  if (alerts.some(({ change }) => change === 'stale')) return false;
  return alerts.some(({ change }) => change !== 'repeat') || alerts.every(({ alert }) => alert.status === 'firing');
}

async function observe(
  unit: Observing,
  delivery: string,
  group: AlertGroup,
  correlation: Correlation,
  hidden: number | null,
): Promise<void> {
  const { incident, groupingKey, alerts } = correlation;
  const uid = incident ?? uuidv7(unit.now);
  const changed = alerts.filter(({ change }) => change === 'fired' || change === 'resolved');
  let newTargets = 0;
  for (const { alert, startsAt } of changed) if (unit.keepAlert(uid, group.source, alert, startsAt)) newTargets += 1;
  for (const { alert, startsAt, change } of alerts)
    if (change === 'renewed') unit.keepAlert(uid, group.source, alert, startsAt);
  const fired = changed.filter(({ change }) => change === 'fired').map(({ alert }) => alert);
  const resolved = changed.filter(({ change }) => change === 'resolved');
  const opens = incident === null ? await opening(unit, uid, groupingKey, group.source, fired[0]) : null;
  const ended = resolved.filter(({ joins }) => !joins).length; // one that was never seen firing was never counted
  unit.run(uid, {
    ...{ type: 'observe', delivery, source: group.source, opens, fired, newTargets },
    resolved: resolved.map(({ alert }) => alert),
    firingDelta: fired.length - ended,
    newAlerts: changed.filter(({ joins }) => joins).length,
    expired: group.expired === true,
    hidden,
  });
}

/** What a new incident begins with: its number, and what a person said of the same alert before. */
async function opening(unit: Observing, uid: string, groupingKey: string, source: string, first: Alert | undefined) {
  const number = await unit.nextNumber();
  const remembered = first === undefined ? null : await unit.recall(source, first.labels);
  return { uid, number, groupingKey, remembered, inStorm: await unit.isStorm() };
}

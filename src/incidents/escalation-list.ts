import type { Escalation, Incident } from '../domain/incident.ts';

/** As many of the newest are kept, and the first, which says how it began; all of them are in the timeline. */
export const NEWEST_KEPT = 20;

type Kept = Pick<Incident, 'escalations' | 'escalationsLeftOut'>;

/** One more. What flaps for days is escalated thousands of times, and an incident is read and written whole. */
export function withEscalation({ escalations, escalationsLeftOut = 0 }: Kept, next: Escalation): Kept {
  const [first, ...later] = [...escalations, next];
  if (first === undefined || later.length <= NEWEST_KEPT)
    return { escalations: [...escalations, next], escalationsLeftOut };
  const newest = later.slice(-NEWEST_KEPT);
  return { escalations: [first, ...newest], escalationsLeftOut: escalationsLeftOut + later.length - newest.length };
}

/** How many there were, those that are no longer kept included. */
export function escalationCount({ escalations, escalationsLeftOut = 0 }: Kept): number {
  return escalations.length + escalationsLeftOut;
}

import type { Incident } from '../domain/incident.ts';
import type { Services } from '../domain/service.ts';
import type { Confidentiality } from '../incidents/confidential.ts';
import { findSituations, type Situation } from '../incidents/situation.ts';
import type { ReadModel } from './read-model.ts';

export interface SituationParts {
  readonly read: Pick<ReadModel, 'openOnServices'>;
  readonly services: Services;
  /** What a team keeps to itself is part of nobody else's situation. */
  readonly holds: Confidentiality['holds'];
}

/** The situation that an incident is part of now, as far as its own team may know; null where there is none. */
export async function readSituation(
  { read, services, holds }: SituationParts,
  { number, team, service }: Pick<Incident, 'number' | 'team' | 'service'>,
): Promise<Situation | null> {
  if (services.named(service) === null) return null;
  const open = await read.openOnServices();
  const known = open.filter((other) => other.team === team || !holds(other));
  return findSituations(known, services).get(number) ?? null;
}

/** All situations, by the number of each incident in them; without those that a team keeps to itself. */
export async function readSituations({
  read,
  services,
  holds,
}: SituationParts): Promise<ReadonlyMap<number, Situation>> {
  if (!services.any) return new Map();
  return findSituations(
    (await read.openOnServices()).filter((one) => !holds(one)),
    services,
  );
}

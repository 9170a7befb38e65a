import type { Owner, Team } from '../config/schema.ts';
import { label } from '../domain/alert.ts';
import { CATEGORY_TITLES } from '../domain/category.ts';
import type { Incident } from '../domain/incident.ts';
import type { Ownership } from '../domain/owner.ts';
import type { Service, Services } from '../domain/service.ts';
import { cleanLine } from '../domain/text.ts';

type Owned = Pick<Incident, 'labels' | 'classification' | 'service'>;

/** The entries of `owners` as one decision: the first that yields a team which is configured. Null where none does. */
export function compileOwners(
  owners: readonly Owner[],
  teams: readonly Team[],
  services: Services,
): (of: Owned) => Ownership | null {
  const known = new Set(teams.map(({ name }) => name));
  return (of) => {
    for (const owner of owners) {
      const owned = yielded(owner, of, services);
      if (owned !== null && known.has(owned.team)) return owned;
    }
    return null;
  };
}

function yielded(owner: Owner, { labels, classification, service }: Owned, services: Services): Ownership | null {
  if ('from' in owner) {
    if (owner.from === 'service') return ofService(services.named(service));
    const name = owner.from.slice('labels.'.length);
    const team = label(labels, name);
    return team === '' ? null : { team, why: `the label ${cleanLine(name, 80)} says so` };
  }
  if (!('category' in owner)) return { team: owner.team, why: 'it owns what no other team does' };
  const { category } = classification;
  if (owner.category !== category) return null;
  return { team: owner.team, why: `${CATEGORY_TITLES[category]} is its category` };
}

function ofService(service: Service | null): Ownership | null {
  if (service === null || service.team === '') return null;
  return { team: service.team, why: `the service ${service.name} is theirs` };
}

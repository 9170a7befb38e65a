import { sayClock } from '../../domain/moment.ts';
import { label } from '../../domain/alert.ts';
import type { Evidence, EvidenceFact, Incident } from '../../domain/incident.ts';
import { cleanLine } from '../../domain/text.ts';
import { againstAlert, pieceOf, type PieceFacts } from './piece.ts';

/** How long before an alert others count as of the same trouble. */
const BEFORE_MS = 30 * 60_000;
/** Alerts that are read; in a storm there are more. */
export const NEARBY_MAX = 100;
const SHOWN = 5;

/** What is looked for: alerts that began between `from` and `to` (epoch milliseconds) at these places or in this service. */
export interface RelatedFacts {
  readonly uid: string;
  readonly places: readonly string[];
  /** '' where the alert names none. */
  readonly service: string;
  readonly startsAt: number;
  readonly from: number;
  readonly to: number;
}

/** An alert of another incident. */
export interface NearbyAlert {
  readonly incident: string;
  readonly number: number;
  readonly title: string;
  readonly team: string;
  readonly service: string;
  readonly place: string;
  readonly severity: string;
  /** Of the alert. */
  readonly status: string;
  /** Of its incident. */
  readonly state: string;
  readonly startsAt: number;
  readonly name: string;
}

/** From half an hour before the alert to now. A service that only the scrape's name stands for is none: half a fleet is one job. */
export function relatedFacts(
  { uid, labels, startsAt, service: named }: Pick<Incident, 'uid' | 'labels' | 'startsAt' | 'service'>,
  places: readonly string[],
  now: number,
): RelatedFacts {
  const fired = Math.min(startsAt, now);
  const stated = label(labels, 'service') || label(labels, 'app');
  const service = stated === '' && named === label(labels, 'job') ? '' : named; // in the catalogue it may have another name
  return { uid, places, service, startsAt: fired, from: fired - BEFORE_MS, to: now };
}

/**
 * Other incidents whose alerts fired at the same place or in the same service: those of the same place first, then what
 * fires still, then the nearest in time. Null where there are none. Pure.
 */
export function describeRelated(
  facts: RelatedFacts,
  alerts: readonly NearbyAlert[],
  piece: PieceFacts,
): Evidence | null {
  const incidents = groupByIncident(alerts).toSorted((a, b) => rank(b, facts) - rank(a, facts));
  if (incidents.length === 0) return null;
  const many = incidents.length === 1 ? 'One other incident' : `${incidents.length} other incidents`;
  const where = [...facts.places.slice(0, 3), facts.service].filter((name) => name !== '').join(', ');
  const looked = `${many} had alerts on ${cleanLine(where, 200)} since ${sayClock(facts.from, facts.startsAt)}.`;
  const cut = alerts.length >= NEARBY_MAX;
  const only = `Only the newest ${NEARBY_MAX} alerts were looked at: see the list of incidents for the others.`;
  return pieceOf('related', piece, {
    state: cut ? 'partial' : 'complete',
    reason: cut ? `${looked} ${only}` : looked,
    scope: cleanLine(where, 200),
    facts: incidents.slice(0, SHOWN).map((one) => factOf(one, facts)),
  });
}

/** The alerts of one incident, the first of which stands for them. */
interface Neighbour {
  readonly first: NearbyAlert;
  readonly count: number;
  readonly firing: boolean;
}

function groupByIncident(alerts: readonly NearbyAlert[]): readonly Neighbour[] {
  const found = new Map<string, NearbyAlert[]>();
  for (const alert of alerts) {
    const others = found.get(alert.incident) ?? [];
    const known = others.some(({ name, place, startsAt }) => keyOf(alert) === keyOf({ name, place, startsAt }));
    if (!known) found.set(alert.incident, [...others, alert]);
  }
  return [...found.values()].flatMap((all) => {
    const [first] = all.toSorted((a, b) => a.startsAt - b.startsAt);
    const firing = all.some(({ status }) => status === 'firing');
    return first === undefined ? [] : [{ first, count: all.length, firing }];
  });
}

/** The same alert is found by its place and by its service. */
function keyOf({ name, place, startsAt }: Pick<NearbyAlert, 'name' | 'place' | 'startsAt'>): string {
  return `${startsAt} ${place} ${name}`;
}

/** A place outweighs what still fires, which outweighs nearness (at most 1, halved by each five minutes). */
function rank({ first, firing }: Neighbour, { places, startsAt }: RelatedFacts): number {
  const near = 2 ** (-Math.abs(first.startsAt - startsAt) / 300_000);
  return (places.includes(first.place) ? 4 : 0) + (firing ? 2 : 0) + near;
}

function factOf({ first, count, firing }: Neighbour, { places, startsAt }: RelatedFacts): EvidenceFact {
  const { number, title, place, service, severity, state } = first;
  const where = places.includes(place) ? `same place ${place}` : `same service ${service}`;
  const alerts = count === 1 ? '' : `, ${count} alerts`;
  const how = firing ? 'firing' : state;
  const about = `${againstAlert(first.startsAt, startsAt)}, ${where}, ${severity}, ${how}${alerts}`;
  const id = `INC-${number}`;
  return {
    at: first.startsAt,
    text: cleanLine(`${id} ${cleanLine(title, 120)}: ${about}`, 400),
    url: '',
    incident: { id, title: cleanLine(title, 160), resolution: '' },
  };
}

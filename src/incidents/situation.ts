import type { Services } from '../domain/service.ts';

/** How far apart alerts may begin to count as of one trouble. */
export const SITUATION_MS = 15 * 60_000;

/** An open incident, as far as it matters here. */
export interface OpenIncident {
  readonly number: number;
  /** A name in the catalogue. */
  readonly service: string;
  readonly team: string;
  /** Epoch milliseconds: when the trouble began. */
  readonly startsAt: number;
}

/** Open incidents on services that depend on one another, and where it most likely began. They are shown together, never merged. */
export interface Situation {
  readonly origin: OpenIncident;
  /** All of them, the origin among them, by number. */
  readonly incidents: readonly OpenIncident[];
}

/**
 * The situations among open incidents: those on different services of which one needs the other, directly or through
 * others, and that began within {@link SITUATION_MS} of one another. The likeliest origin is the one that needs none of the
 * others; of several the one that most of them need, then the earliest, then the lower number. Pure.
 * @returns by the number of each incident that is part of one
 */
export function findSituations(open: readonly OpenIncident[], services: Services): ReadonlyMap<number, Situation> {
  const known = open
    .filter(({ service }) => services.named(service) !== null)
    .toSorted((a, b) => a.startsAt - b.startsAt);
  const found = new Map<number, Situation>();
  for (const incidents of connected(known, services)) {
    const origin = originOf(incidents, services);
    if (origin === undefined) continue;
    const situation = { origin, incidents: incidents.toSorted((a, b) => a.number - b.number) };
    for (const { number } of incidents) found.set(number, situation);
  }
  return found;
}

/** Groups of at least two that hang together. @param open by their beginning */
function connected(open: readonly OpenIncident[], services: Services): OpenIncident[][] {
  const groupOf = new Map<OpenIncident, OpenIncident[]>(open.map((one) => [one, [one]]));
  for (const [index, one] of open.entries()) {
    for (let at = index + 1; at < open.length; at++) {
      const other = open[at];
      if (other === undefined || other.startsAt - one.startsAt > SITUATION_MS) break;
      if (areRelated(one, other, services)) join(groupOf, one, other);
    }
  }
  return [...new Set(groupOf.values())].filter((group) => group.length > 1);
}

function areRelated(a: OpenIncident, b: OpenIncident, services: Services): boolean {
  return services.needs(a.service, b.service) || services.needs(b.service, a.service);
}

/** The smaller group goes into the larger one. */
function join(groupOf: Map<OpenIncident, OpenIncident[]>, a: OpenIncident, b: OpenIncident): void {
  const [first, second] = [groupOf.get(a) ?? [], groupOf.get(b) ?? []];
  if (first === second) return;
  const [large, small] = first.length >= second.length ? [first, second] : [second, first];
  large.push(...small);
  for (const one of small) groupOf.set(one, large);
}

function originOf(incidents: readonly OpenIncident[], services: Services): OpenIncident | undefined {
  const names = [...new Set(incidents.map(({ service }) => service))];
  const deepest = new Map(
    names
      .filter((name) => !names.some((other) => services.needs(name, other)))
      .map((name) => [name, names.filter((other) => services.needs(other, name)).length] as const),
  );
  return incidents
    .filter(({ service }) => deepest.has(service))
    .toSorted(
      (a, b) =>
        (deepest.get(b.service) ?? 0) - (deepest.get(a.service) ?? 0) || a.startsAt - b.startsAt || a.number - b.number,
    )[0];
}

/** Beyond so many the rest is a number: a line is read, not counted. */
const NAMED = 8;

/** `part of a situation with INC-3, INC-7; likeliest origin: psp (INC-3)`, as it stands for one of them. */
export function speakSituation({ origin, incidents }: Situation, number: number): string {
  const others = incidents.filter((one) => one.number !== number).map((one) => `INC-${one.number}`);
  const more = others.length > NAMED ? ` and ${others.length - NAMED} more` : '';
  const itself = origin.number === number ? 'this one' : `INC-${origin.number}`;
  return `part of a situation with ${others.slice(0, NAMED).join(', ')}${more}; likeliest origin: ${origin.service} (${itself})`;
}

/** As the wire has it. */
export function situationView(situation: Situation | null): { origin: string; incidents: string[] } | null {
  if (situation === null) return null;
  const { origin, incidents } = situation;
  return { origin: `INC-${origin.number}`, incidents: incidents.map(({ number }) => `INC-${number}`) };
}

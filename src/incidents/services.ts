import type { ServiceEntry } from '../config/rules-schema.ts';
import { label, type Labels } from '../domain/alert.ts';
import { matchesAll, parseMatcher, type Matcher } from '../domain/matcher.ts';
import { SERVICE_LABELS, type Service, type Services } from '../domain/service.ts';
import { httpUrl } from '../domain/text.ts';

/** One that is known by its labels, and its place in the catalogue: the first that fits wins. */
interface Known {
  readonly place: number;
  readonly matchers: readonly Matcher[];
  readonly service: Service;
}

/** The catalogue as questions. What is asked of every alert costs by what fits it, not by how many services there are. */
export function compileServices(entries: readonly ServiceEntry[]): Services {
  const dependents = countDependents(entries);
  const services = new Map(entries.map((entry) => [entry.name, toService(entry, dependents)]));
  const find = compileMatchers(entries, services);
  const reach = memo((name) => reachable(name, (one) => services.get(one)?.dependsOn ?? []));
  return {
    any: entries.length > 0,
    of: (labels) => find(labels) ?? byLabel(labels, services),
    named: (name) => services.get(name) ?? null,
    needs: (name, other) => reach(name).has(other),
  };
}

/** An empty catalogue. */
export const NO_SERVICES: Services = compileServices([]);

/** Who needs it is counted when it is asked for: for all of a long catalogue at once it would take seconds. */
function toService(entry: ServiceEntry, dependents: (name: string) => number): Service {
  const { name, team, tier, depends_on, skills, runbook, contacts, impact_query: query } = entry;
  return {
    ...{ name, skills, contacts, team: team ?? '', tier: tier ?? null, dependsOn: depends_on },
    get dependents() {
      return dependents(name);
    },
    runbook: httpUrl(runbook ?? ''),
    impactQuery:
      query === undefined ? null : { promql: query.promql, metrics: query.metrics ?? null, unit: query.unit },
  };
}

function byLabel(labels: Labels, services: ReadonlyMap<string, Service>): Service | null {
  for (const name of SERVICE_LABELS) {
    const service = services.get(label(labels, name));
    if (service !== undefined) return service;
  }
  return null;
}

/** Those that ask for one value of a label are found by it; the others are tried one by one. */
function compileMatchers(
  entries: readonly ServiceEntry[],
  services: ReadonlyMap<string, Service>,
): (labels: Labels) => Service | null {
  const byValue = new Map<string, Known[]>();
  const others: Known[] = [];
  for (const [place, { name, matchers: texts }] of entries.entries()) {
    const service = services.get(name);
    if (service === undefined || texts.length === 0) continue;
    const matchers = texts.map(parseMatcher);
    const exact = matchers.find(({ op, value }) => op === '=' && value !== '');
    const known = { place, matchers, service };
    if (exact === undefined) others.push(known);
    else push(byValue, keyOf(exact.name, exact.value), known);
  }
  return (labels) => {
    let first: Known | null = null;
    const tryOne = (known: Known): void => {
      if ((first === null || known.place < first.place) && matchesAll(known.matchers, labels)) first = known;
    };
    for (const [name, value] of Object.entries(labels)) byValue.get(keyOf(name, value))?.forEach(tryOne);
    others.forEach(tryOne);
    return (first as Known | null)?.service ?? null;
  };
}

function keyOf(name: string, value: string): string {
  return `${name}\n${value}`;
}

/** How many need each of them, directly or through others. */
function countDependents(entries: readonly ServiceEntry[]): (name: string) => number {
  const needing = new Map<string, string[]>();
  for (const { name, depends_on } of entries) for (const needed of depends_on) push(needing, needed, name);
  return memo((name) => reachable(name, (one) => needing.get(one) ?? []).size);
}

/** Everything that is reached from `start`, without itself. */
function reachable(start: string, next: (name: string) => readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...next(start)];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === start || found.has(name)) continue;
    found.add(name);
    open.push(...next(name));
  }
  return found;
}

function push<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function memo<T>(of: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const found = known.get(name) ?? of(name);
    known.set(name, found);
    return found;
  };
}

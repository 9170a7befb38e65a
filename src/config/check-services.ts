import { didYouMean } from '../domain/nearest.ts';
import { matchersChoose } from './check-fixes.ts';
import type { Draft, Item } from './draft.ts';
import type { Finding, Problem } from './problem.ts';
import type { ServiceEntry } from './rules-schema.ts';

/** What the catalogue of services names must exist, and what depends on what must not go round in a circle. */
export function checkServices(draft: Draft): Problem[] {
  const known = new Set(draft.services.flatMap(({ name }) => (name === null ? [] : [name])));
  return [
    ...draft.services.flatMap((item) => [
      ...checkTeam(draft, item),
      ...checkDependencies(item, known),
      ...checkImpactQuery(draft, item),
    ]),
    ...checkCycles(draft.services),
  ];
}

function checkTeam(draft: Draft, item: Item<ServiceEntry>): Problem[] {
  const team = item.value?.team;
  const names = namesOf(draft.teams);
  if (team === undefined || names.includes(team)) return [];
  return found(item, {
    path: ['team'],
    message: 'no such team',
    allowed: listed(names),
    hint: didYouMean(team, names),
  });
}

function checkDependencies(item: Item<ServiceEntry>, known: ReadonlySet<string>): Problem[] {
  return (item.value?.depends_on ?? []).flatMap((name, index) =>
    known.has(name)
      ? []
      : found(item, {
          path: ['depends_on', index],
          message: 'no such service',
          allowed: listed([...known]),
          hint: didYouMean(name, [...known]),
        }),
  );
}

/** The metrics source by its name, the only one that there is, or the one whose matchers fit. */
function checkImpactQuery(draft: Draft, item: Item<ServiceEntry>): Problem[] {
  const query = item.value?.impact_query;
  if (query === undefined) return [];
  const names = namesOf(draft.metrics);
  if (query.metrics !== undefined && !names.includes(query.metrics)) {
    const hint = didYouMean(query.metrics, names);
    return found(item, {
      path: ['impact_query', 'metrics'],
      message: 'no such metrics source',
      allowed: listed(names),
      hint,
    });
  }
  if (query.metrics !== undefined || names.length === 1 || matchersChoose(draft)) return [];
  const path = ['impact_query'];
  if (names.length === 0)
    return found(item, { path, message: 'there is no metrics source to ask', hint: 'add one under `metrics`' }, false);
  const hint = `name one: \`metrics: ${names[0] ?? ''}\``;
  return found(item, { path, message: 'more than one metrics source could be asked', hint }, false);
}

/** Each circle once, at the dependency that closes it. Walks without recursion: a catalogue may be long. */
function checkCycles(services: readonly Item<ServiceEntry>[]): Problem[] {
  const items = new Map(services.flatMap((item) => (item.name === null ? [] : [[item.name, item] as const])));
  const state = new Map<string, 'open' | 'done'>();
  const problems: Problem[] = [];
  for (const start of items.keys()) {
    const way: { readonly name: string; at: number }[] = [];
    const enter = (name: string): void => {
      state.set(name, 'open');
      way.push({ name, at: 0 });
    };
    if (!state.has(start)) enter(start);
    for (let last = way.at(-1); last !== undefined; last = way.at(-1)) {
      const item = items.get(last.name);
      const index = last.at++;
      const next = item?.value?.depends_on[index];
      if (item === undefined || next === undefined) {
        state.set(last.name, 'done');
        way.pop();
      } else if (state.get(next) === 'open') {
        const circle = way.slice(way.findIndex(({ name }) => name === next)).map(({ name }) => name);
        problems.push(...cycleProblem(item, index, [...circle, next]));
      } else if (!state.has(next) && items.has(next)) enter(next);
    }
  }
  return problems;
}

function cycleProblem(item: Item<ServiceEntry>, index: number, circle: readonly string[]): Problem[] {
  const shown = circle.length <= 8 ? circle : [...circle.slice(0, 4), '…', ...circle.slice(-3)];
  const what = circle.length === 2 ? 'a service that depends on itself' : 'a cyclic dependency';
  const message = `${what}: ${shown.join(' → ')}`;
  return found(item, { path: ['depends_on', index], message, hint: 'take out the one that is not true' }, false);
}

function found(item: Item<ServiceEntry>, finding: Finding, shows = true): Problem[] {
  const path = [...item.path, ...finding.path];
  const problem = item.file.problem({ ...finding, path, ...(shows ? { found: item.file.speak(path) } : {}) });
  return problem === null ? [] : [problem];
}

function namesOf(items: readonly Item<unknown>[]): string[] {
  return items.map(({ name }) => name).filter((name) => name !== null);
}

/** At most a dozen names. */
function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none is configured';
  const more = names.length > 12 ? ` and ${names.length - 12} more` : '';
  return `${names.slice(0, 12).join(', ')}${more}`;
}

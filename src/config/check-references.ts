import { LEVELS } from '../domain/incident.ts';
import { OWNER_ROLES } from '../domain/owner.ts';
import { checkFixes } from './check-fixes.ts';
import { checkProcedures } from './check-procedures.ts';
import { checkServices } from './check-services.ts';
import type { Draft, Item } from './draft.ts';
import { didYouMean } from '../domain/nearest.ts';
import { notBuilt, referenceNotBuilt } from './not-built.ts';
import type { Finding, Path, Problem } from './problem.ts';
import { valueAt, type YamlFile } from './yaml-file.ts';

/** What no single file's shape can show: names that mean nothing, names that mean two things, steps that lead nowhere. */
export function checkReferences(draft: Draft): Problem[] {
  return [
    ...checkNamesUnique(draft),
    ...checkTeams(draft),
    ...checkPeople(draft),
    ...checkOwners(draft),
    ...checkFallback(draft),
    ...checkPolicies(draft),
    ...checkFixes(draft),
    ...checkServices(draft),
    ...checkProcedures(draft),
  ];
}

/** Who may be named in `notify`: teams, people and channels share one name space; the rest have one a section. */
function checkNamesUnique(draft: Draft): Problem[] {
  const spaces: readonly (readonly Item<unknown>[])[] = [
    [...draft.channels, ...draft.people, ...draft.teams],
    draft.sources,
    draft.logs,
    draft.executors,
    draft.metrics,
    draft.providers,
    draft.categories,
    draft.known_fixes,
    draft.escalation_policies,
    draft.services,
  ];
  return [...spaces.flatMap(checkUnique), ...(spaces[0] ?? []).flatMap(checkNotReserved)];
}

function checkNotReserved({ name, file, path }: Item<unknown>): Problem[] {
  if (name === null || !OWNER_NAMES.has(name)) return [];
  const message = 'this name means the team that owns an incident';
  return found(file, { path: [...path, 'name'], message, found: name, hint: 'take another name' });
}

function checkUnique(items: readonly Item<unknown>[]): Problem[] {
  const first = new Map<string, Item<unknown>>();
  return items.flatMap((item) => {
    if (item.name === null) return [];
    const earlier = first.get(item.name);
    if (earlier === undefined) first.set(item.name, item);
    if (earlier === undefined) return [];
    const key = valueAt(item.file.data, [...item.path, 'name']) === undefined ? 'id' : 'name';
    const path = [...item.path, key];
    const hint = `the other one stands at ${earlier.file.place([...earlier.path, key])}`;
    return found(item.file, { path, message: `this ${key} is taken`, found: item.file.speak(path), hint });
  });
}

function checkTeams(draft: Draft): Problem[] {
  return draft.teams.flatMap(({ file, path }) =>
    ['channels', 'level2', 'level3'].flatMap((key) => checkNames(draft, file, [...path, key], ['channels'])),
  );
}

/** Each entry that names a team must name one that there is. */
function checkOwners(draft: Draft): Problem[] {
  const owners = valueAt(draft.main.data, ['owners']);
  if (!Array.isArray(owners)) return [];
  return owners.flatMap((owner: unknown, index) => {
    const team = valueAt(owner, ['team']);
    return typeof team === 'string' ? checkName(draft, draft.main, ['owners', index, 'team'], team, ['teams']) : [];
  });
}

function checkPeople(draft: Draft): Problem[] {
  return draft.people.flatMap((person) => checkNames(draft, person.file, [...person.path, 'channels'], ['channels']));
}

function checkFallback(draft: Draft): Problem[] {
  return checkNames(draft, draft.main, ['fallback', 'notify'], RECIPIENTS);
}

function checkPolicies(draft: Draft): Problem[] {
  const absent =
    draft.escalation_policies.length === 0 && draft.complete
      ? found(draft.main, {
          path: ['rule_files'],
          message: 'no file holds an escalation policy',
          allowed: 'at least one under `escalation_policies`',
          hint: 'begin with the shipped rules/escalation.yaml',
        })
      : [];
  return [
    ...absent,
    ...draft.escalation_policies.flatMap((policy) => [...checkSteps(draft, policy), ...checkRise(policy)]),
  ];
}

function checkSteps(draft: Draft, { file, path }: Item<unknown>): Problem[] {
  const steps = valueAt(file.data, [...path, 'steps']);
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((_step, index) => [
    ...checkNames(draft, file, [...path, 'steps', index, 'notify'], RECIPIENTS, true),
    ...checkNames(draft, file, [...path, 'steps', index, 'inform'], RECIPIENTS, true),
  ]);
}

/** No step goes to a lower level than the one before: an incident never falls back by itself. */
function checkRise({ file, path, value }: Item<Draft['escalation_policies'][number]['value']>): Problem[] {
  if (value === null) return [];
  return value.steps.flatMap((step, index) => {
    const before = value.steps[index - 1];
    if (before === undefined || LEVELS.indexOf(step.level) >= LEVELS.indexOf(before.level)) return [];
    const at = [...path, 'steps', index, 'level'];
    const allowed = `level ${before.level} or a higher one`;
    return found(file, { path: at, message: 'the levels of a policy may not fall', found: file.speak(at), allowed });
  });
}

type Section = 'channels' | 'people' | 'teams';
const RECIPIENTS: readonly Section[] = ['teams', 'people', 'channels'];
/** In steps of a policy: the team that owns the incident. */
const OWNER_NAMES: ReadonlySet<string> = new Set(OWNER_ROLES);

/** Each text of the list at `path` must name an element of one of the sections, and one that a message can reach. */
function checkNames(
  draft: Draft,
  file: YamlFile,
  path: Path,
  sections: readonly Section[],
  ofIncident = false,
): Problem[] {
  const list = valueAt(file.data, path);
  if (!Array.isArray(list)) return [];
  return list.flatMap((name: unknown, index) => {
    if (typeof name !== 'string') return [];
    const at = [...path, index];
    if (OWNER_NAMES.has(name) && ofIncident) return checkOwned(draft, file, at, name);
    return checkName(draft, file, at, name, sections);
  });
}

/** `owner.level2` means nobody where nobody ever owns an incident. */
function checkOwned(draft: Draft, file: YamlFile, path: Path, name: string): Problem[] {
  const owners = valueAt(draft.main.data, ['owners']);
  if (Array.isArray(owners) && owners.length > 0) return [];
  const message = `\`${name}\` means the team that owns the incident, and there are no \`owners\``;
  return found(file, { path, message, hint: 'add `owners` to the main file, or name a team, person or channel' });
}

function checkName(draft: Draft, file: YamlFile, path: Path, name: string, sections: readonly Section[]): Problem[] {
  const names = sections.flatMap((section) => draft[section].map((item) => item.name));
  const known = [...new Set(names)].filter((item) => item !== null);
  if (known.includes(name)) return checkReachable(draft, file, path, name);
  if (draft.futureNames.includes(name)) return [];
  const missing = referenceNotBuilt(name);
  if (missing !== null) {
    const message = missing === name ? notBuilt(name) : `\`${name}\` needs ${notBuilt(missing, ', which ')}`;
    return found(file, { path, message, hint: 'name a team, person or channel' });
  }
  const allowed = known.length === 0 ? `the name of one of ${sections.join(', ')}` : listed(known);
  const message = `no such ${speakSections(sections)}`;
  return found(file, { path, message, found: file.speak(path), allowed, hint: didYouMean(name, known) });
}

function checkReachable(draft: Draft, file: YamlFile, path: Path, name: string): Problem[] {
  const holders = RECIPIENTS.flatMap<Item<unknown>>((section) => draft[section]).filter((item) => item.name === name);
  const person = holders.length === 1 ? draft.people.find((item) => item.name === name)?.value : null;
  if (person === undefined || person === null || person.channels.length > 0) return [];
  const hint = 'give that person `channels`';
  return found(file, { path, message: 'nobody can be reached this way', found: file.speak(path), hint });
}

function speakSections(sections: readonly Section[]): string {
  return sections.length === 1 ? (sections[0] === 'teams' ? 'team' : 'channel') : 'team, person or channel';
}

/** At most a dozen names. */
function listed(names: readonly string[]): string {
  const more = names.length > 12 ? ` and ${names.length - 12} more` : '';
  return `${names.slice(0, 12).join(', ')}${more}`;
}

function found(file: YamlFile, finding: Finding): Problem[] {
  const problem = file.problem(finding);
  return problem === null ? [] : [problem];
}

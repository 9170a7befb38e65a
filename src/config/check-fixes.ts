import { posix } from 'node:path';
import { blanksOf, templateProblem } from '../domain/template.ts';
import { checkFaults, templatesOfCheck } from '../fixes/check.ts';
import { problemsOfFix } from '../fixes/fix-problems.ts';
import {
  blanksOfRequest,
  requestFaults,
  templatesOfRequest,
  type PlacedFault,
  type WrittenRequest,
} from '../fixes/http-request.ts';
import { urlFaults } from '../fixes/url-template.ts';
import type { Draft, Item } from './draft.ts';
import { didYouMean } from '../domain/nearest.ts';
import type { Finding, Path, Problem } from './problem.ts';
import type { KnownFix } from './rules-schema.ts';

/** What a known fix names must exist, and nothing that an alert says may reach a command unchecked. */
export function checkFixes(draft: Draft): Problem[] {
  return draft.known_fixes.flatMap((item) => {
    const { value: fix, file, path } = item;
    if (fix === null) return [];
    const findings: FixFinding[] = [
      ...checkSources(draft, fix),
      ...checkScope(fix),
      ...checkExecutor(draft, fix),
      ...checkMetrics(draft, fix),
      ...checkBlanks(fix),
      ...checkTarget(fix),
      ...checkTimes(fix),
    ];
    if (findings.length === 0) findings.push(...checkShapes(fix));
    // What the fixes themselves would refuse at run time and has no place of its own yet is told of the whole fix.
    if (findings.length === 0)
      findings.push(...problemsOfFix(fix).map((message) => ({ path: [], message, shows: false as const })));
    return findings
      .map((finding) => file.problem(shown({ ...finding, path: [...path, ...finding.path] }, item)))
      .filter((problem) => problem !== null);
  });
}

type Command = Extract<KnownFix['action'], { kind: 'command' }>;

/** `shows: false` where the message says what stands there. */
type FixFinding = Finding & { readonly shows?: false };

function shown({ shows, ...finding }: FixFinding, { file }: Item<KnownFix>): Finding {
  return shows === false ? finding : { ...finding, found: file.speak(finding.path) };
}

function checkSources(draft: Draft, fix: KnownFix): FixFinding[] {
  const known = namesOf(draft.sources);
  return fix.applies_to.sources.flatMap((name, index) =>
    known.includes(name) ? [] : [unknown(['applies_to', 'sources', index], 'source', name, known)],
  );
}

/** Without a category and without a matcher a fix would be for everything, so it is for nothing. */
function checkScope({ applies_to: scope }: KnownFix): FixFinding[] {
  if (scope.matchers.length > 0 || (scope.categories !== undefined && scope.categories.length > 0)) return [];
  const message = 'it does not say which incidents it is for';
  return [{ path: ['applies_to'], at: 'key', message, shows: false, allowed: '`categories`, `matchers` or both' }];
}

/** The executor by its name, or the only one of the action's kind; it must allow the program. */
function checkExecutor(draft: Draft, { executor: name, action }: KnownFix): FixFinding[] {
  const serving = draft.executors.filter((item) => item.value === null || item.value.kind === action.kind);
  const known = namesOf(serving);
  const [only, ...others] = name === undefined ? serving : serving.filter((item) => item.name === name);
  if (name !== undefined && only === undefined) return [unknown(['executor'], 'executor', name, known)];
  if (only === undefined)
    return [finding(['action', 'kind'], `no executor of kind ${action.kind}`, 'add one under `executors`')];
  if (name === undefined && others.length > 0)
    return [finding(['action', 'kind'], 'more than one executor could run it', `name one: \`executor: ${only.name}\``)];
  if (only.value === null) return [];
  const { allow } = only.value;
  return action.kind === 'command'
    ? checkProgram(action, only.name ?? '', allow)
    : checkOrigins(action, only.name ?? '', allow);
}

function checkProgram({ argv }: Command, executor: string, allow: readonly string[]): FixFinding[] {
  const program = argv[0] ?? '';
  const path = ['action', 'argv', 0];
  if (program.includes('{{')) return [finding(path, 'the program may not hold a blank', 'name the file itself')];
  if (!posix.isAbsolute(program) || posix.normalize(program) !== program || program.endsWith('/'))
    return [{ path, message: 'not a program', allowed: 'an absolute path without . and ..' }];
  if (allow.some((entry) => (entry.endsWith('/') ? program.startsWith(entry) : program === entry))) return [];
  return [{ path, message: `executor ${executor} does not allow this program`, allowed: allow.join(', ') }];
}

/** What is no address at all is told by {@link checkShapes}. */
function checkOrigins({ url, poll }: WrittenRequest, executor: string, allow: readonly string[]): FixFinding[] {
  const places: readonly (readonly [Path, string | undefined])[] = [
    [['action', 'url'], url],
    [['action', 'poll', 'url'], poll?.url],
  ];
  return places.flatMap(([path, text = '']) => {
    const address = text.replaceAll(/\{\{[^}]*\}\}/g, 'x');
    const told = text === '' || urlFaults(text, { hostMayVary: false }).length > 0;
    if (told || allow.includes(new URL(address).origin)) return [];
    return [{ path, message: `executor ${executor} does not allow this origin`, allowed: allow.join(', ') }];
  });
}

/** Where every one of several metrics sources has matchers, the alert chooses; that they overlap shows only then. */
export function matchersChoose({ metrics }: Draft): boolean {
  return metrics.length > 1 && metrics.every(({ value }) => (value?.matchers.length ?? 0) > 0);
}

/** Each query needs one metrics source: the named one, the only one, or the one whose matchers fit. */
function checkMetrics(draft: Draft, { guards, verify }: KnownFix): FixFinding[] {
  const known = namesOf(draft.metrics);
  const queries: readonly (readonly [Path, { readonly metrics?: string | undefined } | undefined])[] = [
    [['guards', 'population'], guards.population],
    [['guards', 'precondition'], guards.precondition],
    [['verify'], verify.kind === 'promql' ? verify : undefined],
  ];
  return queries.flatMap(([path, query]) => {
    if (query === undefined) return [];
    if (query.metrics !== undefined)
      return known.includes(query.metrics)
        ? []
        : [unknown([...path, 'metrics'], 'metrics source', query.metrics, known)];
    if (draft.metrics.length === 1 || matchersChoose(draft)) return [];
    const message = known.length === 0 ? 'no metrics source to ask' : 'more than one metrics source could be asked';
    const hint = known.length === 0 ? 'add one under `metrics`' : `name one: \`metrics: ${known[0]}\``;
    return [{ path, at: 'key' as const, message, shows: false as const, hint }];
  });
}

/** The action takes declared parameters only; target and queries take labels and annotations too, escaped for where they stand. */
function checkBlanks({ action, target, verify, guards }: KnownFix): FixFinding[] {
  const declared = Object.keys(action.parameters);
  const queries: readonly (readonly [Path, string | undefined])[] = [
    [['target'], target],
    [['guards', 'population', 'promql'], guards.population?.promql],
    [['guards', 'precondition', 'promql'], guards.precondition?.promql],
  ];
  return [
    ...textsOf(action).flatMap(([path, text, names]) => blanks(path, text, declared, false, names)),
    ...templatesOfCheck(verify).flatMap(({ key, text, anything }) => blanks(['verify', key], text, declared, anything)),
    ...queries.flatMap(([path, text]) => blanks(path, text ?? '', declared, true)),
  ];
}

const FROM_ALERT = /^(labels|annotations)\../;

/** Every text of the action, its place, and the names that its blanks mention. */
function textsOf(action: KnownFix['action']): (readonly [Path, string, readonly string[]])[] {
  if (action.kind === 'command')
    return action.argv.map((text, index) => [['action', 'argv', index], text, blanksOf(text)] as const);
  return templatesOfRequest(action).map(
    ([place, text]) => [['action', ...place], text, blanksOfRequest(place, text)] as const,
  );
}

/** What is wrong with a request or a probe by itself, once its names are right. */
function checkShapes(fix: KnownFix): FixFinding[] {
  const placed = (top: string, { at, message, hint }: PlacedFault): FixFinding => finding([top, ...at], message, hint);
  return [
    ...(fix.action.kind === 'http' ? requestFaults(fix.action).map((fault) => placed('action', fault)) : []),
    ...checkFaults(fix).map((fault) => placed('verify', fault)),
  ];
}

function blanks(
  path: Path,
  text: string,
  declared: readonly string[],
  alertsToo: boolean,
  names: readonly string[] = blanksOf(text),
): FixFinding[] {
  const odd = templateProblem(text);
  if (odd !== null) return [{ path, message: odd, hint: 'write {{ name }}' }];
  const wrong = names.filter((name) => !declared.includes(name) && !(alertsToo && FROM_ALERT.test(name)));
  return [...new Set(wrong)].map((name) => {
    const raw = FROM_ALERT.test(name);
    const hint = raw
      ? `add a parameter with \`from: ${name}\` and a pattern, and name that`
      : didYouMean(name, declared) || `declare \`${name}\` under \`parameters\``;
    const message = raw
      ? `\`{{ ${name} }}\` would put alert text into ${path[1] === 'argv' ? 'a command' : 'it'} unchecked`
      : `\`{{ ${name} }}\` is no parameter of this fix`;
    const known = declared.length === 0 ? 'declared parameters' : declared.join(', ');
    return { path, message, allowed: alertsToo ? `${known}, labels.NAME, annotations.NAME` : known, hint };
  });
}

/**
 * What a command acts on must be what cooldown, lock and caps count: argv holds a parameter that the target holds too,
 * by name or by the label it comes from. A command for the bridge's own host says so.
 */
function checkTarget({ action, target }: KnownFix): FixFinding[] {
  if (action.kind === 'command' && action.runs_on === 'bridge') return [];
  const origins = (text: string): string[] =>
    blanksOf(text).map((name) =>
      Object.hasOwn(action.parameters, name) ? (action.parameters[name]?.from ?? name) : name,
    );
  const counted = new Set(origins(target));
  const acting = textsOf(action).filter(([path]) => path[1] !== 'poll');
  if (acting.some(([, text]) => origins(text).some((origin) => counted.has(origin)))) return [];
  if (action.kind === 'http') return counted.size === 0 ? [] : [UNGUARDED];
  const message = 'no parameter of the target stands in argv, so it would run on the bridge itself';
  const hint = 'name the target in argv, or say `runs_on: bridge`';
  return [{ path: ['action', 'argv'], at: 'key', message, shows: false, hint }];
}

const UNGUARDED: FixFinding = {
  path: ['target'],
  message: 'the request holds no parameter of the target, so lock and caps would guard something else',
  hint: 'put a parameter of the target into its url, headers or body',
};

function checkTimes({ verify }: KnownFix): FixFinding[] {
  if (verify.timeout >= verify.for) return [];
  const allowed = 'at least as long as `for`';
  return [{ path: ['verify', 'timeout'], message: 'verification would give up before it could succeed', allowed }];
}

function unknown(path: Path, what: string, name: string, known: readonly string[]): FixFinding {
  const allowed = known.length === 0 ? `none: there is no ${what} at all` : known.join(', ');
  return { path, message: `no such ${what}`, allowed, hint: didYouMean(name, known) };
}

function finding(path: Path, message: string, hint: string): FixFinding {
  return { path, message, hint };
}

function namesOf(items: readonly Item<unknown>[]): string[] {
  return items.map((item) => item.name).filter((name) => name !== null);
}

import type { KnownFix } from '../config/rules-schema.ts';
import { compileLinear } from '../domain/matcher.ts';
import { blanksOf, templateProblem } from '../domain/template.ts';
import { argvProblems } from './argv.ts';
import { blanksOfCheck, checkFaults, templatesOfCheck } from './check.ts';
import { blanksOfRequest, requestFaults, templatesOfRequest, type PlacedFault } from './http-request.ts';
import { promqlBlanks, promqlProblems } from './promql-template.ts';

const PATH = /^(labels|annotations|incident)\../;

/** What is wrong with a known fix as it is written, in sentences that name the key. Pure: no executor is asked. */
export function problemsOfFix(fix: KnownFix): string[] {
  const declared = new Set(Object.keys(fix.action.parameters));
  return [
    ...selectionProblems(fix),
    ...parameterProblems(fix),
    ...actionProblems(fix, declared),
    ...targetProblems(fix, declared),
    ...queryProblems(fix, declared),
    ...checkProblems(fix, declared),
  ];
}

function selectionProblems({ applies_to }: KnownFix): string[] {
  const { categories = [], matchers } = applies_to;
  return categories.length === 0 && matchers.length === 0
    ? ['applies_to names neither a category nor a matcher; it would apply to every alert of its sources']
    : [];
}

function parameterProblems({ action }: KnownFix): string[] {
  return Object.entries(action.parameters).flatMap(([name, { pattern }]) => {
    const problems = /^[A-Za-z_][\w:-]*$/.test(name)
      ? []
      : [`action.parameters: ${JSON.stringify(name)} is no name; use letters, digits and underscores`];
    try {
      compileLinear(pattern);
    } catch (error) {
      problems.push(`action.parameters.${name}.pattern: ${(error as Error).message}`);
    }
    return problems;
  });
}

/** The target must be one that the command acts upon, or the lock and the caps would guard something else. */
function targetProblems(fix: KnownFix, declared: ReadonlySet<string>): string[] {
  const names = blanksOf(fix.target);
  const problems = unknownNames(names, declared).map(
    (name) => `target names ${name}, which action.parameters does not declare`,
  );
  const odd = templateProblem(fix.target);
  if (odd !== null) problems.push(`target: ${JSON.stringify(fix.target)}: ${odd}`);
  const origin = (name: string): string =>
    Object.hasOwn(fix.action.parameters, name) ? (fix.action.parameters[name]?.from ?? name) : name;
  const inAction = new Set(blanksOfAction(fix.action).map(origin));
  if (names.some((name) => inAction.has(origin(name)))) return problems;
  const elsewhere = actsElsewhere(fix, names.length);
  return elsewhere === null ? problems : [...problems, elsewhere];
}

/** Where the target's own parameters do not reach the action; a request for a fixed target needs none. */
function actsElsewhere({ action }: KnownFix, blanks: number): string | null {
  if (action.kind === 'http')
    return blanks === 0
      ? null
      : 'the request holds no parameter of the target, so lock and caps would guard something else; put one into its url, headers or body';
  const next = 'put a parameter of the target into argv, or say runs_on: bridge';
  return action.runs_on === 'bridge'
    ? null
    : `action.argv holds no parameter of the target, so it would act on the bridge's own host; ${next}`;
}

function blanksOfAction(action: KnownFix['action']): string[] {
  if (action.kind === 'command') return action.argv.flatMap(blanksOf);
  const acting = templatesOfRequest(action).filter(([place]) => place[0] !== 'poll');
  return acting.flatMap(([, text]) => blanksOf(text));
}

function actionProblems({ action }: KnownFix, declared: ReadonlySet<string>): string[] {
  if (action.kind === 'command') return argvProblems(action.argv, declared);
  const unknown = templatesOfRequest(action).flatMap(([place, text]) =>
    blanksOfRequest(place, text)
      .filter((name) => !declared.has(name))
      .map((name) => `action.${place.join('.')} names ${name}, which action.parameters does not declare`),
  );
  return [...unknown, ...requestFaults(action).map((fault) => speak('action', fault))];
}

function checkProblems(fix: KnownFix, declared: ReadonlySet<string>): string[] {
  const { verify } = fix;
  const unknown = templatesOfCheck(verify).flatMap(({ key, text, anything }) =>
    blanksOfCheck(verify, text)
      .filter((name) => !declared.has(name) && !(anything && PATH.test(name)))
      .map((name) => `verify.${key} names ${name}, which action.parameters does not declare`),
  );
  const never = verify.for > verify.timeout;
  return [
    ...unknown,
    ...checkFaults(fix).map((fault) => speak('verify', fault)),
    ...(never ? ['verify.for is longer than verify.timeout, so it could never be verified'] : []),
  ];
}

function speak(top: string, { at, message, hint }: PlacedFault): string {
  return `${top}.${at.join('.')}: ${message}${hint === '' ? '' : `; ${hint}`}`;
}

function queryProblems(fix: KnownFix, declared: ReadonlySet<string>): string[] {
  const { population, precondition } = fix.guards;
  const queries: readonly (readonly [string, string | undefined])[] = [
    ['guards.population.promql', population?.promql],
    ['guards.precondition.promql', precondition?.promql],
  ];
  return queries.flatMap(([key, query = '']) => [
    ...promqlProblems(query).map((problem) => `${key}: ${problem}`),
    ...unknownNames(promqlBlanks(query), declared).map(
      (name) => `${key} names ${name}, which action.parameters does not declare`,
    ),
  ]);
}

function unknownNames(names: readonly string[], declared: ReadonlySet<string>): string[] {
  return names.filter((name) => !declared.has(name) && !PATH.test(name));
}

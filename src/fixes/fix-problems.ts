import type { KnownFix } from '../config/rules-schema.ts';
import { compileLinear } from '../domain/matcher.ts';
import { blanksOf, templateProblem } from '../domain/template.ts';
import { argvProblems } from './argv.ts';
import { promqlBlanks, promqlProblems } from './promql-template.ts';

const PATH = /^(labels|annotations|incident)\../;

/** What is wrong with a known fix as it is written, in sentences that name the key. Pure: no executor is asked. */
export function problemsOfFix(fix: KnownFix): string[] {
  const declared = new Set(Object.keys(fix.action.parameters));
  return [
    ...selectionProblems(fix),
    ...parameterProblems(fix),
    ...argvProblems(fix.action.argv, declared),
    ...targetProblems(fix, declared),
    ...queryProblems(fix, declared),
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
  if (fix.action.runs_on === 'bridge') return problems;
  const origin = (name: string): string =>
    Object.hasOwn(fix.action.parameters, name) ? (fix.action.parameters[name]?.from ?? name) : name;
  const inAction = new Set(fix.action.argv.flatMap(blanksOf).map(origin));
  if (names.some((name) => inAction.has(origin(name)))) return problems;
  const next = 'put a parameter of the target into argv, or say runs_on: bridge';
  return [
    ...problems,
    `action.argv holds no parameter of the target, so it would act on the bridge's own host; ${next}`,
  ];
}

function queryProblems(fix: KnownFix, declared: ReadonlySet<string>): string[] {
  const { population, precondition } = fix.guards;
  const queries: readonly (readonly [string, string | undefined])[] = [
    ['verify.query', fix.verify.query],
    ['guards.population.promql', population?.promql],
    ['guards.precondition.promql', precondition?.promql],
  ];
  const problems = queries.flatMap(([key, query = '']) => [
    ...promqlProblems(query).map((problem) => `${key}: ${problem}`),
    ...unknownNames(promqlBlanks(query), declared).map(
      (name) => `${key} names ${name}, which action.parameters does not declare`,
    ),
  ]);
  return fix.verify.for > fix.verify.timeout
    ? [...problems, 'verify.for is longer than verify.timeout, so it could never be verified']
    : problems;
}

function unknownNames(names: readonly string[], declared: ReadonlySet<string>): string[] {
  return names.filter((name) => !declared.has(name) && !PATH.test(name));
}

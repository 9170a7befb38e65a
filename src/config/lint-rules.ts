import { CATEGORIES } from '../domain/category.ts';
import type { Matcher } from '../domain/matcher.ts';
import type { Draft, Item } from './draft.ts';
import { compileAll, covers, exclude } from './matcher-logic.ts';
import type { Finding, Path, Problem } from './problem.ts';
import type { EscalationPolicy, KnownFix } from './rules-schema.ts';

/** What can be wrong with rules that are right one by one. The words are the ids in SARIF. */
export const LINTS = {
  'never-fits': 'The matchers exclude one another, so nothing ever fits',
  shadowed: 'An earlier rule takes everything that this one would take',
  'fits-everything': 'A category rule without matchers speaks for every alert',
  'never-matches': 'A word that no alert can hold',
  'counts-twice': 'Two category rules say the same, so it counts twice',
  'ends-nowhere': 'A policy that leaves nobody to hear of an incident',
  'no-procedure': 'A category for which Level 2 has no procedure',
} as const;
export type Lint = keyof typeof LINTS;

export interface LintProblem extends Problem {
  readonly lint: Lint;
  /** `warning`: it works, but hardly as it was meant. */
  readonly severity: 'error' | 'warning';
}

/** @param splitWords how words are split where they are looked up (`classify/words.ts`) */
export function lintRules(
  draft: Draft,
  splitWords: (text: string) => readonly { readonly text: string }[],
): LintProblem[] {
  return [...lintCategories(draft, splitWords), ...lintFixes(draft), ...lintPolicies(draft), ...lintProcedures(draft)];
}

type Found = Finding & { readonly lint: Lint; readonly severity?: 'warning' };

/** Gives findings about one element their places. */
function placed<T>({ file, path }: Item<T>, findings: readonly Found[]): LintProblem[] {
  return findings.flatMap(({ lint, severity, ...finding }): LintProblem[] => {
    const problem = file.problem({ ...finding, path: [...path, ...finding.path] });
    return problem === null ? [] : [{ ...problem, lint, severity: severity ?? 'error' }];
  });
}

function lintCategories(
  draft: Draft,
  splitWords: (text: string) => readonly { readonly text: string }[],
): LintProblem[] {
  const first = new Map<string, Item<unknown>>();
  return draft.categories.flatMap((item) => {
    const rule = item.value;
    if (rule === null) return [];
    const findings: Found[] = rule.any.flatMap((any, index): Found[] => {
      const at: Path = ['any', index];
      if ('matchers' in any)
        return any.matchers.length === 0
          ? [
              {
                lint: 'fits-everything',
                path: [...at, 'matchers'],
                message: 'no matcher: the rule speaks for every alert',
                hint: 'name what it is about',
              },
            ]
          : neverFits(any.matchers, [...at, 'matchers']);
      if (!('words' in any)) return [];
      return any.words.flatMap((word, number): Found[] =>
        splitWords(word).length > 0
          ? []
          : [
              {
                lint: 'never-matches',
                path: [...at, 'words', number],
                message: 'nothing of this is a word',
                hint: 'words are letters and digits; for anything else use a matcher on __expression__',
              },
            ],
      );
    });
    const key = JSON.stringify([rule.category, rule.any]);
    const earlier = first.get(key);
    if (earlier !== undefined)
      findings.push({
        lint: 'counts-twice',
        severity: 'warning',
        path: ['any'],
        message: `says the same as ${earlier.name ?? 'another rule'}, so it counts twice`,
        hint: `take one away; the other stands at ${earlier.file.place(earlier.path)}`,
      });
    else first.set(key, item);
    return placed(item, findings);
  });
}

function lintFixes(draft: Draft): LintProblem[] {
  const compiled = draft.known_fixes.map(({ value }) => compileAll(value?.applies_to.matchers ?? []));
  return draft.known_fixes.flatMap((item, index) => {
    const fix = item.value;
    if (fix === null) return [];
    const findings: Found[] = neverFits(fix.applies_to.matchers, ['applies_to', 'matchers']);
    const before = draft.known_fixes.find(
      ({ value }, other) =>
        other < index &&
        value !== null &&
        takesAllOf(value, fix) &&
        covers(compiled[other] ?? [], compiled[index] ?? []),
    );
    if (before !== undefined)
      findings.push({
        lint: 'shadowed',
        path: ['applies_to'],
        message: `never chosen: ${before.name ?? 'an earlier fix'} fits whatever this one fits and comes first`,
        hint: `move this one before ${before.file.place(before.path)}, or narrow that one`,
      });
    const overrides = fix.overrides.map(({ matchers }) => compileAll(matchers));
    for (const [number, { matchers }] of fix.overrides.entries()) {
      findings.push(...neverFits(matchers, ['overrides', number, 'matchers']));
      const hides = overrides.slice(0, number).findIndex((other) => covers(other, overrides[number] ?? []));
      if (hides >= 0)
        findings.push({
          lint: 'shadowed',
          path: ['overrides', number],
          message: `never reached: overrides[${hides}] fits whatever this one fits`,
          hint: 'put the narrower one first',
        });
    }
    return placed(item, findings);
  });
}

/** Whether the first fix, by its categories and sources, is chosen wherever the second could be. */
function takesAllOf({ applies_to: a }: KnownFix, { applies_to: b }: KnownFix): boolean {
  const [wide = [], narrow = []] = [a.categories, b.categories];
  const categories = wide.length === 0 ? a.matchers.length > 0 : narrow.length > 0 && isSubset(narrow, wide);
  return categories && isSubset(b.sources, a.sources);
}

function lintPolicies(draft: Draft): LintProblem[] {
  const compiled = draft.escalation_policies.map(({ value }) => compileAll(value?.matchers ?? []));
  return draft.escalation_policies.flatMap((item, index) => {
    const policy = item.value;
    if (policy === null) return [];
    const findings: Found[] = [...neverFits(policy.matchers, ['matchers']), ...endsNowhere(policy)];
    const before = draft.escalation_policies.find(
      ({ value }, other) => other < index && value !== null && covers(compiled[other] ?? [], compiled[index] ?? []),
    );
    if (before !== undefined)
      findings.push({
        lint: 'shadowed',
        path: ['name'],
        message: `never chosen: ${before.name ?? 'an earlier policy'} fits whatever this one fits and comes first`,
        hint: `move this one before ${before.file.place(before.path)}`,
      });
    const last = index === draft.escalation_policies.length - 1;
    const all = draft.escalation_policies.some(({ value }) => value === null || value.matchers.length === 0);
    if (last && !all && draft.complete)
      findings.push({
        lint: 'ends-nowhere',
        severity: 'warning',
        path: ['matchers'],
        message: 'no policy is for what fits none of them, so only the fallback hears of it',
        hint: 'let the last policy have `matchers: []`',
      });
    return placed(item, findings);
  });
}

function endsNowhere({ steps, immediately, max_time_at_level = {} }: EscalationPolicy): Found[] {
  const findings: Found[] = [];
  const last = steps.length - 1;
  const answers = steps[last]?.ack_timeout ?? null;
  const waits = answers !== null && Object.values(answers).some((ms) => ms !== null);
  const autonomous = steps.filter(({ requires_approval }) => !requires_approval);
  if (!autonomous.some(({ level }) => level === '3' || level === 'x')) {
    const message = waits
      ? 'the policy ends at Level 2: when nobody acknowledges in time, only the fallback hears of it'
      : 'the policy ends at Level 2 and waits for nobody';
    findings.push({
      lint: 'ends-nowhere',
      severity: 'warning',
      path: ['steps', last],
      message,
      hint: 'add a step with `level: 3`',
    });
  }
  if (immediately.length > 0 && !autonomous.some(({ level }) => level === '3'))
    findings.push({
      lint: 'ends-nowhere',
      path: ['immediately'],
      message: 'it sends incidents to Level 3 at once, and the policy has no step of that level',
      hint: 'add a step with `level: 3`',
    });
  for (const level of Object.keys(max_time_at_level))
    if (!steps.some((step) => step.level === level))
      findings.push({
        lint: 'never-fits',
        severity: 'warning',
        path: ['max_time_at_level', level],
        at: 'key',
        message: `the policy has no step of level ${level}`,
      });
  return findings;
}

function lintProcedures(draft: Draft): LintProblem[] {
  const [first] = draft.procedures;
  if (!draft.complete) return [];
  const known = new Set(
    draft.procedures.filter(({ value }) => value === null || value.level === '2').map(({ value }) => value?.category),
  );
  const missing = CATEGORIES.filter((category) => category !== 'other' && !known.has(category));
  if (missing.length === 0) return [];
  const file = first?.file ?? draft.main;
  const path: Path = first === undefined ? ['rule_files'] : ['procedures'];
  const message = `no procedure for Level 2 of ${missing.join(', ')}`;
  const problem = file.problem({
    path,
    at: 'key',
    message,
    hint: 'what is not written down has to be thought up at night',
  });
  return problem === null ? [] : [{ ...problem, lint: 'no-procedure', severity: 'warning' }];
}

/** Two matchers of one list that no value satisfies both. */
function neverFits(texts: readonly string[], path: Path): Found[] {
  const matchers: readonly Matcher[] = compileAll(texts);
  for (const [index, matcher] of matchers.entries()) {
    const against = matchers.slice(0, index).find((other) => exclude(other, matcher));
    if (against !== undefined)
      return [
        {
          lint: 'never-fits',
          path: [...path, index],
          message: `never fits together with ${against.name}${against.op}…, which stands before it`,
          hint: 'put alternatives into lists of their own, or use =~',
        },
      ];
  }
  return [];
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  return some.every((one) => all.includes(one));
}

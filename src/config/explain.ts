import type { z } from 'zod';
import { describeAllowed } from './describe-allowed.ts';
import { didYouMean } from '../domain/nearest.ts';
import { isKeyNotBuilt, isValueNotBuilt, notBuilt } from './not-built.ts';
import type { Finding, Path, Problem } from './problem.ts';
import { valueAt, type YamlFile } from './yaml-file.ts';

type Issue = z.core.$ZodIssue;

/** Every way in which what stands at `path` of a file departs from its schema; empty where it fits. */
export function shapeProblems(file: YamlFile, path: Path, schema: z.ZodType, placeOf: PlaceOf = NOWHERE): Problem[] {
  const result = schema.safeParse(valueAt(file.data, path), { error: describeAllowed });
  if (result.success) return [];
  return result.error.issues
    .flatMap((issue) => explain(issue, path, file.data))
    .map((finding) => file.problem(describeFound(finding, file, placeOf)))
    .filter((problem) => problem !== null);
}

/** Every value that the documented configuration has and this version has not, whether the schema takes it or not. */
export function notBuiltProblems(file: YamlFile, path: Path = []): Problem[] {
  const value = valueAt(file.data, path);
  if (typeof value === 'object' && value !== null)
    return Object.keys(value).flatMap((key) =>
      notBuiltProblems(file, [...path, Array.isArray(value) ? Number(key) : key]),
    );
  if (!isValueNotBuilt(path, value)) return [];
  const what = typeof value === 'string' ? value : `${String(path.at(-1))}: ${String(value)}`;
  const problem = file.problem({ path, message: notBuilt(what), hint: TAKE_OUT });
  return problem === null ? [] : [problem];
}

/** Where a key that is wrong here would belong, or ''. */
export type PlaceOf = (path: Path) => string;
const NOWHERE: PlaceOf = () => '';

/** A finding that still needs the value's words; `shown` is false where the message says all. */
type Draft = Finding & { readonly shown?: boolean };

function explain(issue: Issue, base: Path, data: unknown): Draft[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  const value = valueAt(data, path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], issue.message));
  if (issue.code === 'invalid_key') return [unknownKey(path, issue.issues[0]?.message ?? '')];
  if (isValueNotBuilt(path, value)) return [];
  if (value === undefined) return [missing(path, issue)];
  if (issue.code === 'invalid_union') return explainUnion(issue, path, data);
  return [{ path, message: whatIsWrong(issue), allowed: allowedOf(issue), hint: hintFor(issue, value) }];
}

const TAKE_OUT = 'take it out';

function unknownKey(path: Path, allowed: string): Draft {
  const key = String(path.at(-1));
  if (isKeyNotBuilt(path)) return { path, at: 'key', message: notBuilt(key), shown: false, hint: TAKE_OUT };
  const hint = didYouMean(key, allowed.split(', '));
  return { path, at: 'key', message: 'unknown key', found: `\`${key}\``, allowed, hint };
}

function missing(path: Path, issue: Issue): Draft {
  const allowed = issue.code === 'invalid_union' && issue.errors.length > 0 ? anyOf(issue.errors) : allowedOf(issue);
  return { path, at: 'key', message: `\`${String(path.at(-1) ?? '')}\` is missing`, shown: false, allowed };
}

/** Of several shapes the one that was meant: for a map the one with the fewest strange keys, then the fewest problems. */
function explainUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, data: unknown): Draft[] {
  const value = valueAt(data, path);
  if (issue.errors.length === 0)
    return [
      { path, message: 'unknown value', allowed: issue.message, hint: spelling(value, issue.message.split(', ')) },
    ];
  const fitting = issue.errors.filter((branch) => !branch.some(isWrongKind));
  const strange = fitting.length > 1 ? unknownToAll(fitting, path) : [];
  if (strange.length > 0) return strange;
  const meant = fitting.toSorted((a, b) => strangeKeys(a).length - strangeKeys(b).length || a.length - b.length)[0];
  if (meant === undefined || typeof value !== 'object' || value === null)
    return [
      { path, message: 'wrong value', allowed: anyOf(issue.errors), hint: spelling(value, wordsOf(issue.errors)) },
    ];
  if (Object.keys(value).length === 0) return [{ path, message: 'nothing in it', allowed: keysWanted(fitting) }];
  return meant.flatMap((inner) => explain(inner, path, data));
}

/** Keys that none of the shapes knows; allowed are the keys of all. */
function unknownToAll(branches: readonly (readonly Issue[])[], path: Path): Draft[] {
  const [first = [], ...others] = branches.map(strangeKeys);
  const keys = first.filter((key) => others.every((strange) => strange.includes(key)));
  const known = branches.flat().flatMap((issue) => (isStrange(issue) ? issue.message.split(', ') : []));
  return keys.map((key) => unknownKey([...path, key], [...new Set(known)].join(', ')));
}

function isStrange(issue: Issue): issue is z.core.$ZodIssueUnrecognizedKeys {
  return issue.code === 'unrecognized_keys' && issue.path.length === 0;
}

function strangeKeys(branch: readonly Issue[]): string[] {
  return branch.flatMap((issue) => (isStrange(issue) ? issue.keys : []));
}

function keysWanted(branches: readonly (readonly Issue[])[]): string {
  const keys = branches.flatMap((branch) => branch.slice(0, 1).map((issue) => String(issue.path[0])));
  return [...new Set(keys)].join(' or ');
}

/** The words that one of the shapes takes as they are. */
function wordsOf(errors: readonly (readonly Issue[])[]): string[] {
  return errors.flat().flatMap((issue) => (issue.code === 'invalid_value' ? issue.values.map(String) : []));
}

/** The value is not even of the kind that this shape wants (text for a map). */
function isWrongKind(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

function anyOf(errors: readonly (readonly Issue[])[]): string {
  return [...new Set(errors.flatMap((branch) => branch.slice(0, 1).map(allowedOf)))].filter(Boolean).join(' or ');
}

function whatIsWrong(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return 'wrong type';
    case 'invalid_value':
      return 'unknown value';
    case 'too_small':
      return issue.origin === 'array' ? 'too few' : issue.origin === 'string' ? 'too short' : 'too small';
    case 'too_big':
      return issue.origin === 'array' ? 'too many' : issue.origin === 'string' ? 'too long' : 'too large';
    case 'custom':
      return issue.params === undefined ? 'wrong value' : issue.message;
    default:
      return 'wrong form';
  }
}

/** A refinement without `params` says what is allowed; one with `params.allowed` says what is wrong. */
function allowedOf(issue: Issue): string {
  if (issue.code !== 'custom' || issue.params === undefined) return issue.message;
  const allowed: unknown = issue.params['allowed'];
  return typeof allowed === 'string' ? allowed : '';
}

function hintFor(issue: Issue, value: unknown): string {
  return issue.code === 'invalid_value' ? spelling(value, issue.values.map(String)) : '';
}

function spelling(value: unknown, allowed: readonly string[]): string {
  return typeof value === 'string' ? didYouMean(value, allowed) : '';
}

/** Adds what stands there, and where a misplaced key belongs. */
function describeFound({ shown = true, ...finding }: Draft, file: YamlFile, placeOf: PlaceOf): Finding {
  const elsewhere = finding.message === 'unknown key' ? placeOf(finding.path) : '';
  const found = finding.found ?? (shown ? file.speak(finding.path) : '');
  return { ...finding, found, ...(elsewhere === '' ? {} : { hint: elsewhere }) };
}

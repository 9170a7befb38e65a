import { label } from '../domain/alert.ts';
import { compileLinear, parseMatcher, type Matcher } from '../domain/matcher.ts';
import type { CategoryRule } from '../config/rules-schema.ts';
import type { Place, ReadFacts } from './facts.ts';
import { foldCase, requiredLiterals } from './required-literals.ts';
import { substringIndex, type SubstringIndex } from './substring-index.ts';
import { splitWords } from './words.ts';

/** Why a rule matched: the first of its members that did, and what it saw. */
export type Hit = { readonly rule: CategoryRule; readonly member: number } & (
  | { readonly by: 'matchers'; readonly matchers: readonly Matcher[] }
  | { readonly by: 'words'; readonly words: string; readonly place: string }
  | { readonly by: 'log'; readonly text: string }
  | { readonly by: 'template'; readonly text: string }
);

/** The rules, arranged so that an alert meets only those that could match it. */
export interface RuleIndex {
  /** Every rule that matches, once each. */
  match(facts: ReadFacts): Hit[];
}

/** A member of a rule's `any`, by its place there. */
interface Member {
  readonly rule: CategoryRule;
  readonly member: number;
}
interface MatcherMember extends Member {
  readonly matchers: readonly Matcher[];
}
interface WordMember extends Member {
  /** As the rule's author wrote it, and split: one word, or a phrase of several in order. */
  readonly written: string;
  readonly words: readonly string[];
}
interface LogMember extends Member {
  readonly by: 'log' | 'template';
  /** As the rule's author wrote it. */
  readonly text: string;
  /** RE2. */
  readonly pattern: string;
}

type Found = Map<CategoryRule, Hit>;

/** Whether this member would tell something new; an earlier member of the same rule is told rather than a later one. */
function isNew(found: Found, { rule, member }: Member): boolean {
  const known = found.get(rule);
  return known === undefined || known.member > member;
}

/** @throws Error with one sentence where a matcher is none; the configuration has refused those before. */
export function indexRules(rules: readonly CategoryRule[]): RuleIndex {
  const members = membersOf(rules);
  const byMatchers = indexMatchers(members.matchers);
  const byWords = indexWords(members.words);
  const byLog = indexLog(members.log);
  const byTemplate = indexLog(members.templates);
  return {
    match(facts) {
      const found: Found = new Map();
      byMatchers(facts, found);
      byWords(facts.places, found);
      if (facts.log !== '') byLog(facts.log, found);
      if (facts.freshLog !== '') byTemplate(facts.freshLog, found);
      return [...found.values()];
    },
  };
}

function membersOf(rules: readonly CategoryRule[]) {
  const matchers: MatcherMember[] = [];
  const words: WordMember[] = [];
  const log: LogMember[] = [];
  const templates: LogMember[] = [];
  for (const rule of rules)
    for (const [member, any] of rule.any.entries()) {
      if ('matchers' in any) matchers.push({ rule, member, matchers: any.matchers.map(parseMatcher) });
      else if ('log' in any) log.push({ rule, member, by: 'log', text: any.log, pattern: any.log });
      else if ('template' in any)
        templates.push({ rule, member, by: 'template', text: any.template, pattern: patternOf(any.template) });
      else
        for (const written of any.words)
          words.push({ rule, member, written, words: splitWords(written).map((word) => word.text) });
    }
  return { matchers, words, log, templates };
}

/** A template as an expression over one line: `<*>` is whatever stands there, spaces are any spaces. */
function patternOf(template: string): string {
  const parts = template.trim().split('<*>');
  const escaped = parts.map((part) => part.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&').replace(/\s+/g, ' +'));
  return escaped.join('[^\\n]*');
}

/** How a list of matchers is found: by the one that fewest alerts can fit. */
function indexMatchers(members: readonly MatcherMember[]): (facts: ReadFacts, found: Found) => void {
  const equal = new Map<string, Map<string, MatcherMember[]>>();
  const partial = new Map<string, { literal: string; member: MatcherMember }[]>();
  const rest: MatcherMember[] = [];
  for (const member of members) {
    const exact = member.matchers.find((matcher) => matcher.op === '=' && matcher.value !== '');
    const regex = exact === undefined ? mostTelling(member.matchers) : null;
    if (exact !== undefined)
      push(
        entry(equal, exact.name, () => new Map()),
        exact.value,
        member,
      );
    else if (regex === null) rest.push(member);
    else for (const literal of regex.literals) push(partial, regex.name, { literal, member });
  }
  const automata = [...partial].map(([name, entries]) => ({
    name,
    entries,
    index: substringIndex(entries.map((each) => each.literal)),
  }));
  return (facts, found) => {
    for (const [name, values] of equal) check(values.get(label(facts.labels, name)), facts, found);
    for (const automaton of automata) check(candidates(automaton, facts), facts, found);
    check(rest, facts, found);
  };
}

function mostTelling(matchers: readonly Matcher[]): { name: string; literals: readonly string[] } | null {
  let best: { name: string; literals: readonly string[]; worth: number } | null = null;
  for (const { name, op, value } of matchers) {
    const literals = op === '=~' ? requiredLiterals(value) : null;
    if (literals === null) continue;
    const worth = Math.min(...literals.map((literal) => literal.length));
    if (best === null || worth > best.worth) best = { name, literals, worth };
  }
  return best;
}

function candidates(
  automaton: { name: string; entries: readonly { member: MatcherMember }[]; index: SubstringIndex },
  facts: ReadFacts,
): Set<MatcherMember> {
  const members = new Set<MatcherMember>();
  const value = label(facts.labels, automaton.name);
  if (value === '') return members;
  automaton.index.find(foldCase(value), (number) => {
    const member = automaton.entries[number]?.member;
    if (member !== undefined) members.add(member);
  });
  return members;
}

function check(members: Iterable<MatcherMember> | undefined, facts: ReadFacts, found: Found): void {
  for (const each of members ?? [])
    if (isNew(found, each) && each.matchers.every((matcher) => matcher.matches(facts.labels)))
      found.set(each.rule, { rule: each.rule, member: each.member, by: 'matchers', matchers: each.matchers });
}

function indexWords(members: readonly WordMember[]): (places: readonly Place[], found: Found) => void {
  const byFirst = new Map<string, WordMember[]>();
  for (const member of members) if (member.words[0] !== undefined) push(byFirst, member.words[0], member);
  return (places, found) => {
    for (const place of places)
      for (let at = 0; at < place.words.length; at++) {
        const word = place.words[at];
        if (word === undefined) continue;
        lookUp(byFirst.get(word.text), place, at, found);
        if (word.joined !== '') lookUp(byFirst.get(word.joined)?.filter(isSingle), place, at, found);
      }
  };
}

function isSingle(member: WordMember): boolean {
  return member.words.length === 1;
}

function lookUp(members: readonly WordMember[] | undefined, { place, words }: Place, at: number, found: Found): void {
  for (const each of members ?? [])
    if (isNew(found, each) && each.words.every((word, offset) => offset === 0 || words[at + offset]?.text === word))
      found.set(each.rule, { rule: each.rule, member: each.member, by: 'words', words: each.written, place });
}

/** Log expressions are found by what a line must contain, and run over the whole excerpt only then. */
function indexLog(members: readonly LogMember[]): (log: string, found: Found) => void {
  const compiled = members.map((member) => ({ ...member, expression: compileLinear(`(?im-s:${member.pattern})`) }));
  const literals = compiled.map((member) => requiredLiterals(member.pattern));
  const rest = compiled.filter((_member, number) => literals[number] === null);
  const entries = compiled.flatMap((member, number) =>
    (literals[number] ?? []).map((literal) => ({ literal, member })),
  );
  const index = substringIndex(entries.map((each) => each.literal));
  return (log, found) => {
    const possible = new Set(rest);
    index.find(foldCase(log), (number) => {
      const member = entries[number]?.member;
      if (member !== undefined) possible.add(member);
    });
    for (const each of possible)
      if (isNew(found, each) && each.expression.test(log))
        found.set(each.rule, { rule: each.rule, member: each.member, by: each.by, text: each.text });
  };
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  entry(map, key, () => []).push(value);
}

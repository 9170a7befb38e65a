import * as fc from 'fast-check';
import { compileClassifier } from '../../../src/classify/classifier.ts';
import { readFacts, type AlertFacts, type ReadFacts } from '../../../src/classify/facts.ts';
import { indexRules } from '../../../src/classify/rule-index.ts';
import { splitWords } from '../../../src/classify/words.ts';
import type { CategoryRule } from '../../../src/config/rules-schema.ts';
import { labelSet } from '../../../src/domain/alert.ts';
import { compileLinear, matchesAll, parseMatcher } from '../../../src/domain/matcher.ts';
import { named, rule } from './helpers.ts';

const WORD = fc.constantFrom('dns', 'Pod', 'Crash', 'down', 'CoreDNS', 'disk', 'full', 'x509', 'K', 'ſ');
const PHRASE = fc.array(WORD, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '));
const NAME = fc.array(WORD, { minLength: 0, maxLength: 4 }).map((words) => words.join(''));
const VALUE = fc.constantFrom('Pod', 'CoreDNSdown', 'dns', '', 'disk');
const MATCHER = fc
  .oneof(
    fc.tuple(fc.constantFrom('alertname', 'team', 'reason'), fc.constantFrom('=', '!='), VALUE),
    fc.tuple(
      fc.constantFrom('alertname', 'team', '__words__'),
      fc.constantFrom('=~', '!~'),
      fc.constantFrom(
        '(Core|Pod).*',
        '(?i).*(dns|DISK).*',
        '.*',
        '[Dd]isk',
        '.* pod .*',
        '',
        '(?i).*s.*',
        'Pod|disk.?',
      ),
    ),
  )
  .map(([name, op, value]) => `${name}${op}"${value}"`);
const MEMBER: fc.Arbitrary<CategoryRule['any'][number]> = fc.oneof(
  fc.record({ matchers: fc.array(MATCHER, { minLength: 0, maxLength: 3 }) }),
  fc.record({ words: fc.array(PHRASE, { minLength: 1, maxLength: 3 }) }),
  fc.record({ log: fc.constantFrom('no such host', 'Down', 'x(5|6)09', '^disk', '.+full$') }),
  fc.record({ template: fc.constantFrom('dial <*> refused', 'user <*> logged in', 'refused <*> dial') }),
);
const CATEGORY = fc.constantFrom(
  'software-installation-failure',
  'network-downtime',
  'data-security-breach',
  'cloud-service-interruption',
  'other',
);
const RULES: fc.Arbitrary<CategoryRule[]> = fc
  .array(
    fc.record({
      category: CATEGORY,
      any: fc.array(MEMBER, { minLength: 1, maxLength: 3 }),
      weight: fc.constantFrom(0.5, 1, 2, 3.3),
      reason: fc.constant('it says so'),
    }),
    { maxLength: 12 },
  )
  .map((rules) => rules.map((each, index) => ({ ...each, id: `rule-${index}` })));
const FACTS: fc.Arbitrary<AlertFacts> = fc.record({
  labels: fc.record({ alertname: NAME, team: VALUE, reason: PHRASE }).map((labels) => labelSet(Object.entries(labels))),
  annotations: fc.record({ summary: PHRASE }),
  source: fc.constant('s'),
  expression: PHRASE,
  logLines: fc.array(fc.constantFrom('No Such Host', 'disk is full', 'x609', 'ok'), { maxLength: 3 }),
  freshLines: fc.array(fc.constantFrom('dial a:1 refused', 'refused: dial', 'user 7 logged in', 'ok'), {
    maxLength: 3,
  }),
});

/** The same meaning, written as plainly as it can be: every rule, every member, one after the other. */
function matchPlainly(rules: readonly CategoryRule[], facts: ReadFacts): string[] {
  return rules.filter(({ any }) => any.some((member) => memberMatches(member, facts))).map(({ id }) => id);
}

/** The parts between blanks, in their order. */
function fits(template: string, line: string): boolean {
  let at = 0;
  return template
    .toLowerCase()
    .split('<*>')
    .every((part) => {
      const found = line.indexOf(part, at);
      at = found + part.length;
      return found >= 0;
    });
}

function memberMatches(member: CategoryRule['any'][number], { labels, places, log, freshLog }: ReadFacts): boolean {
  if ('matchers' in member) return matchesAll(member.matchers.map(parseMatcher), labels);
  if ('log' in member) return log !== '' && compileLinear(`(?im-s:${member.log})`).test(log);
  if ('template' in member)
    return freshLog
      .toLowerCase()
      .split('\n')
      .some((line) => fits(member.template, line));
  return member.words.some((written) => {
    const phrase = splitWords(written).map(({ text }) => text);
    return places.some(({ words }) =>
      words.some(
        (word, at) =>
          phrase.every((text, offset) => words[at + offset]?.text === text) ||
          (phrase.length === 1 && word.joined === phrase[0]),
      ),
    );
  });
}

describe('whatever the rules and the alert', () => {
  it('the index finds exactly what a plain evaluation finds', () => {
    fc.assert(
      fc.property(RULES, FACTS, (rules, facts) => {
        const read = readFacts(facts);
        const found = indexRules(rules).match(read);
        expect(found.map(({ rule }) => rule.id).toSorted()).toEqual(matchPlainly(rules, read).toSorted());
      }),
      { numRuns: 500 },
    );
  });

  it('the order of the rules does not show in the verdict', () => {
    fc.assert(
      fc.property(RULES, FACTS, fc.infiniteStream(fc.nat()), (rules, facts, random) => {
        const shuffled = rules
          .map((rule) => ({ rule, at: random.next().value as number }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ rule }) => rule);
        expect(compileClassifier(shuffled).classify(facts)).toEqual(compileClassifier(rules).classify(facts));
      }),
    );
  });

  it('another rule that matches never lowers its category, and more weight never lowers the confidence', () => {
    fc.assert(
      fc.property(
        RULES,
        FACTS,
        CATEGORY,
        fc.double({ min: 0.1, max: 5, noNaN: true }),
        (rules, facts, category, weight) => {
          const more: CategoryRule = { id: 'more', category, any: [{ matchers: [] }], weight, reason: 'it fits all' };
          const heavier = { ...more, weight: weight + 1 };
          const [before, after, later] = [rules, [...rules, more], [...rules, heavier]].map((all) =>
            confidenceOf(category, all, facts),
          );
          expect(after).toBeGreaterThanOrEqual((before ?? 0) - 1e-4);
          expect(later).toBeGreaterThanOrEqual((after ?? 0) - 1e-4);
        },
      ),
    );
  });

  it('the verdict is a share, the best first, and below the threshold a person decides', () => {
    fc.assert(
      fc.property(RULES, FACTS, fc.double({ min: 0, max: 1, noNaN: true }), (rules, facts, threshold) => {
        const { category, confidence, alternatives, reasons } = compileClassifier(rules, { threshold }).classify(facts);
        const [first, second] = alternatives;
        expect(confidence).toBeGreaterThanOrEqual(0);
        expect(confidence).toBeLessThanOrEqual(1);
        expect(confidence).toBeGreaterThanOrEqual(first?.confidence ?? 2);
        expect(first?.confidence).toBeGreaterThanOrEqual(second?.confidence ?? 2);
        expect(category === 'unclassified').toBe(confidence < threshold);
        expect(reasons.length).toBeGreaterThan(0);
      }),
    );
  });
});

/** What a category gets; 0 where it is not among the first three. */
function confidenceOf(category: string, rules: readonly CategoryRule[], facts: AlertFacts): number {
  const verdict = compileClassifier(rules, { threshold: 0 }).classify(facts);
  if (verdict.category === category) return verdict.confidence;
  return verdict.alternatives.find((each) => each.category === category)?.confidence ?? 0;
}

it('10,000 rules with costly expressions and long texts are answered all the same', () => {
  const rules = Array.from({ length: 10_000 }, (_, i) =>
    rule({
      id: `r${i}`,
      any: [
        { matchers: [`alertname=~"(?i).*(Made${i}Up|Never${i}).*"`, `team!="t${i}"`] },
        { words: [`word${i} failed`, `thing${i}`] },
        { log: `(a+)+ line ${i}$` },
      ],
    }),
  );
  const classifier = compileClassifier(rules);
  const given = named('Made777UpFailed', {
    annotations: { summary: `${'a'.repeat(100_000)} thing9` },
    logLines: [`${'a'.repeat(900)} line 8`, 'a'.repeat(10_000)],
  });
  const { reasons } = classifier.classify(given, 0);
  expect(reasons.join('\n')).toContain('(rule r777)');
  expect(reasons.join('\n')).toContain('(rule r8)');
});

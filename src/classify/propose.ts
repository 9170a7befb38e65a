import type { CategoryRule } from '../config/rules-schema.ts';
import { label, type Labels } from '../domain/alert.ts';
import type { Category } from '../domain/category.ts';
import { matchesAll, parseMatcher } from '../domain/matcher.ts';
import { cleanLine } from '../domain/text.ts';
import type { AlertFacts } from './facts.ts';
import type { Classifier } from './classifier.ts';
import type { Decided } from './verdict.ts';

/** What a person decided about alerts with these labels; see `incidents/alert-identity.ts` for which labels those are. */
export interface Decision {
  readonly labels: Labels;
  readonly category: Category;
  readonly by: string;
  readonly reason: string;
  readonly incident: number;
}

/** An incident as it would be judged again. */
export interface PastIncident {
  readonly number: number;
  readonly facts: AlertFacts;
}

export interface Change {
  readonly incident: number;
  readonly from: Category;
  readonly to: Category;
}

/** A rule that says what people said, and what it would have changed. */
export interface Proposal {
  readonly rule: CategoryRule;
  readonly changes: readonly Change[];
}

/** Tried in this order, until the rule is heard above the others. */
const WEIGHTS = [5, 8, 12, 20, 40];

/**
 * Rules for what people decided: one for each alert name and category, by the name alone where nobody decided otherwise
 * about another alert of that name, else by all its lasting labels. What the present rules say already is left out.
 * @param compile the present rules with one more, or alone
 */
export function proposeRules(
  decisions: readonly Decision[],
  incidents: readonly PastIncident[],
  present: readonly CategoryRule[],
  compile: (more: readonly CategoryRule[]) => Classifier,
): Proposal[] {
  const now = compile([]);
  const taken = new Set(present.map(({ id }) => id));
  const before = new Map(incidents.map(({ number, facts }) => [number, now.classify(facts).category]));
  return group(decisions).flatMap(({ matchers, decided }) => {
    const first = decided[0] as Decision;
    const parsed = matchers.map(parseMatcher);
    const meant = incidents.filter(({ facts }) => matchesAll(parsed, facts.labels));
    if (meant.length > 0 && meant.every(({ number }) => before.get(number) === first.category)) return [];
    const id = freeId(`filed-${slug(label(first.labels, 'alertname') || first.category)}`, taken);
    const rule = { id, category: first.category as Decided, any: [{ matchers: [...matchers] }], reason: speak(first) };
    return [heard(rule, meant, before, compile)];
  });
}

/** The rule with the least weight that every incident it means is filed as people filed it. */
function heard(
  rule: Omit<CategoryRule, 'weight'>,
  meant: readonly PastIncident[],
  before: ReadonlyMap<number, Category>,
  compile: (more: readonly CategoryRule[]) => Classifier,
): Proposal {
  let proposal: Proposal | null = null;
  for (const weight of WEIGHTS) {
    const classifier = compile([{ ...rule, weight }]);
    const after = meant.map(({ number, facts }) => ({ number, to: classifier.classify(facts).category }));
    const changes = after.flatMap(({ number, to }) => {
      const from = before.get(number) ?? 'unclassified';
      return from === to ? [] : [{ incident: number, from, to }];
    });
    proposal = { rule: { ...rule, weight }, changes };
    if (after.every(({ to }) => to === rule.category)) break;
  }
  return proposal as Proposal;
}

function group(decisions: readonly Decision[]): { matchers: readonly string[]; decided: Decision[] }[] {
  const groups = new Map<string, { matchers: readonly string[]; decided: Decision[] }>();
  for (const decision of decisions) {
    const name = label(decision.labels, 'alertname');
    const others = decisions.filter((one) => label(one.labels, 'alertname') === name);
    const agreed = name !== '' && others.every(({ category }) => category === decision.category);
    const entries = Object.entries(decision.labels);
    const matchers = (agreed ? entries.filter(([one]) => one === 'alertname') : entries).map(matcherOf);
    if (matchers.length === 0) continue;
    const key = JSON.stringify([decision.category, matchers]);
    const known = groups.get(key) ?? { matchers, decided: [] };
    known.decided.unshift(decision); // the newest first
    groups.set(key, known);
  }
  return [...groups.values()];
}

function matcherOf([name, value]: readonly [string, string]): string {
  const escaped = value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
  return `${/^[A-Za-z_][\w.-]*$/.test(name) ? name : JSON.stringify(name)}="${escaped}"`;
}

function speak({ by, reason, incident }: Decision): string {
  const why = cleanLine(reason, 120);
  return `${cleanLine(by, 60)} filed INC-${incident} so${why === '' ? '' : `: ${why}`}`;
}

function slug(text: string): string {
  const words = text
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  return (words ?? ['alert']).join('-').slice(0, 40);
}

function freeId(wanted: string, taken: Set<string>): string {
  let id = wanted;
  for (let n = 2; taken.has(id); n++) id = `${wanted}-${n}`;
  taken.add(id);
  return id;
}

const LISTED = 20;

/** Ready to be committed as a rule file; what each rule would have changed stands above it. */
export function writeProposals(proposals: readonly Proposal[]): string {
  const rules = proposals.flatMap(({ rule, changes }) => [
    ...comment(changes),
    `  - id: ${rule.id}`,
    `    category: ${rule.category}`,
    `    any:`,
    ...rule.any.flatMap((any) =>
      'matchers' in any ? [`      - matchers: [${any.matchers.map(quote).join(', ')}]`] : [],
    ),
    `    weight: ${rule.weight}`,
    `    reason: ${JSON.stringify(rule.reason)}`,
  ]);
  return [
    '# Proposed by `tierbell rules propose` from what people filed; look it through before you commit it.',
    'categories:',
    ...rules,
    '',
  ].join('\n');
}

function comment(changes: readonly Change[]): string[] {
  if (changes.length === 0) return ['  # would have changed no incident on record'];
  const listed = changes.slice(0, LISTED).map(({ incident, from, to }) => `  #   INC-${incident}: ${from} → ${to}`);
  const more = changes.length - listed.length;
  return [
    `  # would have changed ${changes.length} ${changes.length === 1 ? 'incident' : 'incidents'}:`,
    ...listed,
    ...(more > 0 ? [`  #   and ${more} more`] : []),
  ];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

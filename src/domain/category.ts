/** The four incident categories, `other` (decided: none of the four) and `unclassified` (undecided: a person decides). */
export const CATEGORIES = [
  'software-installation-failure',
  'network-downtime',
  'data-security-breach',
  'cloud-service-interruption',
  'other',
  'unclassified',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** For people. */
export const CATEGORY_TITLES: Readonly<Record<Category, string>> = {
  'software-installation-failure': 'Software installation failure',
  'network-downtime': 'Network downtime',
  'data-security-breach': 'Data security breach',
  'cloud-service-interruption': 'Cloud service interruption',
  other: 'Other',
  unclassified: 'Unclassified',
};

/** How a reason begins that names a breach although something else is likelier; such a reason stands first. */
export const CHECK_FOR_BREACH = 'Check for breach';

/** Whether people must be told to look for a breach, whatever the category. */
export function asksForBreachCheck({ reasons }: Classification): boolean {
  return reasons[0]?.startsWith(CHECK_FOR_BREACH) === true;
}

/** A judgement with its grounds; `confidence` is 0–1 and belongs to the best guess even where it stayed `unclassified`. */
export interface Classification {
  readonly category: Category;
  readonly confidence: number;
  readonly method: 'rule' | 'model' | 'person';
  /** Sentences that a person can check, the strongest first; each names its rule. */
  readonly reasons: readonly string[];
  /** The next best guesses, at most two. */
  readonly alternatives: readonly { readonly category: Category; readonly confidence: number }[];
}

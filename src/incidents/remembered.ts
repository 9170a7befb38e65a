import { sayDay } from '../domain/moment.ts';
import { CATEGORY_TITLES, CHECK_FOR_BREACH, type Category, type Classification } from '../domain/category.ts';
import { cleanLine } from '../domain/text.ts';

/** What a person decided about the same alert in an earlier incident. */
export interface Remembered {
  readonly by: string;
  readonly category: Category;
  /** In the person's words; '' where they gave none. */
  readonly reason: string;
  /** The number of that incident. */
  readonly incident: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** As sure as one may be that what was right of the same alert is right again. */
const AS_SURE_AS = 0.95;

/**
 * The person's category, with their name as its reason; what would have been said without it stands behind. A breach
 * that the alert itself speaks of is named even so.
 */
export function recallCategory(remembered: Remembered, itself: Classification): Classification {
  const { by, category, reason, incident, at } = remembered;
  const why = reason === '' ? '' : `: ${cleanLine(reason, 200)}`;
  const filed = `${cleanLine(by, 60)} filed INC-${incident} of the same alert under ${spoken(category)} on ${sayDay(at)}${why}`;
  const first = itself.reasons[0] === undefined ? '' : `: ${itself.reasons[0]}`;
  const differs = itself.category !== category;
  const without = `Without that it would be ${spoken(itself.category)}${first}`;
  const breach = differs && itself.category === 'data-security-breach';
  const guesses = [{ category: itself.category, confidence: itself.confidence }, ...itself.alternatives];
  return {
    category,
    confidence: AS_SURE_AS,
    method: 'person',
    reasons: [
      ...(breach ? [`${CHECK_FOR_BREACH}: by itself it looks like one${first}`] : []),
      filed,
      ...(differs && !breach ? [without] : []),
      ...itself.reasons.slice(differs ? 1 : 0, 4),
    ],
    alternatives: guesses
      .filter((guess) => guess.category !== category && guess.category !== 'unclassified')
      .slice(0, 2),
  };
}

function spoken(category: Category): string {
  return category === 'other' ? 'none of the four' : CATEGORY_TITLES[category].toLowerCase();
}

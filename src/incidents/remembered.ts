import { sayDay } from '../domain/moment.ts';
import {
  asksForBreachCheck,
  CATEGORY_TITLES,
  CHECK_FOR_BREACH,
  type Category,
  type Classification,
} from '../domain/category.ts';
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
  const differs = itself.category !== category;
  const first = itself.reasons[0] === undefined ? '' : `: ${itself.reasons[0]}`;
  const without = `Without that it would be ${spoken(itself.category)}${first}`;
  // What the mark of a breach says need not be said twice, and grounds for another category would read as if for this one.
  const beside = differs ? (sees(itself) ? [] : [without]) : itself.reasons.slice(0, 4);
  const guesses = [{ category: itself.category, confidence: itself.confidence }, ...itself.alternatives];
  return withBreachOf(itself, {
    ...{ category, confidence: AS_SURE_AS, method: 'person', reasons: [filed, ...beside] },
    alternatives: guesses
      .filter((guess) => guess.category !== category && guess.category !== 'unclassified')
      .slice(0, 2),
  });
}

/** Whether a person decided of this very incident, rather than of the same alert before. */
export function decidedHere({ method, confidence }: Classification): boolean {
  return method === 'person' && confidence > AS_SURE_AS;
}

/**
 * A judgement under which it is still told that another one saw a breach, or asked to check for one; itself where that
 * one did not. @param about what the other one is about, where that is something else
 */
export function withBreachOf(other: Classification, judgement: Classification, about = ''): Classification {
  if (!sees(other) || sees(judgement)) return judgement;
  const [first = ''] = other.reasons;
  const itself = about === '' ? 'by itself it looks like one' : `its alert ${about} looks like one`;
  const asked = asksForBreachCheck(other) && about === '';
  const mark = asked ? first : `${CHECK_FOR_BREACH}: ${itself}: ${first.replace(`${CHECK_FOR_BREACH}: `, '')}`;
  const others = judgement.reasons.filter((reason) => reason !== mark);
  return { ...judgement, reasons: [mark, ...others].slice(0, MOST_REASONS) };
}

function sees(judgement: Classification): boolean {
  return judgement.category === 'data-security-breach' || asksForBreachCheck(judgement);
}

/** A page has room for so many. */
const MOST_REASONS = 8;

function spoken(category: Category): string {
  return category === 'other' ? 'none of the four' : CATEGORY_TITLES[category].toLowerCase();
}

/**
 * What the category model is measured against: plain TF-IDF of words and character pieces with multinomial logistic
 * regression, over the same folds, from the unambiguous labelled alerts alone. Written after scikit-learn's
 * TfidfVectorizer (sublinear_tf, smooth idf, L2 norm) and LogisticRegression(C=30).
 */
import type { Prepared } from './learn.ts';
import { foldOf } from './learn.ts';
import { scores, softmax, trainLogistic, type Sparse } from './logistic.ts';

/** The shares of each class for every alert, by a model that has not seen it. */
export function referenceOutOfFold(rows: readonly Prepared[], classes: number, folds = 5): Map<Prepared, number[]> {
  const result = new Map<Prepared, number[]>();
  for (let fold = 0; fold < folds; fold++) {
    const rest = rows.filter((one) => foldOf(one, folds) !== fold);
    const vectors = vectoriser(rest.map(textOf));
    const examples = rest.map((one) => ({
      ...{ x: vectors.of(textOf(one)), weight: 1 },
      target: Array.from({ length: classes }, (_, c) => (c === one.truth ? 1 : 0)),
    }));
    const model = trainLogistic(examples, { classes, features: vectors.size, cost: 30, steps: 80 });
    for (const one of rows.filter((each) => foldOf(each, folds) === fold))
      result.set(one, softmax(scores(model, vectors.of(textOf(one)))));
  }
  return result;
}

/** All that an alert says, with the words of its name apart. */
function textOf({ row }: Prepared): string {
  const name = row.alert.replace(/([a-z0-9])([A-Z])/g, '$1 $2');
  const parts = [row.alert, name, row.expr, ...Object.entries(row.labels).flat(), ...Object.values(row.annotations)];
  return parts.join(' ').toLowerCase();
}

/** Words and pairs of words, and pieces of 3 to 5 characters within words. */
function termsOf(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (term: string): void => void counts.set(term, (counts.get(term) ?? 0) + 1);
  const words = text.match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
  for (const [at, word] of words.entries()) {
    add(`w ${word}`);
    if (at > 0) add(`w ${words[at - 1] ?? ''} ${word}`);
    const padded = ` ${word} `;
    for (const length of [3, 4, 5])
      for (let from = 0; from + length <= padded.length; from++) add(`c ${padded.slice(from, from + length)}`);
  }
  return counts;
}

function vectoriser(texts: readonly string[]): { size: number; of: (text: string) => Sparse } {
  const frequency = new Map<string, number>();
  for (const text of texts)
    for (const term of termsOf(text).keys()) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  const numbers = new Map([...frequency.keys()].map((term, number) => [term, number]));
  const idf = [...frequency.values()].map((count) => Math.log((1 + texts.length) / (1 + count)) + 1);
  return {
    size: numbers.size,
    of(text) {
      const known = [...termsOf(text)].flatMap(([term, count]) => {
        const number = numbers.get(term);
        return number === undefined ? [] : [{ number, value: (1 + Math.log(count)) * (idf[number] as number) }];
      });
      const norm = Math.sqrt(known.reduce((sum, { value }) => sum + value * value, 0)) || 1;
      return {
        indices: Int32Array.from(known, ({ number }) => number),
        values: Float64Array.from(known, ({ value }) => value / norm),
      };
    },
  };
}

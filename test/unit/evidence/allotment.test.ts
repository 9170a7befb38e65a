import * as fc from 'fast-check';
import { allot, type Stratum } from '../../../src/evidence/elasticsearch/allotment.ts';

const strata = fc.array(fc.nat(20_000), { minLength: 6, maxLength: 6 }).map((known) =>
  (['incident', 'before', 'day_before'] as const).flatMap((window, index): Stratum[] => [
    { window, kind: 'errors', known: known[2 * index] ?? 0 },
    { window, kind: 'others', known: known[2 * index + 1] ?? 0 },
  ]),
);

describe('how the budget of documents is divided', () => {
  it('never exceeds the budget nor what is there, and leaves nothing unused while something is there', () => {
    fc.assert(
      fc.property(strata, fc.integer({ min: 1, max: 20_000 }), (list, documents) => {
        const counts = allot(list, documents);
        const total = counts.reduce((sum, count) => sum + count, 0);
        const known = list.reduce((sum, stratum) => sum + stratum.known, 0);
        expect(total).toBe(Math.min(documents, known));
        expect(counts.every((count, index) => count >= 0 && count <= (list[index]?.known ?? 0))).toBe(true);
      }),
    );
  });

  it('gives the errors of the incident most, and lets no window go without', () => {
    const list: Stratum[] = (['incident', 'before', 'day_before'] as const).flatMap((window) => [
      { window, kind: 'errors' as const, known: 1e6 },
      { window, kind: 'others' as const, known: 1e6 },
    ]);
    expect(allot(list, 10_000)).toEqual([3_500, 2_500, 1_000, 1_000, 1_000, 1_000]);
  });
});

import fc from 'fast-check';
import { firstKept, FORGOTTEN, nextToForget, tombstone } from '../../../src/inbox/forgotten.ts';

describe('where the deliveries with a body begin', () => {
  it('is found in few looks, whatever is missing in between', async () => {
    const rows = fc.uniqueArray(fc.integer({ min: 1, max: 5_000 }), { maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(5_000), fc.nat(5_000), async (numbers, end, upTo) => {
        const all = numbers
          .toSorted((a, b) => a - b)
          .map((seq) => ({ seq, reason: seq <= end ? tombstone(1, 'ab', '') : '' }));
        let looks = 0;
        const found = await firstKept((seq) => {
          looks += 1;
          return all.find((row) => row.seq >= seq);
        }, upTo);
        const begins = (row: { readonly reason: string }): boolean => !row.reason.startsWith(FORGOTTEN);
        const expected = all.filter((row) => row.seq <= upTo && begins(row))[0]?.seq;
        const from = all.filter(({ seq }) => seq >= found && seq <= upTo)[0]?.seq;
        expect(from).toBe(expected);
        expect(looks).toBeLessThan(15);
      }),
    );
  });
});

describe('what is let go at once', () => {
  const row = (at: number, bytes = 10) => ({ seq: at, at, bytes });
  it.each([
    ['all that are old enough', [row(1), row(2), row(3)], 3, 2],
    ['nothing behind a young one, so that the order holds', [row(1), row(9), row(2)], 5, 1],
    ['a large one goes alone', [row(1, 9e6), row(2)], 5, 1],
    ['a large one waits for the next time', [row(1), row(2, 9e6), row(3)], 5, 1],
    ['nothing where there is nothing', [], 5, 0],
  ])('%s', (_name, rows, before, count) => expect(nextToForget(rows, before)).toEqual(rows.slice(0, count)));
});

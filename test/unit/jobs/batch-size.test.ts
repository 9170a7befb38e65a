import { BatchSize, WANTED_SHARED_MS } from '../../../src/jobs/batch-size.ts';

/** The size after 20 batches whose deliveries take `each` ms. */
function after(each: number, batch = new BatchSize()): number {
  for (let n = 0; n < 20; n++) batch.took(batch.size, batch.size * each);
  return batch.size;
}

describe('the size of a batch', () => {
  it.each([
    [0.1, 200],
    [1, 100],
    [3, 33],
    [50, 10],
  ])('with %d ms a delivery is about %d, so that others wait for little', (each, size) => {
    expect(Math.abs(after(each) - size)).toBeLessThanOrEqual(1);
  });

  it('grows again when deliveries become quick', () => {
    const batch = new BatchSize();
    after(50, batch);
    expect(after(0.1, batch)).toBe(200);
  });

  it('a database that others share is given more at once', () => {
    expect(after(3, new BatchSize(WANTED_SHARED_MS))).toBeGreaterThan(1.4 * after(3));
  });

  it('a few quick deliveries say nothing', () => {
    const batch = new BatchSize();
    batch.took(1, 5);
    expect(batch.size).toBe(200);
  });
});

import fc from 'fast-check';
import { jumpNumbers } from '../../../src/backup/fill-tables.ts';
import { rulesOf } from '../../helpers/fake-rules.ts';
import { DAWN } from '../../helpers/incident-world.ts';
import { openTestStore } from '../../helpers/open-test-store.ts';

it('after a restore the next number is above all that were given, by a thousand at least, however many there were', async () => {
  const house = await openTestStore(rulesOf());
  const { db } = house.store;
  await fc.assert(
    fc.asyncProperty(fc.nat(50_000), async (given) => {
      const value = String(given);
      await db
        .insertInto('meta')
        .values({ name: 'incident_number', value })
        .onConflict((c) => c.column('name').doUpdateSet({ value }))
        .execute();
      await jumpNumbers(db, DAWN, null);
      await house.store.transact(async (unit) => {
        const next = await unit.nextNumber();
        expect(next % 1000).toBe(0);
        expect(next - given).toBeGreaterThanOrEqual(1000);
        expect(next - given).toBeLessThan(2001);
      });
    }),
    { numRuns: 30 },
  );
  await house.close();
});

import { keepCorrection, readCorrections } from '../../src/store/corrections.ts';
import { rulesOf } from '../helpers/fake-rules.ts';
import { alertOf, groupOf } from '../helpers/incident-world.ts';
import { describeDialects, openTestStore, type TestStore } from '../helpers/open-test-store.ts';

describeDialects('what people said of an alert', (dialect) => {
  let house: TestStore;
  beforeEach(async () => {
    house = await openTestStore(rulesOf(), dialect);
  });
  afterEach(() => house.close());

  async function file(number: number, by: string, category: 'network-downtime' | 'other'): Promise<void> {
    const incident = await house.incident(number);
    await house.store.transact((unit) =>
      keepCorrection(unit.tx, incident, { by, category, reason: 'seen before' }, unit.now),
    );
  }

  it('holds for the next incident of the same alert, also after a crash; the last word counts', async () => {
    await house.deliver(groupOf([alertOf('a')], { groupKey: 'first' }));
    expect((await house.incident(1)).classification.method).toBe('rule');
    await file(1, 'ben', 'other');
    await file(1, 'ada', 'network-downtime');
    await house.reopen();
    const again = alertOf('b', { labels: alertOf('a').labels });
    await house.deliver(groupOf([again], { groupKey: 'second' }));
    const { classification } = await house.incident(2);
    expect(classification).toMatchObject({ category: 'network-downtime', method: 'person' });
    expect(classification.reasons[0]).toContain('ada filed INC-1 of the same alert under network downtime');
    expect((await readCorrections(house.store.db)).map(({ by, category }) => [by, category])).toEqual([
      ['ada', 'network-downtime'],
    ]);
  });

  it('holds for no other alert', async () => {
    await house.deliver(groupOf([alertOf('a')], { groupKey: 'first' }));
    await file(1, 'ada', 'network-downtime');
    const other = alertOf('b', { labels: { ...alertOf('a').labels, alertname: 'SomethingElse' } });
    await house.deliver(groupOf([other], { groupKey: 'second' }));
    expect((await house.incident(2)).classification.method).toBe('rule');
  });
});

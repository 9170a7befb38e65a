import { label } from '../../../src/domain/alert.ts';
import { judged, rulesOf } from '../../helpers/fake-rules.ts';
import { ADA, alertOf, groupOf, World } from '../../helpers/incident-world.ts';

/** One incident for all alerts of a cluster; what is named Intruder is a breach. */
function worldOf(): World {
  return new World(
    rulesOf({
      groupingBy: ['cluster'],
      classify: ({ labels }) =>
        label(labels, 'alertname') === 'Intruder'
          ? { ...judged('data-security-breach'), reasons: ['It names an attack'] }
          : { ...judged('other'), reasons: ['A disk fills up'] },
    }),
  );
}
const named = (alertname: string, id: string) => alertOf(id, { labels: { alertname, cluster: 'eu' } });
const MARK = 'Check for breach: its alert Intruder looks like one: It names an attack';

describe('a breach that only a further alert of an incident speaks of', () => {
  it('is to be checked for, whether it comes in the same delivery or later, and stays marked', async () => {
    const later = worldOf();
    await later.deliver(groupOf([named('DiskFull', 'a')]));
    await later.deliver(groupOf([named('Intruder', 'b')]));
    await later.deliver(groupOf([named('DiskSlow', 'c')]));
    const together = worldOf();
    await together.deliver(groupOf([named('DiskFull', 'a'), named('Intruder', 'b')]));
    for (const world of [later, together]) {
      const { category, reasons } = world.incident().classification;
      expect({ category, reasons }).toEqual({ category: 'other', reasons: [MARK, 'A disk fills up'] });
    }
  });

  it('is left to the person who has decided of the incident', async () => {
    const world = worldOf();
    await world.deliver(groupOf([named('DiskFull', 'a')]));
    world.do(world.uid(), { type: 'reclassify', by: ADA, category: 'network-downtime', reason: 'a drill' });
    await world.deliver(groupOf([named('Intruder', 'b')]));
    expect(world.incident().classification.reasons[0]).toBe('ada: a drill');
  });
});

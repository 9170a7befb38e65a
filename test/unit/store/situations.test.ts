import { compileServices } from '../../../src/incidents/services.ts';
import { readSituation, readSituations } from '../../../src/store/situations.ts';
import { MINUTE, rulesOf } from '../../helpers/fake-rules.ts';
import { ADA, alertOf, groupOf } from '../../helpers/incident-world.ts';
import { describeDialects, openTestStore, type TestStore } from '../../helpers/open-test-store.ts';

const services = compileServices([
  { name: 'checkout', depends_on: ['psp'], matchers: [], skills: [], contacts: [] },
  { name: 'psp', depends_on: [], matchers: [], skills: [], contacts: [] },
]);
const holds = ({ team }: { team: string }): boolean => team === 'security';

describeDialects('the situation of an incident', (dialect) => {
  let house: TestStore;
  beforeEach(async () => {
    house = await openTestStore(rulesOf({ services }), dialect);
  });
  afterEach(() => house.close());

  async function fires(service: string, labels: Record<string, string> = {}): Promise<void> {
    const alert = alertOf(`${service} ${JSON.stringify(labels)}`, {
      labels: { service, ...labels },
      startsAt: house.time.now,
    });
    await house.deliver(groupOf([alert], { groupKey: `${service} ${JSON.stringify(labels)} ${house.time.now}` }));
  }
  async function situationOf(number: number): Promise<string> {
    const found = await readSituation({ read: house.read, services, holds }, await house.incident(number));
    return found === null ? '' : `${found.incidents.map((one) => one.number).join(',')}<-${found.origin.number}`;
  }

  it('holds what is open now, and ends with it', async () => {
    await fires('checkout');
    house.pass(2 * MINUTE);
    await fires('psp');
    await fires('stranger');
    expect([await situationOf(1), await situationOf(2), await situationOf(3)]).toEqual(['1,2<-2', '1,2<-2', '']);
    const { uid } = await house.incident(2);
    await house.store.transact(async (unit) => {
      await unit.incident(uid);
      unit.run(uid, { type: 'resolve', by: ADA, reason: '' });
    });
    expect(await situationOf(1)).toBe('');
  });

  it('tells nobody of what another team keeps to itself', async () => {
    await fires('checkout', { team: 'security' });
    await fires('psp', { team: 'shop' });
    expect(await situationOf(2)).toBe('');
    expect(await situationOf(1)).toBe('1,2<-2');
    expect((await readSituations({ read: house.read, services, holds })).size).toBe(0);
  });
});

import { aroundLines } from '../../../src/channels/messages/around-section.ts';
import type { CollectedLogs } from '../../../src/evidence/collected.ts';
import type { PeerFinding } from '../../../src/evidence/peer/compare.ts';
import { findPeers } from '../../../src/jobs/look-at-peer.ts';
import { lookAround } from '../../../src/jobs/look-around.ts';
import { MINUTE, rulesOf } from '../../helpers/fake-rules.ts';
import { alertOf, endOf, groupOf } from '../../helpers/incident-world.ts';
import { describeDialects, openTestStore, type TestStore } from '../../helpers/open-test-store.ts';

describeDialects('the failing target and healthy ones beside it', (dialect) => {
  let house: TestStore;
  beforeEach(async () => {
    house = await openTestStore(rulesOf(), dialect);
  });
  afterEach(() => house.close());

  const parts = () => ({
    ...{ store: house.store, read: house.read, redact: (text: string) => text, holds: () => false },
    ...{ metricsSources: [], sources: new Map(), providers: [], log: () => undefined },
  });
  const fires = (id: string, labels: Record<string, string>) =>
    house.deliver(groupOf([alertOf(id, { labels })], { groupKey: id }));

  it('whoever else of the service has an alert that fires is not healthy', async () => {
    const calm = alertOf('shop-9', { labels: { service: 'checkout' } });
    await house.deliver(groupOf([calm], { groupKey: 'calm' }));
    await fires('shop-2', { service: 'checkout', pod: 'c-2' });
    await fires('mail-1', { service: 'mail' });
    house.pass(MINUTE);
    await house.deliver(groupOf([endOf(calm, house.time.now)], { groupKey: 'calm' }));
    await fires('shop-1', { service: 'checkout', pod: 'c-1' });
    expect(await findPeers(parts(), await house.incident(4))).toEqual({
      own: { pods: ['c-1'], hosts: ['shop-1'] },
      alerting: { pods: ['c-2'], hosts: ['shop-2'] },
    });
  });

  it('an alert about no one target has none', async () => {
    await fires('', { service: 'checkout', instance: '' });
    expect(await findPeers(parts(), await house.incident(1))).toBeUndefined();
  });

  it('what the logs showed of it stands with the incident, and in messages where it tells anything', async () => {
    await fires('shop-1', { service: 'checkout' });
    const look = async (peer: PeerFinding) => {
      const incident = await house.incident(1);
      const logs = Promise.resolve({ peer } as CollectedLogs);
      const beside = { peers: await findPeers(parts(), incident), logs };
      const evidence = await lookAround(parts(), incident, false, new AbortController().signal, beside);
      return { ...incident, evidence };
    };
    const fact = { at: null, text: 'only shop-1 writes (3 ×): disk is full', url: '' };
    const told = await look({ state: 'complete', reason: 'Compared.', store: 'elk', facts: [fact] });
    expect(told.evidence).toMatchObject([{ kind: 'healthy_peer', state: 'complete', store: 'elk', facts: [fact] }]);
    expect(aroundLines(told)).toEqual(['Beside it: only shop-1 writes (3 ×): disk is full']);
    const nothing = await look({ state: 'unavailable', reason: 'Nothing stands beside it.', store: 'elk', facts: [] });
    expect(nothing.evidence).toMatchObject([{ state: 'unavailable', reason: 'Nothing stands beside it.' }]);
    expect(aroundLines(nothing)).toEqual([]);
  });
});

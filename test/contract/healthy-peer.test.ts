import { collectLogs } from '../../src/evidence/collect.ts';
import type { CollectedLogs } from '../../src/evidence/collected.ts';
import { namesOf } from '../../src/evidence/peer/names.ts';
import { createRedactor } from '../../src/evidence/redact.ts';
import { startFaultProxy, type FaultProxy } from '../helpers/fault-proxy.ts';
import { ecs, FIRED, MINUTE, storeOf } from '../helpers/log-house.ts';
import { describeWith } from '../helpers/requires.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';

afterAll(stopEverything, 300_000);

const pod = (name: string): string => `checkout-7d4b9c6f5d-${name}`;
const written = (name: string, level: string, text: string) =>
  ecs(-3, level, text, 'checkout', { kubernetes: { pod: { name: pod(name) }, namespace: 'shop' } });
const orders = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => written(name, 'info', `order ${n} placed`));

describeWith('elasticsearch', 'a healthy pod beside the failing one, out of Elasticsearch', () => {
  let proxy: FaultProxy;
  beforeAll(async () => {
    const server = await startElasticsearch();
    proxy = await startFaultProxy(server.url);
    await server.index('peers', [
      ...orders('x2x7k', 30),
      ...Array.from({ length: 6 }, (_, n) => written('x2x7k', 'error', `ledger-${n} refused the connection`)),
      ...orders('y3y8m', 40),
      ...orders('z4z9n', 40),
    ]);
  }, 300_000);

  async function look(labels: Record<string, string>, peersWanted = true): Promise<CollectedLogs> {
    const store = storeOf({ nodes: [proxy.url], index: 'peers' });
    const peers = { own: namesOf([labels]), alerting: namesOf([{ pod: pod('z4z9n') }]) };
    const facts = { id: 'e', labels, startsAt: FIRED, now: FIRED + 5 * MINUTE, ...(peersWanted ? { peers } : {}) };
    const found = await collectLogs(facts, [store], createRedactor(Buffer.from('k')), new AbortController().signal);
    await store.close();
    return found;
  }

  it('is found by one more look at its workload, though only the own lines are read into the excerpt', async () => {
    const searches = () => proxy.requests.filter(({ path }) => path.includes('_search')).length;
    const labels = { pod: pod('x2x7k'), namespace: 'shop' };
    const before = searches();
    const { evidence, peer } = await look(labels);
    const cost = searches() - before;
    expect(evidence).toMatchObject({
      state: 'complete',
      scope: `pod = ${pod('x2x7k')}`,
      counts: { info: 30, error: 6 },
    });
    expect(peer).toMatchObject({
      ...{ state: 'complete', store: 'elk' },
      reason: `Compared with a healthy one (${pod('y3y8m')}): 36 lines against 40.`,
      facts: [
        {
          text: expect.stringMatching(
            /^only checkout-\S+-x2x7k writes \(6 ×\): ledger-\d refused the connection$/,
          ) as string,
        },
      ],
    });
    const alone = searches();
    expect((await look(labels, false)).peer).toBeNull();
    expect(cost - (searches() - alone)).toBe(2);
  });

  it('is read out of the same answer where the lines of the whole service were read, at no cost', async () => {
    const searches = () => proxy.requests.filter(({ path }) => path.includes('_search')).length;
    const labels = { service: 'checkout', instance: 'h1:9100' };
    const before = searches();
    const { evidence, peer } = await look(labels);
    const cost = searches() - before;
    expect(evidence.scope).toBe('service = checkout');
    expect(peer).toMatchObject({
      state: 'unavailable',
      reason: expect.stringMatching(/^Nothing stands beside h1/) as string,
    });
    const alone = searches();
    await look(labels, false);
    expect(cost).toBe(searches() - alone);
  });
});

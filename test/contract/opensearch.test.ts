import { startFaultProxy, type FaultProxy } from '../helpers/fault-proxy.ts';
import { STORIES } from '../helpers/field-stories.ts';
import { ecs, evidenceFrom, storeOf } from '../helpers/log-house.ts';
import { describeWith } from '../helpers/requires.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startOpensearch, type Opensearch } from '../servers/opensearch.ts';

afterAll(stopEverything, 300_000);

describeWith('opensearch', 'a real OpenSearch', () => {
  let server: Opensearch;
  let proxy: FaultProxy;
  beforeAll(async () => {
    server = await startOpensearch();
    proxy = await startFaultProxy(server.url);
    await server.index('logs-shop', [ecs(-3, 'error', 'no such host'), ecs(-2, 'info', 'order placed')]);
  }, 300_000);
  beforeEach(() => proxy.behave('none'));

  const from = (more: Record<string, unknown> = {}) =>
    evidenceFrom({ kind: 'opensearch', nodes: [proxy.url], index: 'logs-shop', ...more });

  it('says what it is, and what it holds', async () => {
    const store = storeOf({ kind: 'opensearch', nodes: [server.url], index: 'logs-shop' });
    expect(await store.check(new AbortController().signal)).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/^OpenSearch 2\.19\.\d, profile ecs, 0 records in the last hour/) as unknown,
    });
    await store.close();
  });

  it.each(STORIES.map((story) => [story.name, story] as const))('reads %s', async (_name, story) => {
    await story.fill(server);
    const config = { kind: 'opensearch', nodes: [server.url], index: story.index, ...story.config };
    const evidence = await evidenceFrom(config, story.labels);
    expect([evidence.reason, evidence]).toMatchObject([expect.any(String), story.found]);
    if (story.says !== undefined) expect(evidence.reason).toMatch(story.says);
  });

  it('pages through a point in time of its own, and ends it', async () => {
    await server.index(
      'many',
      Array.from({ length: 1_200 }, (_, index) => ecs(-9 + index / 300, 'info', `order ${index} placed`)),
    );
    const before = proxy.requests.length;
    const evidence = await from({ index: 'many', budget: { bytes: 450_000 } });
    expect(evidence).toMatchObject({ state: 'complete', counts: { info: 1_200 }, lines: [{ count: 1_200 }] });
    const paths = (): string[] => proxy.requests.slice(before).map(({ path }) => path.replace(/\?.*/, ''));
    await waitFor('the point in time to end', () => paths().at(-1) === '/_search/point_in_time');
    expect(paths().filter((path) => path.includes('point_in_time'))).toEqual([
      '/many/_search/point_in_time',
      '/_search/point_in_time',
    ]);
    expect(paths().filter((path) => path === '/_search').length).toBeGreaterThan(1);
  });

  it('says of it what goes wrong, under its own name', async () => {
    proxy.behave({ status: 503 }, /_search/);
    expect((await from()).reason).toMatch(/^OpenSearch "elk" failed \(503\): look at the health of the cluster/);
    proxy.behave({ status: 401 });
    expect((await from()).reason).toMatch(/^OpenSearch "elk" refused the login \(401\): check `auth`/);
    proxy.behave({ change: (body) => ({ ...(body as object), timed_out: true }) }, /_search/);
    expect((await from()).reason).toContain('OpenSearch stopped searching at its time limit');
    proxy.behave('none');
    expect((await from({ index: 'gone' })).reason).toMatch(/^OpenSearch "elk" has no index "gone"/);
  });
});

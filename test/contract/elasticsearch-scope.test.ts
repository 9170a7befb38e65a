import { startFaultProxy } from '../helpers/fault-proxy.ts';
import { at, ecs, evidenceFrom, storeOf } from '../helpers/log-house.ts';
import { describeWith } from '../helpers/requires.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startElasticsearch, type Elasticsearch } from '../servers/elasticsearch.ts';

afterAll(stopEverything, 300_000);

describeWith('elasticsearch', 'whose lines are read from Elasticsearch', () => {
  let server: Elasticsearch;
  beforeAll(async () => {
    server = await startElasticsearch();
  }, 300_000);

  const from = (index: string, labels?: Record<string, string>) => evidenceFrom({ nodes: [server.url], index }, labels);

  it('steps from the pod to its service where the pod wrote little, and names both', async () => {
    const one = ecs(-3, 'error', 'no such host');
    const sister = { kubernetes: { pod: { name: 'checkout-7d4b9c6f5d-y3y8m' }, namespace: 'shop' } };
    await server.index('little', [
      one,
      ...Array.from({ length: 5 }, (_, index) => ecs(-2, 'info', `order ${index}`, 'checkout', sister)),
    ]);
    const labels = { pod: 'checkout-7d4b9c6f5d-x2x7k', service: 'checkout' };
    const evidence = await from('little', labels);
    expect(evidence).toMatchObject({ state: 'complete', scope: 'service = checkout', counts: { info: 5, error: 1 } });
    expect(evidence.reason).toContain(
      'There is less of pod = checkout-7d4b9c6f5d-x2x7k, so service = checkout was read.',
    );
    await server.index('enough', [
      ...Array.from({ length: 5 }, (_, index) => ecs(-2, 'info', `order ${index}`)),
      ecs(-3, 'error', 'no such host', 'checkout', sister),
    ]);
    expect(await from('enough', labels)).toMatchObject({
      scope: 'pod = checkout-7d4b9c6f5d-x2x7k',
      counts: { info: 5 },
    });
  });

  it('reads those who name a silent service or share its last traces', async () => {
    const trace = { trace: { id: '4bf92f3577b34da6a3ce929d0e0e4736' } };
    await server.index('around', [
      ecs(-20, 'info', 'order placed', 'checkout'),
      ecs(-12, 'info', 'order begun', 'checkout', trace),
      ecs(-3, 'error', 'upstream checkout does not answer', 'gateway'),
      ecs(-4, 'warn', 'payment was never confirmed', 'psp', trace),
      ecs(-3, 'info', 'parcel sent', 'shipping'),
    ]);
    const evidence = await evidenceFrom({
      ...{ nodes: [server.url], index: 'around' },
      kibana: { url: 'https://kibana:5601', data_view: 'logs' },
    });
    expect(evidence).toMatchObject({ state: 'complete', scope: 'neighbours of service = checkout' });
    expect(evidence.reason).toMatch(
      /service = checkout wrote nothing itself in the incident window; these are lines of others that name checkout or share one of its 1 last traces\./,
    );
    const texts = evidence.lines.map(({ text }) => text);
    expect(texts).toContain('upstream checkout does not answer');
    expect(texts).toContain('payment was never confirmed');
    expect(texts).not.toContain('parcel sent');
    expect(decodeURIComponent(evidence.url)).toContain(
      `query:'service.name : "checkout" or kubernetes.pod.name`.slice(0, 36),
    );
    expect(decodeURIComponent(evidence.url)).toContain('message : "checkout"');
    expect(decodeURIComponent(evidence.url)).toContain('trace.id : "4bf92f3577b34da6a3ce929d0e0e4736"');
  });

  it('reads those who name a service that never wrote here', async () => {
    await server.index('unheard', [ecs(-3, 'error', 'ledger refused the connection', 'gateway')]);
    expect(await from('unheard', { service: 'ledger' })).toMatchObject({
      state: 'complete',
      scope: 'neighbours of service = ledger',
      lines: [{ service: 'gateway', text: 'ledger refused the connection' }],
    });
  });

  it('finds the time under another name, and says so where there is none', async () => {
    await server.index('later', [{ timestamp: at(-3), msg: 'no such host', level: 'error', service: 'checkout' }]);
    expect(await from('later')).toMatchObject({ state: 'complete', lines: [{ text: 'no such host' }] });
  });

  it('speaks plainly to a server 7.17, and names the fields where it reads them', async () => {
    const proxy = await startFaultProxy(server.url);
    proxy.behave({ change: (body) => ({ ...(body as object), version: { number: '7.17.29' } }) }, /^\/$/);
    await server.index('seven', [ecs(-3, 'error', 'no such host')]);
    const before = proxy.requests.length;
    for (const compatibility of ['auto', 7]) {
      const config = { nodes: [proxy.url], index: 'seven', compatibility };
      expect(await evidenceFrom(config)).toMatchObject({ state: 'complete', lines: [{ text: 'no such host' }] });
    }
    const said = proxy.requests.slice(before);
    expect(said.every(({ headers }) => !/compatible-with/.test(`${headers['content-type']}${headers.accept}`))).toBe(
      true,
    );
    const caps = said.filter(({ path }) => path.includes('_field_caps'));
    expect(caps.every(({ path }) => /fields=/.test(path) && path.length < 4_000)).toBe(true);
    const store = storeOf({ nodes: [proxy.url], index: 'seven' });
    expect(await store.check(new AbortController().signal)).toMatchObject({
      detail: expect.stringMatching(/^Elasticsearch 7\.17\.29, profile ecs/) as unknown,
    });
    await store.close();
  });
});

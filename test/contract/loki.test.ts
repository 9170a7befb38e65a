import { startLokiDouble, type LokiDouble } from '../doubles/loki.ts';
import { evidenceFrom, FIRED, MINUTE } from '../helpers/log-house.ts';
import { stopEverything } from '../servers/cleanup.ts';

describe('Loki', () => {
  let server: LokiDouble;
  beforeEach(async () => {
    server = await startLokiDouble();
  });
  afterAll(stopEverything, 300_000);

  const line = (minutes: number, text: string, labels: Record<string, string> = { service_name: 'checkout' }) => ({
    ...{ at: FIRED + minutes * MINUTE, labels, text },
  });
  const from = (more: Record<string, unknown> = {}, labels?: Record<string, string>) =>
    evidenceFrom({ kind: 'loki', url: server.url, ...more }, labels);

  it('finds the label that holds the service, and tells level and text from the line', async () => {
    server.add([
      line(-3, '{"level":"error","msg":"no such host"}', { app: 'checkout' }),
      line(-2, 'level=warn msg="slow"', { app: 'checkout' }),
    ]);
    expect(await from()).toMatchObject({
      state: 'complete',
      scope: 'service = checkout',
      counts: { error: 1, warn: 1 },
    });
    expect(server.refused).toEqual([]);
  });

  it('reads errors first where not everything may be read, and says how much that is', async () => {
    server.add(Array.from({ length: 500 }, (_, index) => line(-9 + index / 100, `order ${index} placed`)));
    server.add([line(-10, 'ERROR no such host')]);
    const evidence = await from({ budget: { documents: 100 } });
    expect(evidence).toMatchObject({ state: 'partial', lines: [{ text: 'ERROR no such host' }, {}] });
    expect(evidence.reason).toMatch(/Of 501 records in the window "incident" 60 \(12 %\) were read, errors first/);
    expect(server.refused).toEqual([]);
  });

  it('asks for fewer lines where they are too large for the budget of bytes', async () => {
    server.add(Array.from({ length: 100 }, (_, index) => line(-9 + index / 100, `${index} ${'x'.repeat(10_000)}`)));
    const evidence = await from({ budget: { bytes: 300_000 } });
    expect(evidence.state).toBe('partial');
    expect(evidence.reason).toMatch(/Of 100 records in the window "incident" \d+ \(\d+ %\) were read/);
    expect(evidence.lines.length).toBeGreaterThan(0);
  });

  it('reads those who name a silent service or share its last traces, before all of its host or namespace', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const of = (service_name: string) => ({ service_name, namespace: 'shop' });
    server.add([
      line(-20, 'order placed', of('checkout')),
      line(-12, `order begun traceId=${trace}`, of('checkout')),
      line(-3, 'ERROR upstream checkout does not answer', of('gateway')),
      line(-4, `WARN payment was never confirmed trace_id=${trace}`, of('psp')),
      line(-3, 'checkout-worker is well', of('worker')),
      line(-3, 'parcel sent', of('shipping')),
    ]);
    const evidence = await from({}, { service: 'checkout', namespace: 'shop' });
    expect(evidence).toMatchObject({ state: 'complete', scope: 'neighbours of service = checkout' });
    expect(evidence.reason).toContain(
      'service = checkout wrote nothing itself in the incident window; these are lines of others that name checkout or share one of its 1 last traces.',
    );
    expect(evidence.lines.map(({ service, count }) => [service, count])).toEqual([
      ['gateway', 1],
      ['psp', 1],
    ]);
    expect(
      server.asked.filter((query) => query.includes('|~')).every((query) => query.includes('namespace="shop"')),
    ).toBe(true);
    expect(server.refused).toEqual([]);
  });

  it('steps on to the host where nobody names the silent service', async () => {
    server.add([line(-20, 'order placed'), line(-3, 'disk is full', { host: 'db-1', service_name: 'postgres' })]);
    const evidence = await from({}, { service: 'checkout', instance: 'db-1:9100' });
    expect(evidence).toMatchObject({ scope: 'host = db-1', lines: [{ text: 'disk is full' }] });
    expect(server.refused).toEqual([]);
  });

  it('never lets the text of an alert become a query', async () => {
    server.add([line(-3, 'no such host')]);
    for (const value of ['"} or {a="b', '.*', 'check\\out', '`', 'checkout"}[5m]))#'])
      expect((await from({}, { service: value })).reason).toMatch(/^No line of service = /);
    expect(server.refused).toEqual([]);
  });

  it('links to Explore with the same query and window', async () => {
    server.add([line(-3, 'no such host')]);
    const { url } = await from({ grafana: { url: 'https://grafana:3000/', data_source: 'loki-uid' } });
    const panes = JSON.parse(new URL(url).searchParams.get('panes') ?? '{}') as unknown;
    expect(panes).toMatchObject({
      logs: {
        datasource: 'loki-uid',
        queries: [{ expr: '{service_name="checkout"}', queryType: 'range' }],
        range: { from: String(FIRED - 11 * MINUTE), to: String(FIRED + 2 * MINUTE) },
      },
    });
  });

  it('says which tenant it may want', async () => {
    server = await startLokiDouble({ tenant: 'shop' });
    server.add([line(-3, 'no such host')]);
    expect((await from()).reason).toMatch(/refused the login \(401\): check `auth`, and `headers: \{ X-Scope-OrgID/);
    expect(await from({ headers: { 'X-Scope-OrgID': 'shop' } })).toMatchObject({ state: 'complete' });
  });
});

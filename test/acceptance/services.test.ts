import { jest } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeConfiguration } from '../helpers/configuration.ts';
import { deliver, incident, timeline, waitForIncident, type IncidentJson } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything, stopLater } from '../servers/cleanup.ts';
import { startHttpSink, type HttpSink } from '../servers/http-sink.ts';
import { runTierbell } from '../helpers/run-program.ts';
import { startTierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

const PROMQL = 'sum(rate(orders_failed[5m]))*60';

/** Prometheus' HTTP API, as far as one instant query goes. */
async function startMetrics(): Promise<string> {
  const server = createServer((req, res) => {
    let form = '';
    req.on('data', (chunk: Buffer) => (form += chunk.toString()));
    req.on('end', () => {
      const asked =
        new URLSearchParams(form).get('query') ?? new URL(req.url ?? '', 'http://x').searchParams.get('query');
      const known = asked === PROMQL && req.url?.startsWith('/api/v1/query_range') !== true;
      const result = known ? [{ metric: {}, value: [Date.now() / 1000, '12'] }] : [];
      const resultType = req.url?.startsWith('/api/v1/query_range') === true ? 'matrix' : 'vector';
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify({ status: 'success', data: { resultType, result } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stopLater(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function configure(sink: HttpSink, metrics: string): string {
  return writeConfiguration('smtp://127.0.0.1:9', {
    main: {
      metrics: [{ name: 'prom', kind: 'prometheus', url: metrics }],
      channels: ['l2', 'shop', 'desk'].map((name) => ({ name, kind: 'webhook', url: `${sink.url}/${name}` })),
      teams: [
        { name: 'level2', channels: ['l2'] },
        { name: 'team-shop', channels: ['shop'] },
      ],
      owners: [{ from: 'service' }],
      fallback: { notify: ['desk'] },
    },
    policies: [{ name: 'default', steps: [{ level: 2, notify: ['owner.level2', 'level2'], ack_timeout: '1h' }] }],
    services: [
      {
        ...{ name: 'checkout', team: 'team-shop', tier: 2, depends_on: ['psp'], contacts: ['#shop-help'] },
        ...{ matchers: ['component="till"'], runbook: 'https://wiki.example.org/checkout' },
        impact_query: { promql: PROMQL, unit: 'orders/min failing' },
      },
      { name: 'psp', tier: 1 },
    ],
  });
}

it('the catalogue of services: its team is told, its tier counts, orders are counted, and what hangs together is shown so', async () => {
  const sink = await startHttpSink();
  const bridge = await startTierbell({ configFile: configure(sink, await startMetrics()) });
  // The origin first: what is told of the other one is to name it.
  await deliver(bridge, firing('PspDown', { service: 'psp', severity: 'critical' }));
  const psp = await waitForIncident(bridge, { alertname: 'PspDown' });
  await deliver(bridge, firing('Slow', { component: 'till', severity: 'warning' }));
  const slow = await waitForIncident(bridge, { alertname: 'Slow' });
  expect([slow, psp]).toMatchObject([
    { service: 'checkout', team: 'team-shop', priority: 'P3' },
    { service: 'psp', priority: 'P1' },
  ]);
  const situation = { origin: psp.id, incidents: [psp.id, slow.id] };
  expect(await incident(bridge, slow.id)).toMatchObject({ situation });
  const page = await sink.waitForRequest(({ path, text }) => path === '/shop' && text.includes(`"${slow.id}"`));
  expect(page.text).toContain('https://wiki.example.org/checkout');
  expect(page.text).toContain('#shop-help');
  await waitFor('the orders to be counted', async () =>
    (await timeline(bridge, slow.id)).find(({ text }) => text === 'Impact: 12 orders/min failing'),
  );
  const told = await sink.waitForRequest(
    ({ path, text }) => path === '/shop' && text.includes('12 orders/min failing'),
  );
  expect(told.text).toContain(`likeliest origin: psp (${psp.id})`);
  const shown = await bridge.api<IncidentJson>(`/incidents/${slow.id}`);
  expect(shown.text.replace(/\s+/g, ' ')).toContain(
    `likeliest origin: <strong>psp</strong> (<a href="/incidents/${psp.id}">`,
  );
  const { stdout } = await runTierbell(['incident', 'show', slow.id], { env: { TIERBELL_URL: bridge.url } });
  expect(stdout).toContain(`Situation  with ${psp.id}; likeliest origin: ${psp.id}\n`);
  expect(stdout).toMatch(/^Service {4}checkout, team team-shop$/m);
  expect(stdout).toMatch(/^Impact .*\n +12 orders\/min failing$/m);
});

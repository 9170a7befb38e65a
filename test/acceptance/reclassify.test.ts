import { jest } from '@jest/globals';
import { writeConfiguration } from '../helpers/configuration.ts';
import { deliver, waitForIncident, type IncidentJson } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { startTierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

it('what a person filed an alert under holds after kill -9, for the next incident of the same alert, and is counted', async () => {
  const sink = await startHttpSink();
  const configFile = writeConfiguration('smtp://127.0.0.1:9', {
    main: {
      sources: [{ name: 'am', kind: 'alertmanager' }],
      channels: [{ name: 'desk', kind: 'webhook', url: sink.url }],
      teams: [{ name: 'level2', channels: ['desk'] }],
      fallback: { notify: ['desk'] },
    },
    policies: [{ name: 'default', steps: [{ level: 2, notify: ['level2'] }] }],
  });
  const dataDir = temporaryFolder('reclassify').path;
  const before = await startTierbell({ configFile, dataDir });
  await deliver(before, firing('DiskFull', { instance: 'db-1:9100', job: 'san' }));
  const { id } = await waitForIncident(before, { alertname: 'DiskFull' });
  const body = { by: 'ada', category: 'network-downtime', reason: 'the path to the SAN' };
  const answer = await before.api<IncidentJson>(`/api/v1/incidents/${id}/reclassify`, { body });
  expect(answer.body.category).toMatchObject({ id: 'network-downtime', method: 'person' });
  await before.api(`/api/v1/incidents/${id}/resolve`, { body: { by: 'ada', reason: 'done' } });
  const closed = await before.api(`/api/v1/incidents/${id}/close`, { body: { by: 'ada', reason: 'done' } });
  expect(closed.status).toBe(200);
  const metrics = await before.api('/metrics');
  expect(metrics.text).toMatch(/tierbell_category_corrections_total\{from="[a-z-]+",to="network-downtime"\} 1/);
  await before.kill9();

  const bridge = await startTierbell({ configFile, dataDir });
  await deliver(bridge, firing('DiskFull', { instance: 'db-2:9100', job: 'san' }));
  const next = await waitForIncident(bridge, { alertname: 'DiskFull', instance: 'db-2:9100' });
  expect(next.id).not.toBe(id);
  expect(next.category).toMatchObject({ id: 'network-downtime', method: 'person' });
  expect(next.category.reasons[0]).toMatch(
    /^ada filed INC-\d+ of the same alert under network downtime on \d{4}-\d\d-\d\d: the path to the SAN$/,
  );
});

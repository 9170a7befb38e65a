import { jest } from '@jest/globals';
import { writeConfiguration } from '../helpers/configuration.ts';
import { startFaultProxy } from '../helpers/fault-proxy.ts';
import { deliver, incident, incidents, type IncidentJson } from '../helpers/incident-api.ts';
import { ecs, FIRED, PATIENT } from '../helpers/log-house.ts';
import { alertmanagerPayload } from '../helpers/payload.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

const ALERTS = 50;
const MINUTE = 60_000;
const DAY = 1_440;
const WINDOWS = 3;

/** Lines of checkout around now: usual ones in all three windows, and one of its own in the incident. */
function logLines(now: number): object[] {
  const shift = (now - FIRED) / MINUTE;
  const usual = Array.from({ length: 200 }, (_, index) => index);
  return [-5, -16, -5 - DAY].flatMap((minute) => [
    ...usual.map((index) => ecs(shift + minute + index / 100, 'info', `order ${index} placed in ${index} ms`)),
    ...(minute === -5 ? [ecs(shift + minute, 'error', 'no such host psp-1')] : []),
  ]);
}

it('fifty alerts of one service within a minute: each incident has its excerpt, the log store is asked as for one', async () => {
  const [smtp, elasticsearch] = await Promise.all([startSmtp(), startElasticsearch()]);
  const now = Date.now();
  await elasticsearch.index('logs-shop', logLines(now));
  const proxy = await startFaultProxy(elasticsearch.url);
  const logs = [{ name: 'elk', kind: 'elasticsearch', nodes: [proxy.url], index: 'logs-*', budget: PATIENT }];
  const bridge = await startTierbell({ configFile: writeConfiguration(smtp.url, { main: { logs } }) });

  for (let index = 0; index < ALERTS; index += 1) {
    const labels = {
      alertname: `Checkout${index}`,
      severity: 'critical',
      service: 'checkout',
      instance: `h${index}:80`,
    };
    const startsAt = new Date(now - MINUTE + (index * MINUTE) / ALERTS).toISOString();
    expect((await deliver(bridge, alertmanagerPayload([{ labels, startsAt }]))).status).toBe(200);
  }
  const withLogs = new Map<string, IncidentJson>();
  await waitFor(
    'evidence of all incidents',
    async () => {
      for (const { id } of await incidents(bridge)) {
        const whole = withLogs.get(id) ?? (await incident(bridge, id));
        if (whole.evidence.length > 0) withLogs.set(id, whole);
      }
      return withLogs.size === ALERTS;
    },
    { timeoutMs: 120_000, everyMs: 250 },
  );
  const searches = proxy.requests.filter(({ path }) => path.includes('_search')).length;

  for (const { evidence } of withLogs.values()) {
    expect(evidence[0]).toMatchObject({ state: 'complete', lines: [{ text: 'no such host psp-1', count: 1 }, {}] });
  }
  expect(searches).toBeGreaterThan(0);
  expect(searches).toBeLessThanOrEqual(2 * WINDOWS);
});

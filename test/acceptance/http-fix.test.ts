import { jest } from '@jest/globals';
import { twoLevels, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, waitForIncident, type IncidentJson } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

const TOKEN = 'tok-of-the-deploy-tool';

/** A deploy tool that rolls a service back, and the health page of the service itself. */
async function startHouse(verify: Record<string, unknown> = {}) {
  const [smtp, tool, health] = await Promise.all([startSmtp(), startHttpSink(), startHttpSink()]);
  const fix = {
    ...{ id: 'roll-back', title: 'Roll the service back', mode: 'automatic', target: '{{ service }}' },
    applies_to: { matchers: ['alertname="CheckoutDown"'], sources: ['am'] },
    action: {
      kind: 'http',
      url: `${tool.url}/roll-back/{{ service }}`,
      body: { service: '{{ service }}' },
      parameters: { service: { from: 'labels.service', pattern: '[a-z ]+' } },
      poll: { url: `${tool.url}/jobs/{{ response.id }}`, pointer: '/state', success: ['done'], interval: '50ms' },
      timeout: '60s',
    },
    verify: { kind: 'http', url: `${health.url}/health/{{ service }}`, for: '0s', timeout: '60s', ...verify },
  };
  const executors = [{ name: 'deploy', kind: 'http', allow: [tool.url], auth: { bearer_token: TOKEN } }];
  const policies = [twoLevels('default', '5m')];
  const configFile = writeConfiguration(smtp.url, { main: { executors }, policies, fixes: [fix], categories: [RULE] });
  return { tool, health, bridge: await startTierbell({ configFile }) };
}

const RULE = {
  ...{ id: 'checkout', category: 'cloud-service-interruption', weight: 5, reason: 'The checkout does not answer' },
  any: [{ matchers: ['alertname="CheckoutDown"'] }],
};

async function settled({ bridge }: Awaited<ReturnType<typeof startHouse>>): Promise<IncidentJson> {
  await deliver(bridge, firing('CheckoutDown', { service: 'check out', severity: 'critical' }));
  return waitForIncident(bridge, { alertname: 'CheckoutDown' }, ({ attempts }) =>
    attempts.some(({ state }) => ['verified', 'unverified', 'failed', 'unknown', 'refused'].includes(state)),
  );
}

it('a known fix over HTTP rolls back, its job is followed, and the health page confirms it', async () => {
  const house = await startHouse();
  const { tool, health, bridge } = house;
  tool.answerNext(
    { status: 202, body: '{"id":7}' },
    { status: 200, body: '{"state":"running"}' },
    { status: 200, body: '{"state":"done"}' },
  );
  const shown = await settled(house);
  expect(shown).toMatchObject({ status: 'resolved', escalations: [] });
  const [attempt] = shown.attempts;
  expect(attempt).toMatchObject({ state: 'verified', target: 'check out', verification: { state: 'healthy' } });
  expect(tool.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /roll-back/check%20out',
    'GET /jobs/7',
    'GET /jobs/7',
  ]);
  expect(tool.requests[0]?.json()).toEqual({ service: 'check out' });
  expect(tool.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, 'idempotency-key': attempt?.id });
  expect(health.requests[0]?.path).toBe('/health/check%20out');
  expect(JSON.stringify(shown) + bridge.output()).not.toContain(TOKEN);
});

it('whose tool answers 500 has an unknown outcome: it is not sent again, and Level 3 hears of it', async () => {
  const house = await startHouse();
  house.tool.answerNext({ status: 500, body: 'oops' });
  const shown = await settled(house);
  expect(shown.attempts).toMatchObject([{ state: 'unknown', output: 'oops' }]);
  expect(shown.escalations).toMatchObject([{ to: '3', reason: 'fix_unknown' }]);
  expect(house.tool.requests).toHaveLength(1);
});

it('whose effect the health page does not confirm is unverified, and Level 3 hears of it', async () => {
  const house = await startHouse({ contains: 'all is well', timeout: '2s' });
  house.tool.answerNext({ status: 202, body: '{"id":7}' }, { status: 200, body: '{"state":"done"}' });
  const shown = await settled(house);
  expect(shown.attempts).toMatchObject([{ state: 'unverified', verification: { state: 'unhealthy' } }]);
  expect(shown.escalations).toMatchObject([{ to: '3', reason: 'fix_unverified' }]);
});

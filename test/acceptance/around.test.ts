import { jest } from '@jest/globals';
import { writeConfiguration, LEVEL2 } from '../helpers/configuration.ts';
import { deliver, mailsOf, waitForIncident } from '../helpers/incident-api.ts';
import { alertmanagerPayload } from '../helpers/payload.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

const SUMMARY = {
  status: { indicator: 'major', description: 'Partial outage' },
  incidents: [{ name: 'DNS fails', status: 'identified', impact: 'major' }],
};

it('a deployment told over a webhook, the status of a provider and a metrics source that is away stand with the alert that follows', async () => {
  const [smtp, page] = await Promise.all([startSmtp(), startHttpSink()]);
  page.answerNext({ status: 200, body: JSON.stringify(SUMMARY) });
  const sources = [
    { name: 'am', kind: 'alertmanager' },
    { name: 'ci', kind: 'change', auth: { bearer_token: 'ci-token' }, labels: { environment: 'prod' } },
  ];
  const providers = [{ name: 'cloud', kind: 'statuspage', url: page.url }];
  const metrics = [{ name: 'prom', kind: 'prometheus', url: 'http://127.0.0.1:1' }];
  const bridge = await startTierbell({
    configFile: writeConfiguration(smtp.url, { main: { sources, providers, metrics } }),
  });
  const tell = (body: unknown, token: string) =>
    fetch(`${bridge.url}/webhooks/ci`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
  const change = {
    kind: 'deployment',
    service: 'checkout',
    version: '4.2.1',
    by: 'ada',
    at: new Date(Date.now() - 360_000),
  };
  expect((await tell(change, 'wrong')).status).toBe(401);
  expect((await tell({ nothing: true }, 'ci-token')).status).toBe(400);
  expect((await tell(change, 'ci-token')).status).toBe(200);
  const labels = { alertname: 'CheckoutErrors', service: 'checkout', environment: 'prod', severity: 'critical' };
  await deliver(bridge, alertmanagerPayload([{ labels }]));
  const found = await waitForIncident(bridge, { alertname: 'CheckoutErrors' }, ({ evidence }) => evidence.length >= 4);
  const pieces = found.evidence as unknown as readonly {
    kind: string;
    state: string;
    reason: string;
    facts: { text: string }[];
  }[];
  expect(pieces.map(({ kind, state }) => [kind, state])).toEqual([
    ['logs', 'unavailable'],
    ['change', 'complete'],
    ['metric', 'unavailable'],
    ['provider_status', 'complete'],
  ]);
  expect(pieces[1]?.facts[0]?.text).toMatch(/^checkout 4\.2\.1 deployed \(prod\) \d min before the alert, by ada$/);
  expect(pieces[2]?.reason).toMatch(/cannot be reached \(ECONNREFUSED\)/);
  const mail = await waitFor('the mail that follows', () =>
    mailsOf(smtp, found, LEVEL2).find(({ text }) => text.includes('Changed: checkout 4.2.1 deployed')),
  );
  expect(mail.text).toContain('Provider: cloud reports: DNS fails (major, identified)');
});

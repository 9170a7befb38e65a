import { jest } from '@jest/globals';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { LEVEL3, twoLevels, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, mailsOf, waitForIncident } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterAll(stopEverything, 300_000);

it('a store that takes deliveries and cannot work on them is not ready, says why, and recovers by itself', async () => {
  const smtp = await startSmtp();
  const bridge = await startTierbell({ configFile: writeConfiguration(smtp.url) });
  const ready = () => bridge.api('/-/ready');
  expect((await ready()).status).toBe(200);
  const other = new Database(join(bridge.dataDir, 'tierbell.sqlite'));
  other.exec('BEGIN IMMEDIATE'); // as a disk that refuses this file would
  expect((await deliver(bridge, firing('StuckA'))).status).toBe(200);
  await waitFor('it to say so', async () => (await ready()).status === 503, { timeoutMs: 60_000 });
  expect((await ready()).text).toMatch(/^Tierbell cannot work on what it has stored: .*locked.*\.$/m);
  expect((await deliver(bridge, firing('StuckB'))).status).toBe(200);
  other.exec('ROLLBACK');
  other.close();
  await waitFor('it to be ready again', async () => (await ready()).status === 200, { timeoutMs: 60_000 });
  for (const alertname of ['StuckA', 'StuckB']) await waitForIncident(bridge, { alertname });
});

it('where nothing comes, but a deadline that has passed cannot be worked on, it is not ready either', async () => {
  const smtp = await startSmtp();
  const policies = [twoLevels('default', '5s')];
  const bridge = await startTierbell({ configFile: writeConfiguration(smtp.url, { policies }) });
  const ready = () => bridge.api('/-/ready');
  expect((await deliver(bridge, firing('Quiet'))).status).toBe(200);
  const opened = await waitForIncident(bridge, { alertname: 'Quiet' });
  const other = new Database(join(bridge.dataDir, 'tierbell.sqlite'));
  other.exec('BEGIN IMMEDIATE');
  await waitFor('it to say so', async () => (await ready()).status === 503, { timeoutMs: 90_000 });
  expect((await ready()).text).toMatch(/^Tierbell cannot work on what it has stored: .*locked.*\.$/m);
  other.exec('ROLLBACK');
  other.close();
  await waitFor('it to be ready again', async () => (await ready()).status === 200, { timeoutMs: 60_000 });
  await waitFor('Level 3 to hear', () => mailsOf(smtp, opened, LEVEL3, 'escalation').length === 1);
});

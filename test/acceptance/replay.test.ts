import { jest } from '@jest/globals';
import { dirname } from 'node:path';
import { writeConfiguration, type Configuration } from '../helpers/configuration.ts';
import { deskAndNight } from '../helpers/desk-and-night.ts';
import { deliver, timeline, waitForIncident } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { describeWith } from '../helpers/requires.ts';
import { runTierbell } from '../helpers/run-program.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

const RULE = { category: 'cloud-service-interruption', weight: 3, reason: 'The shop is down' };

function rules(desk: string, more: Partial<Configuration> = {}): string {
  return writeConfiguration('smtp://127.0.0.1:9', {
    ...deskAndNight(desk),
    categories: [{ id: 'shop', any: [{ words: ['shop'] }], ...RULE }],
    ...more,
  });
}

/** What is replayed is what came over the wire, out of the store of a bridge that goes on running. */
async function tellsTheStory(storage: {
  flags: string[];
  start: (configFile: string) => Promise<Tierbell>;
}): Promise<void> {
  const sink = await startHttpSink();
  const configFile = rules(sink.url);
  const bridge = await storage.start(configFile);
  await deliver(bridge, firing('ShopDown', { instance: 'a:1', job: 'shop', severity: 'warning' }));
  const { id } = await waitForIncident(bridge, { alertname: 'ShopDown' });
  await deliver(bridge, firing('ShopDown', { instance: 'b:1', job: 'shop', severity: 'warning' }));
  await waitFor(
    'the second target',
    async () => (await timeline(bridge, id)).filter(({ type }) => type === 'alerts').length === 2,
  );
  await bridge.api(`/api/v1/incidents/${id}/acknowledge`, { body: { by: 'ada' } });
  await waitFor('the page', async () => (await timeline(bridge, id)).some(({ type }) => type === 'notified'));
  await bridge.api(`/api/v1/incidents/${id}/resolve`, { body: { by: 'ada', reason: 'restarted' } });
  await waitFor(
    'the end',
    async () => (await timeline(bridge, id)).filter(({ type }) => type === 'notified').length > 1,
  );

  const replay = (...more: string[]) =>
    runTierbell(['replay', id, '--config.file', configFile, ...storage.flags, ...more]);
  const same = await replay('--exit-code');
  expect(same).toMatchObject({ code: 0, stderr: '' });
  expect(same.stdout).toMatch(
    /^the record {2}→ .*\n\nINC-\d+ .*\n {2}no difference\n\n1 incident, none decided otherwise\n$/,
  );

  const other = rules(sink.url, {
    categories: [{ id: 'net', any: [{ words: ['shop'] }], ...RULE, category: 'network-downtime' }],
  });
  const told = sink.requests.length;
  const otherwise = await replay('--rules', dirname(other), '--exit-code');
  expect(otherwise).toMatchObject({ code: 1, stderr: '' });
  expect(otherwise.stdout).toMatch(/\n {2}category {4}cloud-service-interruption .* → {2}network-downtime /);
  expect(otherwise.stdout).toMatch(/\n {2}escalation {2}none {2}→ {2}Level 2 to 3 after 0 s \(category\)\n/);
  expect(otherwise.stdout).toMatch(/\n {2}notice {6}none {2}→ {2}night \(escalation\) after 0 s\n/);
  expect(sink.requests.length).toBe(told);

  const nothing = await runTierbell(['replay', 'INC-999', '--config.file', configFile, ...storage.flags]);
  expect(nothing).toMatchObject({ code: 1, stdout: '' });
  expect(nothing.stderr).toMatch(/there is no INC-999 in this store; tierbell incident list shows which there are/);
}

it('an incident is played again from the files of a running bridge: the same rules decide the same, others otherwise', async () => {
  const dataDir = temporaryFolder('replay').path;
  await tellsTheStory({
    flags: ['--storage.path', dataDir],
    start: (configFile) => startTierbell({ configFile, dataDir }),
  });
});

describeWith('postgres', 'on PostgreSQL', () => {
  it('an incident is played again in the same way', async () => {
    const url = await (await startPostgres()).freshUrl();
    await tellsTheStory({
      flags: ['--storage.url', url],
      start: (configFile) => startTierbell({ configFile, env: { TIERBELL_STORAGE_URL: url } }),
    });
  });
});

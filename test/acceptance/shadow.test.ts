import { jest } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeConfiguration } from '../helpers/configuration.ts';
import { deskAndNight } from '../helpers/desk-and-night.ts';
import { deliver, waitForIncident } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { describeWith } from '../helpers/requires.ts';
import { runTierbell } from '../helpers/run-program.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

interface Shadow {
  readonly rules: string | null;
  readonly compared: number;
  readonly different: number;
  readonly items: readonly { readonly id: string; readonly differences: readonly { kind: string; after: string }[] }[];
}

/** A configuration under which the shop is down by this category; network trouble goes to Level 3 at once. */
function rules(desk: string, category: string, more: Readonly<Record<string, unknown>> = {}): string {
  const { main, policies } = deskAndNight(desk);
  return writeConfiguration('smtp://127.0.0.1:9', {
    main: { ...main, ...more },
    policies,
    categories: [{ id: 'shop', category, any: [{ words: ['shop'] }], weight: 3, reason: 'The shop is down' }],
  });
}

const asked = async (bridge: Tierbell): Promise<Shadow> => (await bridge.api<Shadow>('/api/v1/shadow')).body;

async function tellsTheDifference(start: (configFile: string) => Promise<Tierbell>): Promise<void> {
  const sink = await startHttpSink();
  const next = rules(sink.url, 'network-downtime');
  const configFile = rules(sink.url, 'cloud-service-interruption', { shadow: { rules: dirname(next) } });
  const bridge = await start(configFile);
  await deliver(bridge, firing('ShopDown', { job: 'shop', severity: 'warning' }));
  const { id } = await waitForIncident(bridge, { alertname: 'ShopDown' });
  const report = await waitFor('the shadow', async () => ((await asked(bridge)).different > 0 ? asked(bridge) : null), {
    timeoutMs: 60_000,
  });
  expect(report).toMatchObject({ rules: dirname(next), compared: 1, different: 1, items: [{ id }] });
  expect(report.items[0]?.differences).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'category', after: expect.stringContaining('network-downtime') }),
      { kind: 'escalation', before: null, after: 'Level 2 to 3 after 0 s (category)' },
      { kind: 'notice', before: null, after: 'night (escalation) after 0 s' },
    ]),
  );
  const metrics = (await bridge.api('/metrics')).text;
  expect(metrics).toContain('tierbell_shadow_incidents{outcome="different"} 1');
  expect(metrics).toContain('tierbell_shadow_differences{kind="category"} 1');
  const page = (await bridge.api('/shadow')).text;
  expect(page).toMatch(/<a href="\/incidents\/INC-\d+">INC-\d+<\/a>[^]*network-downtime/);
  const incident = (await bridge.api('/incidents/INC-1')).text;
  expect(incident).toMatch(/All that they differ in<\/a>[\s\S]+<th scope="row">category/);
  expect((await bridge.api('/')).text).toMatch(/<a href="\/shadow">Shadow rules<\/a>: 1 of 1 incidents/);
  const verb = await runTierbell(['shadow', '--url', bridge.url]);
  expect(verb).toMatchObject({ code: 0, stderr: '' });
  expect(verb.stdout).toMatch(
    / {2}category {4}cloud-service-interruption .* → {2}network-downtime [^]*1 of 1 incidents decided otherwise\n$/,
  );

  // Nothing acts: Level 3 was told by nobody.
  expect(sink.requests.filter(({ path }) => path.includes('night'))).toEqual([]);

  // All or nothing: with wrong rules in the shadow both stay as they are.
  const escalation = join(dirname(next), 'escalation.yaml');
  const good = readFileSync(escalation, 'utf8');
  writeFileSync(escalation, good.replace('"level": 3', '"level": 9'));
  const refused = await bridge.api('/-/reload', { method: 'POST' });
  expect([refused.status, refused.text]).toEqual([500, expect.stringMatching(/escalation\.yaml:\d+:\d+: /)]);
  expect(await asked(bridge)).toMatchObject({ different: 1 });
  writeFileSync(escalation, good);
  writeFileSync(join(dirname(next), 'categories.yaml'), readFileSync(join(dirname(configFile), 'categories.yaml')));
  expect((await bridge.api('/-/reload', { method: 'POST' })).status).toBe(200);
  await waitFor(
    'the same decisions',
    async () => {
      const { compared, different } = await asked(bridge);
      return compared === 1 && different === 0;
    },
    { timeoutMs: 60_000 },
  );
  expect(await asked(bridge)).toMatchObject({ compared: 1, different: 0, items: [] });
}

it('rules in the shadow tell what they would have decided, and do nothing', () =>
  tellsTheDifference((configFile) => startTierbell({ configFile })));

describeWith('postgres', 'on PostgreSQL', () => {
  it('rules in the shadow tell what they would have decided', async () => {
    const url = await (await startPostgres()).freshUrl();
    await tellsTheDifference((configFile) => startTierbell({ configFile, env: { TIERBELL_STORAGE_URL: url } }));
  });
});

it('without shadow rules nothing is told of them, and people hear how to name some', async () => {
  const sink = await startHttpSink();
  const bridge = await startTierbell({ configFile: rules(sink.url, 'network-downtime') });
  expect(await asked(bridge)).toMatchObject({ rules: null, items: [] });
  expect((await bridge.api('/shadow')).status).toBe(404);
  expect((await bridge.api('/metrics')).text).not.toContain('tierbell_shadow');
  expect((await runTierbell(['shadow', '--url', bridge.url])).stdout).toMatch(/^No rules run in the shadow; name some/);
});

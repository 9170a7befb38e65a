import { jest } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { LEVEL2, LEVEL3, twoLevels, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, incident, incidents, mailsOf, timeline, waitForIncident } from '../helpers/incident-api.ts';
import { followChain } from '../helpers/independent.ts';
import { firing } from '../helpers/payload.ts';
import { describeWith } from '../helpers/requires.ts';
import { runTierbell } from '../helpers/run-program.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { POSTGRES_PASSWORD, startPostgres, type Postgres } from '../servers/postgres.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);

describeWith('postgres', 'on PostgreSQL', () => {
  let postgres: Postgres;
  let url: string;
  beforeAll(async () => void (postgres = await startPostgres()), 300_000);
  afterAll(stopEverything, 300_000);
  beforeEach(async () => void (url = await postgres.freshUrl()));

  const bridges: Tierbell[] = [];
  const start = async (configFile: string): Promise<Tierbell> => {
    const bridge = await startTierbell({ configFile, env: { TIERBELL_STORAGE_URL: url } });
    bridges.push(bridge);
    return bridge;
  };
  afterEach(async () => {
    for (const bridge of bridges.splice(0)) {
      await bridge.stop();
      expect(bridge.output()).not.toContain(POSTGRES_PASSWORD);
    }
  });

  it('an alert goes the whole way; nothing lies in the folder; the record holds', async () => {
    const smtp = await startSmtp();
    const bridge = await start(writeConfiguration(smtp.url));
    await deliver(bridge, firing('Odd', { instance: 'a\u0000b\ud800', note: '"quoted\\' }));
    const opened = await waitForIncident(bridge, { alertname: 'Odd' });
    await waitFor('Level 2 to hear of it', () => mailsOf(smtp, opened, LEVEL2, 'page').length === 1);
    const acknowledged = await bridge.api(`/api/v1/incidents/${opened.id}/acknowledge`, { body: { by: 'ada' } });
    expect(acknowledged.status).toBe(200);
    const escalated = await bridge.api(`/api/v1/incidents/${opened.id}/escalate`, { body: { by: 'ada' } });
    expect(escalated.status).toBe(200);
    const told = await waitFor('Level 3 to get the bundle', () => mailsOf(smtp, opened, LEVEL3, 'escalation')[0]);
    const bundle = await fetch(`${bridge.url}/api/v1/incidents/${opened.id}/handover.zip`);
    const bytes = Buffer.from(await bundle.arrayBuffer());
    expect([bundle.status, bytes.subarray(0, 2).toString()]).toEqual([200, 'PK']);
    expect(told.attachments.map(({ filename }) => filename)).toContain(`${opened.id}-handover-1.zip`);
    followChain((await timeline(bridge, opened.id)).map((entry) => JSON.stringify(entry)));
    expect(existsSync(bridge.dataDir) ? readdirSync(bridge.dataDir) : []).toEqual([]);
    const audit = await runTierbell(['audit', 'verify'], { env: { TIERBELL_STORAGE_URL: url } });
    expect(audit.stdout).toContain('the record holds');
    const metrics = await bridge.api('/metrics');
    expect(metrics.text).toContain('tierbell_incidents_open{');
  });

  it('killed at any moment it loses nothing, and what it had claimed is done by the next', async () => {
    const smtp = await startSmtp();
    const configFile = writeConfiguration(smtp.url);
    const acknowledged: string[] = [];
    for (const [round, answers] of [1, 8, 16].entries()) {
      const bridge = await start(configFile);
      const posts = Array.from({ length: 16 }, async (_none, index) => {
        const name = `Kill${round}N${index}`;
        const answer = await deliver(bridge, firing(name)).catch(() => null); // cut off by the kill
        if (answer === null) return;
        expect(answer.status).toBe(200);
        acknowledged.push(name);
        if (acknowledged.length % 16 === answers % 16) void bridge.kill9();
      });
      await Promise.all(posts);
      await bridge.kill9();
    }
    const bridge = await start(configFile);
    await waitFor('every acknowledged alert to be an incident of which Level 2 heard', async () => {
      const all = await incidents(bridge);
      const heard = new Set(
        all.filter((one) => mailsOf(smtp, one, LEVEL2, 'page').length > 0).map(({ title }) => title),
      );
      const missing = acknowledged.filter((name) => !heard.has(name));
      if (missing.length > 0) throw new Error(`${missing.join(', ')} are missing`);
      return true;
    });
    const all = await incidents(bridge);
    expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
    const audit = await runTierbell(['audit', 'verify'], { env: { TIERBELL_STORAGE_URL: url } });
    expect(audit.stdout).toContain('the record holds');
  });

  it('two replicas make one incident, send one page, and tell each other; one that is killed is replaced', async () => {
    const smtp = await startSmtp();
    const configFile = writeConfiguration(smtp.url, { policies: [twoLevels('default', '15m')] });
    const [one, other] = await Promise.all([start(configFile), start(configFile)]);
    const stream = await listen(other);
    const names = Array.from({ length: 12 }, (_none, index) => `Shared${index}`);
    // An HA pair of Alertmanagers: each tells another replica, at the same time.
    await Promise.all(
      names.flatMap((name) =>
        [one, other].map(async (bridge) => expect((await deliver(bridge, firing(name))).status).toBe(200)),
      ),
    );
    await waitFor('every page to be out', () => pagesOf(smtp).length >= names.length);
    for (const bridge of [one, other]) {
      const titles = (await incidents(bridge)).map(({ title }) => title);
      expect(titles.toSorted()).toEqual(names.toSorted());
    }
    expect(pagesOf(smtp)).toHaveLength(names.length);
    const [first] = await incidents(one);
    expect((await one.api(`/api/v1/incidents/${first?.id}/note`, { body: { by: 'ada', note: 'seen' } })).status).toBe(
      200,
    );
    await waitFor('the note to be told by the other replica', () => stream.text().includes('event: note'));
    stream.close();
    expect(Number((await incident(other, first?.id ?? '')).uid.length)).toBe(36);

    await one.kill9();
    expect((await deliver(other, firing('Later'))).status).toBe(200);
    const later = await waitForIncident(other, { alertname: 'Later' });
    await waitFor('the other one to go on', () => mailsOf(smtp, later, LEVEL2, 'page').length === 1);
    const audit = await runTierbell(['audit', 'verify'], { env: { TIERBELL_STORAGE_URL: url } });
    expect(audit.stdout).toContain('the record holds');
  });

  it('while the database is away it says so to everybody, and goes on by itself when it is back', async () => {
    const smtp = await startSmtp();
    const bridge = await start(writeConfiguration(smtp.url));
    expect((await deliver(bridge, firing('Before'))).status).toBe(200);
    const before = await waitForIncident(bridge, { alertname: 'Before' });
    expect((await bridge.api('/-/ready')).status).toBe(200);
    await postgres.stop();
    try {
      expect((await deliver(bridge, firing('Refused'))).status).toBe(503);
      await waitFor('it not to be ready', async () => (await bridge.api('/-/ready')).status === 503);
      expect((await bridge.api(`/api/v1/incidents/${before.id}`)).status).toBe(503);
      expect((await bridge.api(`/api/v1/incidents/${before.id}/note`, { body: { note: 'x' } })).status).toBe(503);
      expect((await bridge.api('/-/healthy')).status).toBe(200);
      const metrics = await bridge.api('/metrics');
      expect(metrics.text).toContain('tierbell_webhook_requests_total{source="am",code="503"} 1');
      expect(metrics.text).not.toContain('tierbell_incidents_open');
    } finally {
      await postgres.start();
    }
    await waitFor('it to be ready again', async () => (await bridge.api('/-/ready')).status === 200);
    expect((await deliver(bridge, firing('After'))).status).toBe(200);
    const after = await waitForIncident(bridge, { alertname: 'After' });
    await waitFor('Level 2 to hear of it', () => mailsOf(smtp, after, LEVEL2, 'page').length === 1);
    expect((await incidents(bridge)).map(({ title }) => title)).toEqual(['After', 'Before']);
  });

  it('roles are for replicas, and parts alone are not built: both are told', async () => {
    const configFile = writeConfiguration('smtp://127.0.0.1:9');
    const serve = (role: string, env: Readonly<Record<string, string>>) =>
      runTierbell(['serve', `--config.file=${configFile}`, `--roles=${role}`], { env });
    const onFiles = await serve('web', {});
    expect([onFiles.code, onFiles.stderr]).toEqual([2, expect.stringContaining('roles need --storage.url')]);
    const onDatabase = await serve('ingest', { TIERBELL_STORAGE_URL: url });
    expect([onDatabase.code, onDatabase.stderr]).toEqual([2, expect.stringContaining('not built yet')]);
    const wrong = await serve('king', {});
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('allowed is one of all, ingest')]);
  });

  it('an address that is none, and a database that is not there, are told without the password', async () => {
    const configFile = writeConfiguration('smtp://127.0.0.1:9');
    const serve = (address: string) =>
      runTierbell(['serve', `--config.file=${configFile}`, `--storage.path=${temporaryFolder('none').path}`], {
        env: { TIERBELL_STORAGE_URL: address },
      });
    const wrong = await serve(`mysql://x:${POSTGRES_PASSWORD}@127.0.0.1/tierbell`);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--storage.url: allowed is an address')]);
    const away = await serve(`postgres://x:${POSTGRES_PASSWORD}@127.0.0.1:9/tierbell`);
    expect([away.code, away.stderr]).toEqual([1, expect.stringContaining('the database cannot be used')]);
    expect(wrong.stderr + away.stderr).not.toContain(POSTGRES_PASSWORD);
  });
});

function pagesOf(smtp: Awaited<ReturnType<typeof startSmtp>>): readonly unknown[] {
  return smtp.mails.filter((mail) => mail.headers['x-tierbell-purpose'] === 'page');
}

/** Server-sent events as they come. */
async function listen(bridge: Tierbell): Promise<{ text(): string; close(): void }> {
  const abort = new AbortController();
  const answer = await fetch(`${bridge.url}/api/v1/stream`, { signal: abort.signal });
  let text = '';
  const read = async (): Promise<void> => {
    for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
  };
  void read().catch(() => {}); // closed by the test
  return { text: () => text, close: () => abort.abort() };
}

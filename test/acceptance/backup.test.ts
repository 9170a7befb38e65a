import { jest } from '@jest/globals';
import { join } from 'node:path';
import { LEVEL2, LEVEL3, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, incident, mailsOf, timeline, waitForIncident } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { describeWith } from '../helpers/requires.ts';
import { runTierbell } from '../helpers/run-program.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { POSTGRES_PASSWORD, startPostgres } from '../servers/postgres.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterAll(stopEverything, 300_000);

describeWith('postgres', 'a house moves from SQLite to PostgreSQL', () => {
  it('by a backup made while the bridge runs; the bridge there answers the same and goes on', async () => {
    const [postgres, smtp] = await Promise.all([startPostgres(), startSmtp()]);
    const url = await postgres.freshUrl();
    const configFile = writeConfiguration(smtp.url);
    const old = await startTierbell({ configFile });
    const begun = firing('Disk', { instance: 'db-1' });
    const ended = {
      ...begun,
      alerts: begun.alerts.map((alert) => ({ ...alert, status: 'resolved', endsAt: begun.alerts[0]?.startsAt })),
    };
    await deliver(old, begun);
    const opened = await waitForIncident(old, { alertname: 'Disk' });
    await waitFor('Level 2 to hear of it', () => mailsOf(smtp, opened, LEVEL2, 'page').length === 1);
    for (const verb of ['acknowledge', 'escalate'])
      expect((await old.api(`/api/v1/incidents/${opened.id}/${verb}`, { body: { by: 'ada' } })).status).toBe(200);
    const bundleOf = async (base: string): Promise<Buffer> =>
      Buffer.from(await (await fetch(`${base}/api/v1/incidents/${opened.id}/handover.zip`)).arrayBuffer());
    await waitFor('the bundle', async () => (await bundleOf(old.url)).subarray(0, 2).toString() === 'PK');
    await waitFor('everybody to be told, and that on record', async () => {
      const due = /^tierbell_jobs_due\{kind="notify"\} (\d+)$/m.exec((await old.api('/metrics')).text)?.[1];
      const told = (await timeline(old, opened.id)).filter(({ type }) => type === 'notified');
      return due === '0' && mailsOf(smtp, opened, LEVEL3).length > 0 && told.length === smtp.mails.length;
    });

    const file = join(temporaryFolder('backup').path, 'house.gz');
    const made = await runTierbell(['db', 'backup', file, `--storage.path=${old.dataDir}`]);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('1 incidents, ') });
    const before = [await incident(old, opened.id), await timeline(old, opened.id), await bundleOf(old.url)];
    await old.stop();

    const env = { TIERBELL_STORAGE_URL: url };
    const restored = await runTierbell(['db', 'restore', file], { env });
    expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining('the record holds') });
    const bridge = await startTierbell({ configFile, env });
    expect([await incident(bridge, opened.id), await timeline(bridge, opened.id), await bundleOf(bridge.url)]).toEqual(
      before,
    );
    await deliver(bridge, firing('Later'));
    const later = await waitForIncident(bridge, { alertname: 'Later' });
    await waitFor('Level 2 to hear of the next one', () => mailsOf(smtp, later, LEVEL2, 'page').length === 1);
    await deliver(bridge, ended);
    await waitFor('the end of the old alert to reach its incident', async () => {
      const { alerts } = await incident(bridge, opened.id);
      return alerts[0]?.status === 'resolved';
    });
    expect(mailsOf(smtp, opened, LEVEL2, 'page')).toHaveLength(1);

    const again = await runTierbell(['db', 'restore', file], { env });
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('a bridge runs on this database') });
    const head = / head ([0-9a-f]{64})/.exec(restored.stdout)?.[1] ?? '';
    const audit = await runTierbell(['audit', 'verify', `--anchor=${head}`], { env });
    expect(audit).toMatchObject({ code: 0, stdout: expect.stringContaining('the record holds') });
    await bridge.stop();
    const full = await runTierbell(['db', 'restore', file], { env });
    expect(full).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was restored') });
    for (const { stdout, stderr } of [restored, again, full]) expect(stdout + stderr).not.toContain(POSTGRES_PASSWORD);
  });
});

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { LEVEL2, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, incidents, mailsOf, waitForIncident } from '../helpers/incident-api.ts';
import { alertmanagerPayload, firing } from '../helpers/payload.ts';
import { insideOf, itOnSmallDisk, onSmallDisk } from '../helpers/small-disk.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

/** An alert of about 500 kB. */
function heavy(alertname: string) {
  const annotations = Object.fromEntries(
    Array.from({ length: 60 }, (_none, index) => [`part_${index}`, `${alertname} ${'x'.repeat(8_000)}`]),
  );
  return alertmanagerPayload([{ labels: { alertname, severity: 'info' }, annotations }]);
}

/** Sends until it is refused and no room is left to go on with. @returns the names that were answered with 200 */
async function fill(bridge: Tierbell): Promise<string[]> {
  const taken: string[] = [];
  for (let n = 0; n < 500; n++) {
    const { status, body } = await deliver(bridge, heavy(`Heavy${n}`));
    if (status === 200) {
      taken.push(`Heavy${n}`);
      continue;
    }
    expect(body).toMatchObject({ status: 503, detail: expect.stringContaining('send it again') });
    const ready = await bridge.api<unknown>('/-/ready');
    if (ready.status === 200) continue; // a checkpoint of the store made room once more
    expect([ready.status, ready.text]).toEqual([503, expect.stringContaining('disk is full')]);
    return taken;
  }
  throw new Error('the disk does not become full');
}

itOnSmallDisk(
  'on a full disk deliveries get 503 and it is not ready; with room again it goes on by itself, and nothing taken is lost',
  async () => {
    const smtp = await startSmtp();
    const disk = temporaryFolder('disk').path;
    const bridge = await startTierbell({
      configFile: writeConfiguration(smtp.url),
      dataDir: join(disk, 'data'),
      within: onSmallDisk(disk, 160, 125),
    });
    expect((await deliver(bridge, firing('Before'))).status).toBe(200);
    const before = await waitForIncident(bridge, { alertname: 'Before' });
    const taken = await fill(bridge);
    expect((await bridge.api('/-/healthy')).status).toBe(200);
    expect((await bridge.api(`/api/v1/incidents/${before.id}`)).status).toBe(200);

    rmSync(join(insideOf(bridge.pid, disk), 'filler'));
    const answered = await waitFor(
      'deliveries to be taken again',
      async () => (await deliver(bridge, firing('After'))).status === 200,
      { timeoutMs: 60_000, everyMs: 500 },
    );
    expect(answered).toBe(true);
    await waitFor('it to be ready', async () => (await bridge.api('/-/ready')).status === 200, { timeoutMs: 60_000 });
    for (const name of [...taken, 'After']) {
      const opened = await waitForIncident(bridge, { alertname: name });
      await waitFor(`Level 2 to hear of ${name}`, () => mailsOf(smtp, opened, LEVEL2, 'page').length >= 1);
    }
    const acknowledged = await bridge.api(`/api/v1/incidents/${before.id}/acknowledge`, { body: { by: 'ada' } });
    expect(acknowledged.status).toBe(200);
    expect(await incidents(bridge)).toHaveLength(taken.length + 2);
  },
);

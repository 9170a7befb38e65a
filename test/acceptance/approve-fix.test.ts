import { jest } from '@jest/globals';
import { writeConfiguration } from '../helpers/configuration.ts';
import { deliver, incident, mailsOf, timeline, waitForIncident } from '../helpers/incident-api.ts';
import { LEVEL2 } from '../helpers/configuration.ts';
import { firing } from '../helpers/payload.ts';
import { runProgram, type Ran } from '../helpers/run-program.ts';
import { startShop, type Shop } from '../helpers/shop.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { restartShop } from '../helpers/whole-house.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

const NOBODY = 'http://127.0.0.1:9';

function configure(smtpUrl: string, shop: Shop): string {
  const fix = restartShop(shop, ['alertname=~"PaymentWorker.*"']) as object;
  return writeConfiguration(smtpUrl, {
    main: {
      executors: [{ name: 'local', kind: 'command', allow: [shop.commandFolder] }],
      metrics: [{ name: 'prom', kind: 'prometheus', url: NOBODY }],
    },
    fixes: [{ ...fix, mode: 'approval' }],
  });
}

function tierbell(bridge: Tierbell, ...words: string[]): Promise<Ran> {
  return runProgram(process.execPath, ['dist/bin.js', ...words, '--url', bridge.url]);
}

describe('a fix that needs approval, with the real process', () => {
  it('is mailed with what would run; frozen it is refused; approved and killed at once it runs once at most', async () => {
    const [smtp, shop] = await Promise.all([startSmtp(), startShop()]);
    const configFile = configure(smtp.url, shop);
    const dataDir = temporaryFolder('data').path;
    const first = await startTierbell({ configFile, dataDir });
    await deliver(first, firing('PaymentWorkerDown', { instance: 'shop-1' }));
    const waiting = await waitForIncident(
      first,
      { instance: 'shop-1' },
      ({ attempts }) => attempts?.[0]?.state === 'awaiting_approval',
    );
    const line = `${shop.restartCommand} shop-1`;
    await waitFor('Level 2 to hear what would run', () =>
      mailsOf(smtp, waiting, LEVEL2, 'page').some(({ text }) => text.replace(/\s+/g, ' ').includes(line)),
    );
    expect(shop.restarts()).toEqual([]);

    expect(await tierbell(first, 'freeze', 'on', '--reason', 'a bad deploy', '--by', 'ada')).toMatchObject({ code: 0 });
    await first.kill9();
    const second = await startTierbell({ configFile, dataDir });
    const status = await tierbell(second, 'freeze', 'status');
    expect(status.stdout).toMatch(/stopped by ada since .*: a bad deploy/);
    const metrics = await second.api('/metrics');
    expect(metrics.text).toMatch(/^tierbell_fixes_frozen 1$/m);
    const refused = await tierbell(second, 'fix', 'approve', waiting.id, '--by', 'bob');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/frozen by ada since .*: a bad deploy/)]);
    expect(shop.restarts()).toEqual([]);

    expect(await tierbell(second, 'freeze', 'off', '--by', 'ada')).toMatchObject({ code: 0 });
    await deliver(second, firing('PaymentWorkerStuck', { instance: 'shop-2' }));
    const next = await waitForIncident(
      second,
      { instance: 'shop-2' },
      ({ attempts }) => attempts?.[0]?.state === 'awaiting_approval',
    );
    const attempt = next.attempts[0]?.id ?? '';
    const path = `/api/v1/incidents/${next.id}/attempts/${attempt}/approve`;
    expect((await second.api(path, { method: 'POST', body: { by: 'ada' } })).status).toBe(200);
    await second.kill9();

    const third = await startTierbell({ configFile, dataDir });
    await waitFor('the fix to have run or to be unknown', async () => {
      const [one] = (await incident(third, next.id)).attempts;
      return ['succeeded', 'verified', 'unverified', 'unknown', 'failed'].includes(one?.state ?? '');
    });
    expect((await third.api(path, { method: 'POST', body: { by: 'ada' } })).status).toBe(200);
    const starts = (await timeline(third, next.id)).filter(
      ({ type, data }) => type === 'fix' && data['state'] === 'started',
    );
    expect(starts).toHaveLength(1);
    expect(shop.restarts().filter(({ phase }) => phase === 'began').length).toBeLessThanOrEqual(1);
    const list = await tierbell(third, 'fix', 'list');
    expect(list.stdout).toMatch(new RegExp(`restart-payment-worker {2}approval.*\\n.*${next.id}`));
  });
});

import type { Browser, Page } from 'playwright-core';
import { LEVEL2, writeConfiguration } from '../helpers/configuration.ts';
import { axeFindings, DESK, overflow, person, PHONE } from '../helpers/console-pages.ts';
import { deliver, mailsOf, waitForIncident, type IncidentJson } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { describeWith } from '../helpers/requires.ts';
import { startShop, type Shop } from '../helpers/shop.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { PUBLIC_URL, restartShop } from '../helpers/whole-house.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startChromium } from '../servers/chromium.ts';
import { startSmtp, type SmtpSink } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

describeWith('chromium', 'Known fixes in a browser', () => {
  let browser: Browser;
  let bridge: Tierbell;
  let smtp: SmtpSink;
  let shop: Shop;

  beforeAll(async () => {
    [smtp, shop] = await Promise.all([startSmtp(), startShop()]);
    const fix = restartShop(shop, ['alertname=~"PaymentWorker.*"']) as object;
    const configFile = writeConfiguration(smtp.url, {
      main: {
        executors: [{ name: 'local', kind: 'command', allow: [shop.commandFolder] }],
        metrics: [{ name: 'prom', kind: 'prometheus', url: 'http://127.0.0.1:9' }],
      },
      // The second applies too: nobody proposes it, so that a person may.
      fixes: [
        { ...fix, mode: 'approval' },
        { ...fix, id: 'restart-again', title: 'Restart the payment worker by its other name', mode: 'dry_run' },
      ],
    });
    const flags = [`--web.external-url=${PUBLIC_URL}`];
    [browser, bridge] = await Promise.all([startChromium(), startTierbell({ configFile, flags })]);
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await stopEverything();
  }, 300_000);

  async function proposed(alertname: string, instance: string): Promise<IncidentJson> {
    await deliver(bridge, firing(alertname, { instance }));
    return waitForIncident(bridge, { instance }, ({ attempts }) => attempts?.[0]?.state === 'awaiting_approval');
  }

  async function readable(page: Page): Promise<void> {
    expect(await axeFindings(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
  }

  it('the link of a mail, opened on a phone, shows what would run; yes is one press, and used up', async () => {
    const waiting = await proposed('PaymentWorkerDown', 'shop-1');
    const mail = await waitFor('the mail', () =>
      mailsOf(smtp, waiting, LEVEL2, 'page').find(({ text }) => text.includes('/fix/')),
    );
    const { page, troubles } = await person(browser, bridge.url, 'ada', { viewport: PHONE });
    await page.goto(new URL(/https?:\/\/\S+\/fix\/\S+/.exec(mail.text)?.[0] ?? '').pathname);
    await page.getByText(`${shop.restartCommand} shop-1`).waitFor();
    await readable(page);
    await page.getByRole('button', { name: 'Approve: run exactly this' }).click();
    await page.getByText('Approved. It runs now').waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
    await readable(page);
    await waitFor('the fix to have run', () => shop.restarts().length > 0);
    expect(troubles).toEqual([]);
  }, 300_000);

  it.each([
    ['a phone', PHONE, 'PaymentWorkerStuck', 'shop-2'],
    ['a desk', DESK, 'PaymentWorkerSlow', 'shop-3'],
  ])(
    'on the page of the incident, on %s, an approver runs another one that applies',
    async (_on, viewport, name, at) => {
      const { id } = await proposed(name, at);
      const { page, troubles } = await person(browser, bridge.url, 'ada', { viewport });
      await page.goto(`/incidents/${id}`);
      await page.locator('#do-run-fix summary').click();
      await readable(page);
      await page.locator('#do-run-fix input[name="reason"]').fill('the first is not enough');
      await page.getByRole('button', { name: 'Run it now, under every guard' }).click();
      await page.getByText('Asked for. It runs now, if every guard lets it').waitFor();
      const piece = page.locator('#fixes article').filter({ hasText: 'by its other name' });
      await piece.getByText('it would run:').waitFor();
      await readable(page);
      expect(troubles).toEqual([]);
    },
    300_000,
  );
});

import type { Browser } from 'playwright-core';
import { writeConfiguration } from '../helpers/configuration.ts';
import { axeFindings, overflow, person, PHONE } from '../helpers/console-pages.ts';
import { describeWith } from '../helpers/requires.ts';
import { startChromium } from '../servers/chromium.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

describeWith('chromium', 'The kill switch in a browser', () => {
  let browser: Browser;
  let bridge: Tierbell;

  beforeAll(async () => {
    const configFile = writeConfiguration('smtp://127.0.0.1:9');
    [browser, bridge] = await Promise.all([startChromium(), startTierbell({ configFile })]);
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await bridge?.stop();
  });

  it('is pressed on a phone with a reason; a plain line says so until it is released', async () => {
    const { page, troubles } = await person(browser, bridge.url, 'ada', { viewport: PHONE });
    await page.goto('/');
    await page.locator('#do-freeze summary').click();
    await page.locator('#do-freeze input[name="reason"]').fill('a bad deploy');
    await page.getByRole('button', { name: 'Stop all automatic fixes' }).click();
    await page.getByText('All automatic fixes are stopped', { exact: true }).waitFor();
    expect(await page.locator('#frozen').innerText()).toMatch(/by ada since .* UTC: a bad deploy/);
    expect(await axeFindings(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    expect((await bridge.api<{ frozen: boolean }>('/api/v1/freeze')).body.frozen).toBe(true);
    await page.getByRole('button', { name: 'Allow fixes again' }).click();
    await page.getByText('Fixes may run again.').waitFor();
    expect(await page.locator('#frozen').count()).toBe(0);
    expect((await bridge.api<{ frozen: boolean }>('/api/v1/freeze')).body.frozen).toBe(false);
    expect(troubles).toEqual([]);
  }, 300_000);

  it('thrown elsewhere, it is seen on a page that is open, and gone again, without a reload', async () => {
    const { page, troubles } = await person(browser, bridge.url, 'ada');
    await page.goto('/');
    await page.getByText('Live', { exact: true }).waitFor();
    const throwIt = (frozen: boolean) =>
      bridge.api('/api/v1/freeze', { method: 'POST', body: { frozen, by: 'ben', reason: 'a bad deploy' } });
    expect((await throwIt(true)).status).toBe(200);
    // Less than the 30 s after which a page looks anyway.
    await page.locator('#frozen').waitFor({ timeout: 25_000 });
    expect(await page.locator('#frozen').innerText()).toContain('by ben since');
    await page.getByText('All automatic fixes stopped by ben: a bad deploy').waitFor({ state: 'attached' });
    expect((await throwIt(false)).status).toBe(200);
    await page.locator('#frozen').waitFor({ state: 'detached', timeout: 25_000 });
    expect(troubles).toEqual([]);
  }, 300_000);
});

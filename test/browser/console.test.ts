import type { Browser, Page } from 'playwright-core';
import { writeConfiguration } from '../helpers/configuration.ts';
import { fillConsole, HOSTILE } from '../helpers/console-data.ts';
import { axeFindings, DESK, overflow, person, PHONE } from '../helpers/console-pages.ts';
import { describeWith } from '../helpers/requires.ts';
import { startChromium } from '../servers/chromium.ts';
import { temporaryFolder } from '../servers/cleanup.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

const PROCEDURE = {
  category: 'cloud-service-interruption',
  level: 2,
  steps: [
    { id: 'status', text: 'Look at the status page of the provider', link: 'https://status.example.org' },
    { id: 'restart', text: 'Restart {{ incident.service }}' },
  ],
};

/** In the order in which the sample's stories happened. */
const RESOLVED = '/incidents/INC-1';
const FAILED_FIX = '/incidents/INC-2';
const CHECKOUT = '/incidents/INC-3';
const MANY_ALERTS = '/incidents/INC-4';
const HOSTILE_ONE = '/incidents/INC-5';
const FRESH = '/incidents/INC-6';
const PAGES = [
  '/',
  '/?level=x',
  RESOLVED,
  FAILED_FIX,
  CHECKOUT,
  MANY_ALERTS,
  HOSTILE_ONE,
  FRESH,
  '/incidents/INC-99',
  '/incident/INC-1',
];

describeWith('chromium', 'The console in a browser', () => {
  let browser: Browser;
  let bridge: Tierbell;

  beforeAll(async () => {
    const dataDir = temporaryFolder('console').path;
    await fillConsole(dataDir);
    const configFile = writeConfiguration('smtp://127.0.0.1:9', { main: { mode: 'observe' }, procedures: [PROCEDURE] });
    [browser, bridge] = await Promise.all([startChromium(), startTierbell({ configFile, dataDir })]);
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await bridge?.stop();
  });

  const visit = (name: string | null, options = {}) => person(browser, bridge.url, name, options);

  describe.each([
    ['a phone, light', PHONE, 'light'],
    ['a phone, dark', PHONE, 'dark'],
    ['a wide screen, light', DESK, 'light'],
    ['a wide screen, dark', DESK, 'dark'],
  ] as const)('on %s', (_name, viewport, colorScheme) => {
    it('every page is accessible, fits the width, and breaks nothing', async () => {
      const { context, page, troubles } = await visit('ada', { viewport, colorScheme });
      for (const path of PAGES) {
        await page.goto(path);
        await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
        expect({ path, findings: await axeFindings(page) }).toEqual({ path, findings: [] });
        expect({ path, overflow: await overflow(page) }).toEqual({ path, overflow: 0 });
      }
      expect(troubles).toEqual([]);
      await context.close();
    }, 300_000);
  });

  it('foreign text stays text: no script of it runs, no address but http(s) becomes a link, no writing turns around', async () => {
    const { context, page, troubles } = await visit('ada');
    for (const path of ['/', HOSTILE_ONE]) {
      await page.goto(path);
      expect(await page.title()).not.toBe('pwned');
      expect(await page.locator('main img, main script, main b b, main i').count()).toBe(0);
      const addresses = await page
        .locator('main a')
        .evaluateAll((links) => links.map((link) => (link as { href: string }).href));
      expect(addresses.filter((address) => !/^https?:/.test(address))).toEqual([]);
      expect(await page.content()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    }
    const outward = page.locator('main a[target=_blank]');
    for (const rel of await outward.evaluateAll((links) => links.map((link) => link.getAttribute('rel'))))
      expect(rel).toContain('noreferrer');
    expect(await page.locator('.log code').first().textContent()).toContain(HOSTILE.slice(0, 40));
    expect(troubles).toEqual([]);
    await context.close();
  });

  it('an engineer goes from the list to the end of it by keys alone', async () => {
    const { context, page, troubles } = await visit('ada');
    await page.goto('/');
    const first = await page.locator('a.row-title').first().textContent();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    expect(await focusedText(page)).toBe(first);
    while (!(await focusedText(page)).includes('INC-3')) await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${CHECKOUT}`);
    await page.keyboard.press('a');
    await page.getByText('It is yours, and the escalation stops.').first().waitFor();
    await page.locator('.head').getByText('ada', { exact: true }).waitFor();
    await page.keyboard.press('n');
    await page.keyboard.type('a j k ? / n: all of it is text here');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.timeline').getByText('a j k ? / n: all of it is text here').waitFor();
    const step = page.getByRole('checkbox', { name: 'Restart checkout' });
    await step.focus();
    await page.keyboard.press('Space');
    await page.locator('#procedure').getByText('1 of 2 done').waitFor();
    expect(await step.getAttribute('aria-checked')).toBe('true');
    expect(await step.evaluate((box) => box === box.ownerDocument.activeElement)).toBe(true);
    await page.locator('#do-resolve summary').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('The pool was too small');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.head').getByText('Resolved', { exact: true }).waitFor();
    await page.keyboard.press('u');
    await page.waitForURL((url) => url.pathname === '/');
    await page.keyboard.press('/');
    await page.keyboard.type('INC-3');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${CHECKOUT}`);
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor({ state: 'visible' });
    await page.keyboard.press('Escape');
    const answer = await bridge.api<{ status: string; resolvedBy: string; procedure: { done: boolean }[] }>(
      '/api/v1/incidents/INC-3',
    );
    expect(answer.body).toMatchObject({ status: 'resolved', resolvedBy: 'ada' });
    expect(answer.body.procedure.map(({ done }) => done)).toEqual([false, true]);
    expect(troubles).toEqual([]);
    await context.close();
  }, 300_000);

  it('two engineers see each other: what one does stands on the other’s page, and what the other types stays', async () => {
    const ada = await visit('ada');
    const ben = await visit('ben', { viewport: PHONE, hasTouch: true, isMobile: true });
    await Promise.all([ada.page.goto(FRESH), ben.page.goto(FRESH)]);
    await Promise.all([ada.page.getByText('Live').waitFor(), ben.page.getByText('Live').waitFor()]);
    await ada.page.locator('#do-note summary').click();
    await ada.page.locator('#do-note textarea').fill('half a thou');
    await ben.page.getByRole('button', { name: 'Acknowledge' }).tap();
    await ada.page.getByRole('button', { name: 'Take over from ben' }).waitFor();
    expect(await ada.page.locator('#do-note textarea').inputValue()).toBe('half a thou');
    expect(await ada.page.locator('#do-note textarea').evaluate((box) => box === box.ownerDocument.activeElement)).toBe(
      true,
    );
    await ada.page.locator('#announce', { hasText: 'Acknowledged by ben' }).waitFor({ state: 'attached' });
    await ada.page.getByRole('button', { name: 'Take over from ben' }).click();
    await ben.page.getByRole('button', { name: 'Take over from ada' }).waitFor();
    expect([...ada.troubles, ...ben.troubles]).toEqual([]);
    await Promise.all([ada.context.close(), ben.context.close()]);
  }, 300_000);

  it('works without a script: the name is asked for, forms post, a refusal names the holder and keeps what was typed', async () => {
    const { context, page } = await visit(null, { javaScriptEnabled: false, viewport: PHONE });
    await page.goto('/?q=NodeNetwork');
    await page.getByRole('link', { name: /INC-4/ }).click();
    await page.locator('#head').getByLabel('Your name, for the record').fill('cleo');
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('It is yours, and the escalation stops.').waitFor();
    await page.locator('#do-note summary').click();
    await page.locator('#do-note textarea').fill('Switch r3 lost its uplink');
    await page.getByRole('button', { name: 'Put it on record' }).first().click();
    await page.locator('.timeline').getByText('Switch r3 lost its uplink').waitFor();
    await bridge.api('/api/v1/incidents/INC-4/acknowledge', { body: { by: 'dora', takeover: true } });
    await page.reload();
    await page.locator('#do-unacknowledge summary').click();
    await bridge.api('/api/v1/incidents/INC-4/resolve', { body: { by: 'dora' } });
    await page.locator('#do-unacknowledge input[name=reason]').fill('Going to bed');
    await page.getByRole('button', { name: 'Give it back' }).click();
    await page.getByRole('alert').getByText('Not done. INC-4: it is resolved, not acknowledged.').waitFor();
    await page.getByRole('alert').getByText('You wrote: Going to bed').waitFor();
    await context.close();
  }, 300_000);

  it('says so when the connection is lost, shows since when, and comes back by itself', async () => {
    const { context, page } = await visit('ada');
    await page.goto('/');
    await page.getByText('Live').waitFor();
    await context.setOffline(true);
    await page.getByText(/Connection lost, showing \d\d:\d\d:\d\d UTC/).waitFor();
    await context.setOffline(false);
    await page.getByText('Live').waitFor();
    await context.close();
  }, 300_000);

  it('a form that was made elsewhere does nothing', async () => {
    const before = await bridge.api<{ status: string }>(`/api/v1${FAILED_FIX}`);
    for (const body of ['by=eve', 'by=eve&csrf=', 'by=eve&csrf=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await bridge.api(`${FAILED_FIX}/resolve`, { body, headers });
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('Nothing was done');
    }
    expect((await bridge.api<{ status: string }>(`/api/v1${FAILED_FIX}`)).body.status).toBe(before.body.status);
  });
});

async function focusedText(page: Page): Promise<string> {
  return String(await page.evaluate('document.activeElement.textContent'));
}

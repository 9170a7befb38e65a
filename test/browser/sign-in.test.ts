import type { Browser, Page } from 'playwright-core';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createToken, revokeToken } from '../../src/store/access.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { writeConfiguration } from '../helpers/configuration.ts';
import { fillConsole } from '../helpers/console-data.ts';
import { axeFindings, overflow, person, PHONE } from '../helpers/console-pages.ts';
import { describeWith } from '../helpers/requires.ts';
import { startChromium } from '../servers/chromium.ts';
import { temporaryFolder } from '../servers/cleanup.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

describeWith('chromium', 'Signing in to the console, in a browser', () => {
  const dataDir = temporaryFolder('console-accounts').path;
  let browser: Browser;
  let bridge: Tierbell;
  let chat: Server;
  const tokens = { ada: '', vera: '' };

  beforeAll(async () => {
    await fillConsole(dataDir);
    const db = await openSqlite(dataDir);
    tokens.ada = await createToken(db, 'ada', 'responder', Date.now());
    tokens.vera = await createToken(db, 'vera', 'viewer', Date.now());
    await db.destroy();
    const configFile = writeConfiguration('smtp://127.0.0.1:9', { main: { mode: 'observe' } });
    [browser, bridge] = await Promise.all([startChromium(), startTierbell({ configFile, dataDir })]);
    chat = createServer((_req, res) => {
      res.setHeader('Content-Type', 'text/html');
      res.end(`<a href="${bridge.url}/incidents/INC-3">Open INC-3</a>`);
    });
    await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', () => resolve()));
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await bridge?.stop();
    chat?.close();
  });

  it.each(['light', 'dark'] as const)('asks for the token on an accessible page (%s)', async (colorScheme) => {
    const { context, page, troubles } = await person(browser, bridge.url, null, { viewport: PHONE, colorScheme });
    await page.goto('/incidents/INC-3');
    expect(await axeFindings(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await page.getByLabel('Your token').fill('tb_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('not known, or was revoked').waitFor();
    await page.getByLabel('Your token').fill(tokens.ada);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/incidents/INC-3');
    await page.getByText('Live').waitFor(); // the stream takes the session too
    await page.getByText('(responder)').waitFor();
    expect(troubles).toEqual([]);
    await context.close();
  });

  it('a link in a chat of another site opens the incident, signed in as before', async () => {
    const { context, page } = await person(browser, bridge.url, null);
    await page.goto('/');
    await page.getByLabel('Your token').fill(tokens.ada);
    await page.keyboard.press('Enter');
    await page.getByText('(responder)').waitFor();
    await page.goto(`http://localhost:${(chat.address() as AddressInfo).port}/`); // another site than 127.0.0.1
    await page.getByRole('link', { name: 'Open INC-3' }).click();
    await page.getByRole('heading', { name: /CheckoutErrors/ }).waitFor();
    await page.getByText('(responder)').waitFor();
    await context.close();
  });

  it('what is being typed outlives the sign-in, and is sent after the next', async () => {
    const { context, page } = await person(browser, bridge.url, null);
    const signIn = async (tab: Page): Promise<void> => {
      await tab.goto('/incidents/INC-3');
      await tab.getByLabel('Your token').fill(tokens.ada);
      await tab.keyboard.press('Enter');
      await tab.getByText('(responder)').waitFor();
    };
    await signIn(page);
    await page.getByText('Write a note', { exact: true }).click();
    await page.getByLabel('What you saw or did').fill('ten minutes of careful words');
    await context.clearCookies({ name: 'tierbell_session' });
    await context.setOffline(true);
    await context.setOffline(false); // now it looks again
    await page
      .getByRole('alert')
      .getByText(/sign-in has ended. What you typed is still here/)
      .waitFor();
    await page.getByRole('button', { name: 'Put it on record' }).click();
    await page
      .getByRole('alert')
      .getByText(/Nothing was done: your sign-in has ended/)
      .waitFor();
    await signIn(await context.newPage());
    await page.getByRole('button', { name: 'Put it on record' }).click();
    await page.locator('#timeline').getByText('ten minutes of careful words').waitFor();
    await context.close();
  });

  it('viewers see it all, and nothing to press', async () => {
    const { context, page } = await person(browser, bridge.url, null, { viewport: PHONE });
    await page.goto('/incidents/INC-3');
    await page.getByLabel('Your token').fill(tokens.vera);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /CheckoutErrors/ }).waitFor();
    expect(await page.locator('form[data-verb]').count()).toBe(0);
    expect(await axeFindings(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    await page.keyboard.press('a');
    const answer = await page.request.get('/api/v1/incidents/INC-3');
    expect(await answer.json()).toMatchObject({ status: 'triggered' });
    await context.close();
  });

  it('a page that stands open asks for a token again once it is revoked', async () => {
    const { context, page } = await person(browser, bridge.url, null);
    await page.goto('/');
    await page.getByLabel('Your token').fill(tokens.vera);
    await page.keyboard.press('Enter');
    await page.getByText('Live').waitFor();
    const db = await openSqlite(dataDir);
    await revokeToken(db, 'vera');
    await db.destroy();
    await bridge.api('/api/v1/incidents/INC-3/note', {
      body: { note: 'hello' },
      headers: { authorization: `Bearer ${tokens.ada}` },
    });
    await page.getByRole('heading', { name: 'Sign in to Tierbell' }).waitFor();
    await context.close();
  });
});

import Database from 'better-sqlite3';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { LEVEL2, LEVEL3, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, incident, incidents, mailsOf, timeline, waitForIncident } from '../helpers/incident-api.ts';
import { followChain } from '../helpers/independent.ts';
import { firing } from '../helpers/payload.ts';
import { startShop, type Shop } from '../helpers/shop.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { restartShop } from '../helpers/whole-house.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

/** Nobody listens on port 9 (discard) of a test machine. */
const NOBODY = 'http://127.0.0.1:9';

/** Posts each alert at once and kills the bridge as soon as `answers` of them were acknowledged. */
async function postAndKill(bridge: Tierbell, names: readonly string[], answers: number): Promise<string[]> {
  const acknowledged: string[] = [];
  const posts = names.map(async (name) => {
    const answer = await deliver(bridge, firing(name)).catch(() => null); // cut off by the kill
    if (answer === null) return;
    expect(answer.status).toBe(200);
    acknowledged.push(name);
    if (acknowledged.length === answers) void bridge.kill9();
  });
  await Promise.all(posts);
  await bridge.exited;
  return acknowledged;
}

describe('kill -9', () => {
  it('after the 200 and before anything else: after the restart it all happens', async () => {
    const smtp = await startSmtp();
    const configFile = writeConfiguration(smtp.url);
    const dataDir = temporaryFolder('data').path;
    const first = await startTierbell({ configFile, dataDir });
    // While somebody else holds the store, nothing can come after the 200.
    const store = new Database(join(dataDir, 'tierbell.sqlite'));
    store.exec('BEGIN IMMEDIATE');
    const names = ['One', 'Two', 'Three'];
    for (const name of names) expect((await deliver(first, firing(name))).status).toBe(200);
    await first.kill9();
    expect(store.prepare('SELECT count(*) AS n FROM incidents').get()).toEqual({ n: 0 });
    store.close();

    const second = await startTierbell({ configFile, dataDir });
    for (const name of names) {
      const opened = await waitForIncident(second, { alertname: name });
      await waitFor(`Level 2 to hear of ${name}`, () => mailsOf(smtp, opened, LEVEL2, 'page').length === 1);
    }
    expect(await incidents(second)).toHaveLength(names.length);
  });

  it('at any moment loses nothing: every acknowledged delivery becomes its incident once, and its people are told', async () => {
    const smtp = await startSmtp();
    const configFile = writeConfiguration(smtp.url);
    const dataDir = temporaryFolder('data').path;
    const acknowledged: string[] = [];
    // From "the very first answer" to "in the middle of telling": each round is cut at another moment.
    const rounds = [1, 1, 3, 12, 24];
    for (const [round, answers] of rounds.entries()) {
      const bridge = await startTierbell({ configFile, dataDir });
      const names = Array.from({ length: 24 }, (_none, index) => `Kill${round}N${index}`);
      const heard = await postAndKill(bridge, names, answers);
      expect(heard.length).toBeGreaterThanOrEqual(answers);
      acknowledged.push(...heard);
    }

    const bridge = await startTierbell({ configFile, dataDir });
    const names = async (): Promise<string[]> => (await incidents(bridge)).map(({ title }) => title);
    await waitFor('every acknowledged alert to be an incident', async () => {
      const found = new Set(await names());
      const missing = acknowledged.filter((name) => !found.has(name));
      if (missing.length > 0) throw new Error(`${missing.join(', ')} are missing`);
      return true;
    });
    const all = await incidents(bridge);
    expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);

    await waitFor('Level 2 to be told of each', () => {
      const untold = all.filter((one) => mailsOf(smtp, one, LEVEL2, 'page').length === 0);
      if (untold.length > 0) throw new Error(`nobody was told of ${untold.map(({ id }) => id).join(', ')}`);
      return true;
    });
    for (const one of all) {
      const pages = mailsOf(smtp, one, LEVEL2, 'page');
      expect(pages.length).toBeLessThanOrEqual(1 + rounds.length);
      // A second copy is known as one.
      expect(new Set(pages.map(({ headers }) => headers['message-id'])).size).toBe(1);
      expect(ofType(await timeline(bridge, one.id), 'opened')).toBe(1);
    }
  });

  it('while a fix runs: its outcome is unknown, Level 3 is told so, and it is never run again', async () => {
    const smtp = await startSmtp();
    const shop = await startShop();
    const dataDir = temporaryFolder('data').path;
    const configFile = writeConfiguration(smtp.url, {
      main: {
        executors: [{ name: 'local', kind: 'command', allow: [shop.commandFolder] }],
        metrics: [{ name: 'prom', kind: 'prometheus', url: NOBODY }],
      },
      fixes: [restartShop(shop, ['alertname="PaymentWorkerDown"'])],
    });
    shop.planRestart({ delayMs: 60_000 });
    await shop.break();
    const first = await startTierbell({ configFile, dataDir });
    await deliver(first, firing('PaymentWorkerDown', { instance: 'shop-1' }));
    await waitFor('the fix to begin', () => shop.restarts().length > 0);
    await first.kill9();
    try {
      const second = await startTierbell({ configFile, dataDir });
      const told = await waitForIncident(second, { instance: 'shop-1' }, ({ level }) => level === '3');
      expect(told).toMatchObject({ status: 'triggered', attempts: [{ state: 'unknown', target: 'shop-1' }] });
      expect(told.escalations).toMatchObject([{ from: '2', to: '3', reason: 'fix_unknown' }]);
      const mail = await smtp.waitForMail(
        ({ subject, to }) => subject.startsWith(`[${told.id}]`) && to.includes(LEVEL3),
      );
      expect(mail.text).toMatch(/nobody knows whether it took effect/);
      expect(mail.attachments).toContainEqual(expect.objectContaining({ filename: `${told.id}-handover-1.zip` }));
      // Killed before that is on record, it would be sent once more under the same key: at least once is the promise.
      await waitFor('the mail to be on record', async () =>
        (await timeline(second, told.id)).some(
          ({ type, data }) => type === 'notified' && data['purpose'] === 'escalation',
        ),
      );
      await second.kill9();

      const third = await startTierbell({ configFile, dataDir });
      await deliver(third, firing('Another'));
      const another = await waitForIncident(third, { alertname: 'Another' });
      await waitFor('the bridge to work on', () => mailsOf(smtp, another, LEVEL2).length > 0);
      expect(await incident(third, told.id)).toMatchObject({ level: '3', attempts: [{ state: 'unknown' }] });
      const entries = await timeline(third, told.id);
      expect(entries.filter(({ type }) => type === 'fix').map(({ data }) => data['state'])).toEqual([
        'intent',
        'started',
        'unknown',
      ]);
      followChain(entries.map((entry) => JSON.stringify(entry)));
      expect(shop.restarts().map(({ phase }) => phase)).toEqual(['began']);
      expect(mailsOf(smtp, told, LEVEL3, 'escalation')).toHaveLength(1);
    } finally {
      endRestart(shop);
    }
  });
});

function ofType(entries: readonly { readonly type: string }[], type: string): number {
  return entries.filter((entry) => entry.type === type).length;
}

/** The command lives on without the bridge that started it; a test leaves nothing behind. */
function endRestart(shop: Shop): void {
  for (const { pid } of shop.restarts()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it has ended
    }
  }
}

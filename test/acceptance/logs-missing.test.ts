import { createServer, type AddressInfo, type Socket } from 'node:net';
import { jest } from '@jest/globals';
import { LEVEL2, LEVEL3, twoLevels, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, mailsOf, timeline, waitForIncident, type EntryJson } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything, stopLater } from '../servers/cleanup.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

const NOBODY = (): Promise<string> => Promise.resolve('http://127.0.0.1:9');

/** Takes connections and never says a word. @returns its address */
async function startBlackHole(): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stopLater(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startWithLogsAt(node: string) {
  const smtp = await startSmtp();
  const logs = [{ name: 'elk', kind: 'elasticsearch', nodes: [node], index: 'logs-*', budget: { time: '5s' } }];
  const policies = [twoLevels('default', '4s')];
  const bridge = await startTierbell({ configFile: writeConfiguration(smtp.url, { main: { logs }, policies }) });
  return { smtp, bridge };
}

const isPage = ({ type, data }: EntryJson): boolean => type === 'notified' && data['purpose'] === 'page';

describe('logs that cannot be had', () => {
  it.each([
    [
      'nobody listens at the address',
      NOBODY,
      /refused the connection \(http:\/\/127\.0\.0\.1:9\): see whether it runs/,
    ],
    ['the store takes the question and never answers', startBlackHole, /did not answer within/],
  ])('%s: Level 2 is told before, Level 3 in time, and the reason is a sentence', async (_name, store, sentence) => {
    const { smtp, bridge } = await startWithLogsAt(await store());
    await deliver(bridge, firing('CheckoutDown', { service: 'checkout' }));
    const shown = await waitForIncident(bridge, { alertname: 'CheckoutDown' }, ({ evidence }) => evidence.length > 0);
    expect(shown.evidence).toMatchObject([{ state: 'unavailable', lines: [] }]);
    expect(shown.evidence[0]?.reason).toMatch(sentence);

    const level3 = await smtp.waitForMail(({ to }) => to.includes(LEVEL3));
    expect(level3.text).toMatch(sentence);
    expect(mailsOf(smtp, shown, LEVEL2, 'page')).toHaveLength(1);
    // The mail is out before that is on record.
    await waitFor('the page on record', async () => (await timeline(bridge, shown.id)).some(isPage));
    const entries = await timeline(bridge, shown.id);
    const at = (fits: (entry: (typeof entries)[number]) => boolean): number => Date.parse(entries.find(fits)?.at ?? '');
    const paged = at(isPage);
    const collected = at(({ type }) => type === 'evidence_collected');
    expect(paged - Date.parse(shown.createdAt)).toBeLessThan(60_000);
    if (sentence.source.includes('within')) expect(paged).toBeLessThan(collected);
  });
});

import { jest } from '@jest/globals';
import { buttonsOf, readMessage, startSlack, type SlackDouble } from '../doubles/slack.ts';
import { LEVEL2, mailChannels, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, incident, mailsOf, timeline, waitForIncident, type IncidentJson } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { runProgram } from '../helpers/run-program.ts';
import { startShop, type Shop } from '../helpers/shop.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { PUBLIC_URL, restartShop } from '../helpers/whole-house.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startSmtp, type SmtpSink } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);

const CHANNEL = 'C0123ABCD';
const ADA = { id: 'U0ADA', username: 'somebody' };
const ROB = { id: 'U0ROB', username: 'rob' };
/** Not of the configuration, and named like one who is. */
const EVE = { id: 'U0EVE', username: 'ada' };

let slack: SlackDouble;
let smtp: SmtpSink;
let shop: Shop;
let bridge: Tierbell;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  [slack, smtp, shop] = await Promise.all([
    startSlack({ token: 'xoxb-1', signingSecret: 's3cret', channels: [CHANNEL] }),
    startSmtp(),
    startShop({ instances: ['shop-1', 'shop-2', 'shop-3'] }),
  ]);
  const dataDir = temporaryFolder('data').path;
  for (const [name, role] of Object.entries({ ada: 'approver', rob: 'responder' })) {
    const words = ['token', 'create', name, '--role', role, '--storage.path', dataDir];
    tokens[name] = /tb_\S+/.exec((await runProgram(process.execPath, ['dist/bin.js', ...words])).stdout)?.[0] ?? '';
  }
  const flags = [`--web.external-url=${PUBLIC_URL}`];
  const opened = await startTierbell({ configFile: configure(), dataDir, flags });
  const api: Tierbell['api'] = (path, { headers = {}, ...more } = {}) =>
    opened.api(path, { ...more, headers: { authorization: `Bearer ${tokens['ada']}`, ...headers } });
  bridge = { ...opened, api };
}, 300_000);
afterAll(stopEverything, 300_000);

function configure(): string {
  const fix = restartShop(shop, ['alertname=~"PaymentWorker.*"']) as object;
  return writeConfiguration(smtp.url, {
    main: {
      executors: [{ name: 'local', kind: 'command', allow: [shop.commandFolder] }],
      metrics: [{ name: 'prom', kind: 'prometheus', url: 'http://127.0.0.1:9' }],
      channels: [
        ...mailChannels(smtp.url),
        ...[
          {
            name: 'l2-slack',
            kind: 'slack',
            channel: CHANNEL,
            api_url: slack.apiUrl,
            token: 'xoxb-1',
            signing_secret: 's3cret',
          },
        ],
      ],
      people: [
        { name: 'ada', slack: ADA.id },
        { name: 'rob', slack: ROB.id },
      ],
      teams: [
        { name: 'level2', channels: ['l2-slack', 'l2-mail'] },
        { name: 'level3', channels: ['l3-mail'] },
      ],
    },
    fixes: [{ ...fix, mode: 'approval' }],
  });
}

/** An incident whose fix waits for an approver. */
async function proposed(alertname: string, instance: string): Promise<IncidentJson> {
  await deliver(bridge, firing(alertname, { instance }));
  return waitForIncident(bridge, { instance }, ({ attempts }) => attempts?.[0]?.state === 'awaiting_approval');
}

function restarted(instance: string): number {
  return shop.restarts().filter((one) => one.phase === 'began' && one.instance === instance).length;
}

describe('a proposed fix is decided where the engineer is', () => {
  it('in Slack: an approver of the configuration, nobody else; it runs once, and the buttons go', async () => {
    const { id } = await proposed('PaymentWorkerDown', 'shop-1');
    const shown = await slack.waitForMessage(
      (one) =>
        readMessage(one).includes(`[${id}]`) &&
        buttonsOf(one.blocks).some(({ action_id: a }) => a === 'tierbell_approve_fix'),
    );
    const press = async (user: typeof ADA): Promise<void> => {
      const { body, headers } = slack.press(shown, user, 'tierbell_approve_fix');
      expect((await bridge.api('/integrations/slack', { method: 'POST', body, headers })).status).toBe(200);
    };
    await press(EVE);
    await press(ROB);
    const answers = await waitFor('both to be told', () => {
      const found = slack.ephemeral.filter(({ user }) => user === EVE.id || user === ROB.id);
      return found.length === 2 && found.map(({ message }) => String(message['text']));
    });
    expect(answers.join('\n')).toMatch(/only people of the configuration[^]*rob may not approve fixes/);
    expect(restarted('shop-1')).toBe(0);

    await press(ADA);
    await press(ADA);
    await waitFor('the fix to have run', () => restarted('shop-1') === 1);
    await waitFor('the buttons to go', () => {
      const now = slack.messages.find(({ ts }) => ts === shown.ts);
      return !buttonsOf(now?.blocks).some(({ action_id: a }) => a === 'tierbell_approve_fix');
    });
    expect(restarted('shop-1')).toBe(1);
    const intent = (await timeline(bridge, id)).find(({ text }) => text.includes('approved by ada: in Slack'));
    expect(intent?.actor).toEqual({ kind: 'person', name: 'ada' });
    slack.assertClean();
  });

  it('from a mail: the link asks who it is; for an approver it runs once, and the link is used up', async () => {
    const waiting = await proposed('PaymentWorkerStuck', 'shop-2');
    const mail = await waitFor('the mail', () =>
      mailsOf(smtp, waiting, LEVEL2, 'page').find(({ text }) => text.includes('/fix/')),
    );
    const path = new URL(/https?:\/\/\S+\/fix\/\S+/.exec(mail.text)?.[0] ?? '').pathname;
    expect((await bridge.api(path, { headers: { authorization: '' } })).status).toBe(401);
    const asRob = await bridge.api(path, { headers: { authorization: `Bearer ${tokens['rob']}` } });
    expect(asRob.text).toContain('An approver decides');

    const page = await bridge.api(path);
    expect(page.text).toContain(`${shop.restartCommand} shop-2`);
    const cookie = page.headers.get('set-cookie')?.split(';')[0] ?? '';
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const post = () =>
      bridge.api(path, {
        ...{ method: 'POST', body: new URLSearchParams({ csrf, decision: 'approve' }).toString() },
        headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
      });
    expect(restarted('shop-2')).toBe(0);
    expect((await post()).text).toContain('Approved. It runs now');
    await waitFor('the fix to have run', () => restarted('shop-2') === 1);
    expect(await post()).toMatchObject({ status: 409, text: expect.stringContaining('the link is used up') as string });
    expect((await incident(bridge, waiting.id)).attempts).toHaveLength(1);
    expect(restarted('shop-2')).toBe(1);
  });
});

import { unzipSync } from 'fflate';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import {
  buttonsOf,
  readMessage,
  signPress,
  startSlack,
  type ShownMessage,
  type SlackDouble,
} from '../doubles/slack.ts';
import { DESK, mailChannels, twoLevels, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, incident, timeline, waitForIncident, type IncidentJson } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { runProgram } from '../helpers/run-program.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startSmtp, type SmtpSink } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);

const TOKEN = 'xoxb-1111-acceptance';
const APP_TOKEN = 'xapp-1-A01-acceptance';
const SIGNING_SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const CHANNEL = 'C0123ABCD';
const ADA = { id: 'U0ADA', username: 'ada.lovelace' };
const GRACE = { id: 'U0GRACE', username: 'grace' };

let slack: SlackDouble;
let smtp: SmtpSink;
let bridge: Tierbell;

beforeAll(async () => {
  slack = await startSlack({
    ...{ token: TOKEN, appToken: APP_TOKEN, signingSecret: SIGNING_SECRET, channels: [CHANNEL] },
  });
  smtp = await startSmtp();
  bridge = await startTierbell({ configFile: configure(), flags: ['--web.external-url=https://bell.example.org'] });
});
afterAll(stopEverything, 300_000);

/** Secrets in files, as in the contract; both ways for presses to come in. */
function configure(): string {
  const folder = temporaryFolder('slack').path;
  const secret = (name: string, text: string): string => {
    writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 });
    return join(folder, name);
  };
  return writeConfiguration(smtp.url, {
    main: {
      channels: [
        ...mailChannels(smtp.url),
        {
          ...{ name: 'l2-slack', kind: 'slack', channel: CHANNEL, api_url: slack.apiUrl },
          token_file: secret('token', TOKEN),
          app_token_file: secret('app', APP_TOKEN),
          signing_secret_file: secret('signing', SIGNING_SECRET),
        },
      ],
      people: [{ name: 'ada', slack: ADA.id }],
      teams: [
        { name: 'level2', channels: ['l2-slack'] },
        { name: 'level3', channels: ['l2-slack'] },
      ],
    },
    policies: [twoLevels('hasty', '3s', ['alertname="Unanswered"']), twoLevels('default', '15m')],
  });
}

/** The incident of a fresh alert, and the message that opened its thread. */
async function alerted(alertname: string): Promise<{ id: string; first: () => ShownMessage }> {
  expect((await deliver(bridge, firing(alertname, { instance: 'shop-1' }))).status).toBe(200);
  const { id } = await waitForIncident(bridge, { alertname });
  const { ts } = await slack.waitForMessage(
    (one) =>
      one.threadTs === undefined &&
      readMessage(one).includes(`[${id}] ${alertname.replace(/[<>]/g, (char) => (char === '<' ? '&lt;' : '&gt;'))}`),
  );
  const first = (): ShownMessage => {
    const shown = slack.messages.find((one) => one.ts === ts);
    if (shown === undefined) throw new Error('the message is gone');
    return shown;
  };
  return { id, first };
}

function press(request: { body: string; headers: Readonly<Record<string, string>> }): Promise<{ status: number }> {
  return bridge.api('/integrations/slack', { method: 'POST', ...request });
}

function shown(first: () => ShownMessage, text: string): Promise<true> {
  return waitFor(`"${text}" in the first message`, () => readMessage(first()).includes(text));
}

describe('an alert in Slack', () => {
  let taken: { id: string; first: () => ShownMessage };

  it('comes with a button; a signed press acknowledges, and the message shows by whom', async () => {
    taken = await alerted('CheckoutErrors');
    expect(readMessage(taken.first())).toContain('*Nobody has it yet* · Level 2');
    expect(await press(slack.press(taken.first(), ADA))).toMatchObject({ status: 200 });
    expect(await incident(bridge, taken.id)).toMatchObject({ status: 'acknowledged', acknowledgedBy: 'ada' });
    await shown(taken.first, '*Acknowledged by ada*');
    expect(buttonsOf(taken.first().blocks)).toEqual([]);
    const acknowledged = (await timeline(bridge, taken.id)).filter(({ type }) => type === 'acknowledged');
    expect(acknowledged).toMatchObject([{ actor: { kind: 'person', name: 'ada' } }]);
    slack.assertClean();
  });

  it('somebody else who pressed a moment late is told so alone, and may take over, on record', async () => {
    const { id, first } = await alerted('SearchErrors');
    const before = first();
    await press(slack.press(before, ADA));
    await shown(first, '*Acknowledged by ada*');
    await press(slack.press(before, GRACE));
    const told = await waitFor('an answer to grace', () => slack.ephemeral.find(({ user }) => user === GRACE.id));
    expect(told.message).toMatchObject({ response_type: 'ephemeral', text: `Not done: ada has ${id} already.` });
    expect(await incident(bridge, id)).toMatchObject({ acknowledgedBy: 'ada' });

    await press(slack.press(told, GRACE));
    await shown(first, '*Acknowledged by grace*');
    const entries = (await timeline(bridge, id)).filter(({ type }) => type === 'acknowledged');
    expect(entries.at(-1)).toMatchObject({ actor: { name: 'grace' }, data: { takenOverFrom: 'ada' } });
    slack.assertClean();
  });

  it('acknowledged elsewhere, the message shows it all the same', async () => {
    const { id, first } = await alerted('PaymentErrors');
    const answer = await bridge.api(`/api/v1/incidents/${id}/acknowledge`, { body: { by: 'linus' } });
    expect(answer.status).toBe(200);
    await shown(first, '*Acknowledged by linus*');
    await bridge.api(`/api/v1/incidents/${id}/resolve`, { body: { by: 'linus' } });
    await shown(first, '*Resolved* by linus');
    const over = await slack.waitForMessage((one) => one.threadTs === first().ts && one.text.includes('Resolved'));
    expect(over.broadcast).toBe(false);
    slack.assertClean();
  });

  it('what is not signed by Slack, or too old, or comes again, has no effect', async () => {
    const { id, first } = await alerted('LoginErrors');
    const right = slack.press(first(), ADA);
    const forged = { ...right, headers: { ...right.headers, 'x-slack-signature': `v0=${'0'.repeat(64)}` } };
    const payload = JSON.parse(new URLSearchParams(right.body).get('payload') ?? '') as unknown;
    const old = signPress(payload, SIGNING_SECRET, Math.floor(Date.now() / 1000) - 400);
    const otherBody = { ...right, body: right.body.replace(ADA.id, GRACE.id) };
    for (const wrong of [forged, old, otherBody, { ...right, headers: { 'content-type': 'text/plain' } }])
      expect(await press(wrong)).toMatchObject({ status: 401 });
    expect((await press({ ...signPress('x', SIGNING_SECRET), body: 'payload=x' })).status).toBe(401);
    expect(await incident(bridge, id)).toMatchObject({ status: 'triggered', acknowledgedBy: null });

    expect(await press(right)).toMatchObject({ status: 200 });
    await bridge.api(`/api/v1/incidents/${id}/unacknowledge`, { body: { by: 'ada' } });
    expect(await press(right)).toMatchObject({ status: 200 });
    expect(await incident(bridge, id)).toMatchObject({ status: 'triggered', acknowledgedBy: null });
    await shown(first, '*Nobody has it yet*');
    expect(buttonsOf(first().blocks)).toHaveLength(1);
    slack.assertClean();
  });

  it('that nobody answers goes to Level 3 in the same thread, seen in the channel, with the bundle as a file', async () => {
    const { id, first } = await alerted('Unanswered');
    const reply = await slack.waitForMessage((one) => one.threadTs === first().ts && one.broadcast);
    expect(readMessage(reply)).toContain('It comes to Level 3 because nobody acknowledged in time');
    await shown(first, '*Nobody has it yet* · Level 3');
    const bundle = await waitFor('the bundle', () => slack.files.find(({ name }) => name === `${id}-handover-1.zip`));
    expect(bundle).toMatchObject({ channel: CHANNEL, threadTs: first().ts });
    const packed = JSON.parse(new TextDecoder().decode(unzipSync(bundle.content)['incident.json'])) as IncidentJson;
    expect(packed).toMatchObject({ id, level: '3' });
    await press(slack.press(first(), GRACE));
    await shown(first, '*Acknowledged by grace*');
    slack.assertClean();
  });

  it('without a public address the press comes over a connection of ours, which is opened again when it breaks', async () => {
    const one = await alerted('SocketErrors');
    await slack.pressOverSocket(one.first(), ADA);
    await shown(one.first, '*Acknowledged by ada*');
    const before = slack.connections();
    slack.disconnect('asked');
    await waitFor('a new connection', () => slack.connections() > before);
    slack.disconnect('cut');
    await waitFor('a new connection', () => slack.connections() > before + 1);
    const two = await alerted('SocketErrorsAgain');
    await slack.pressOverSocket(two.first(), GRACE);
    await shown(two.first, '*Acknowledged by grace*');
    slack.assertClean();
  });

  it('from a label rings for nobody', async () => {
    const { first } = await alerted('<!channel> *Loud*');
    expect(JSON.stringify(first().blocks)).not.toContain('<!');
    expect(readMessage(first())).toContain('&lt;!channel&gt; *Loud*');
    slack.assertClean();
  });

  it('many at once come one a second at most, none is lost', async () => {
    const count = 8;
    const [from, begun] = [slack.calls.length, Date.now()];
    for (let n = 0; n < count; n += 1) await deliver(bridge, firing(`Storm${n}`));
    for (let n = 0; n < count; n += 1)
      await slack.waitForMessage((one) => one.threadTs === undefined && readMessage(one).includes(`Storm${n}`));
    const posts = slack.calls.slice(from).filter(({ method }) => method === 'chat.postMessage');
    expect(posts.length).toBeGreaterThanOrEqual(count);
    // The first had its turn after the beginning; a busy machine delays some, and none comes before its turn.
    for (const [index, { at }] of posts.entries()) expect(at - begun).toBeGreaterThan(index * 1_000 - 100);
    slack.assertClean();
  });

  it('no secret is in the log, the fallback heard nothing, and the metrics hold', async () => {
    for (const secret of [TOKEN, APP_TOKEN, SIGNING_SECRET]) expect(bridge.output()).not.toContain(secret);
    expect(bridge.stderr()).not.toMatch(/level=error/);
    expect(smtp.mails.filter(({ to }) => to.includes(DESK))).toEqual([]);
    const { text } = await bridge.api('/metrics');
    expect(text).toContain('tierbell_dead_letters{kind="refresh"} 0');
    expect(text).toMatch(/tierbell_notifications_total\{channel="l2-slack",result="failed"\} 0/);
    expect(text).toMatch(
      /http_request_duration_seconds_count\{route="\/integrations\/slack",method="POST",code="401"\}/,
    );
    expect(await runProgram('promtool', ['check', 'metrics'], { input: text })).toMatchObject({ code: 0 });
  });
});

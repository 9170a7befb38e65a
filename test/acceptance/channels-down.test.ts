import { jest } from '@jest/globals';
import { DESK, LEVEL2, LEVEL3, mailChannels, twoLevels, writeConfiguration } from '../helpers/configuration.ts';
import { deliver, incident, mailsOf, timeline, waitForIncident } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { portOfOurOwn } from '../servers/port-of-our-own.ts';
import { startSmtp, type ReceivedMail, type SmtpSink } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);
afterAll(stopEverything, 300_000);

/** Level 2 and 3 behind one mail server, the desk behind another. */
async function startDivided(level2Url: string): Promise<{ desk: SmtpSink; bridge: Tierbell }> {
  const desk = await startSmtp();
  const [, , deskChannel] = mailChannels(desk.url);
  const channels = [...mailChannels(level2Url).slice(0, 2), deskChannel];
  const configFile = writeConfiguration(level2Url, { main: { channels }, policies: [twoLevels('default', '10m')] });
  return { desk, bridge: await startTierbell({ configFile }) };
}

/** The value of a series, e.g. `tierbell_dead_letters{kind="notify"}`. */
async function metric(bridge: Tierbell, series: string): Promise<number> {
  const { text } = await bridge.api('/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length) ?? Number.NaN);
}

/** Where a mail server was, or will be: nobody listens at its port. */
async function stoppedSmtp(): Promise<{ url: string; port: number }> {
  const port = await portOfOurOwn();
  return { url: `smtp://127.0.0.1:${port}`, port };
}

describe('a mail server', () => {
  /** Half a minute is long: this one begins first and is looked at last. */
  let gone: { desk: SmtpSink; bridge: Tierbell };
  beforeAll(async () => {
    gone = await startDivided((await stoppedSmtp()).url);
    await deliver(gone.bridge, firing('Gone'));
  });

  it('that is busy is tried again until it takes the mail, and nobody else is bothered', async () => {
    const smtp = await startSmtp();
    smtp.failNext(2, { answer: 451, message: 'try again later' });
    const { desk, bridge } = await startDivided(smtp.url);
    await deliver(bridge, firing('Busy'));
    const opened = await waitForIncident(bridge, { alertname: 'Busy' });
    const idOf = ({ headers }: ReceivedMail): string | undefined => headers['message-id'];
    // A mail that was refused and then taken is the same message.
    await waitFor('every refused mail to be taken', () => {
      const taken = smtp.mails.map(idOf);
      return smtp.troubles() === 2 && smtp.refused.every((mail) => taken.includes(idOf(mail)));
    });
    await waitFor('the page', () => mailsOf(smtp, opened, LEVEL2, 'page').length === 1);
    expect(new Set(smtp.mails.map(idOf)).size).toBe(smtp.mails.length);
    expect(desk.mails).toEqual([]);
    const counted = 'tierbell_notifications_total{channel="l2-mail",result="retried"}';
    await waitFor('both tries to be counted', async () => (await metric(bridge, counted)) === 2);
    expect(await metric(bridge, 'tierbell_notifications_total{channel="l2-mail",result="failed"}')).toBe(0);
  });

  it('that takes a connection and then says nothing keeps no other channel waiting', async () => {
    const smtp = await startSmtp();
    smtp.failNext(Infinity, { answer: 'hang' });
    const hook = await startHttpSink();
    const channels = [...mailChannels(smtp.url), { name: 'hook', kind: 'webhook', url: hook.url }];
    const policies = [{ name: 'both', steps: [{ level: 2, notify: ['level2', 'hook'], ack_timeout: '1h' }] }];
    const bridge = await startTierbell({ configFile: writeConfiguration(smtp.url, { main: { channels }, policies }) });
    const count = 40;
    for (let n = 0; n < count; n++) await deliver(bridge, firing(`Storm${n}`));
    const paged = (): number =>
      hook.requests.filter((one) => String((one.json() as { type?: string }).type).endsWith('page')).length;
    await waitFor('every page over the other channel', () => paged() === count);
  });

  it('that refuses for good: the fallback is told what nobody received, and the dead letter is counted', async () => {
    const smtp = await startSmtp();
    smtp.failNext(Infinity, { answer: 550, message: 'no such mailbox' });
    const { desk, bridge } = await startDivided(smtp.url);
    await deliver(bridge, firing('Refused'));
    const opened = await waitForIncident(bridge, { alertname: 'Refused' });
    const told = await desk.waitForMail(({ to }) => to.includes(DESK));
    expect(told.subject).toBe(`[${opened.id}] Refused`);
    expect(told.text).toMatch(/Perhaps nobody knows of this: level2 could not be told over l2-mail/);
    expect(told.text).toMatch(/550/);
    const types = (await timeline(bridge, opened.id)).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['notice_failed', 'fallback_told']));
    expect(await metric(bridge, 'tierbell_dead_letters{kind="notify"}')).toBeGreaterThan(0);
    expect(await metric(bridge, 'tierbell_notifications_total{channel="l2-mail",result="retried"}')).toBe(0);
    expect(await incident(bridge, opened.id)).toMatchObject({ status: 'triggered', level: '2' });
  });

  it('that comes back gets the mail that it missed', async () => {
    const { url, port } = await stoppedSmtp();
    const { bridge } = await startDivided(url);
    await deliver(bridge, firing('Back'));
    await waitFor('a try in vain', async () => {
      return (await metric(bridge, 'tierbell_notifications_total{channel="l2-mail",result="retried"}')) > 0;
    });
    const smtp = await startSmtp({ port });
    const mail = await smtp.waitForMail(
      ({ to, headers }) => to.includes(LEVEL2) && headers['x-tierbell-purpose'] === 'page',
    );
    expect(mail.subject).toMatch(/^\[INC-1\] Back/);
  });

  it('that stays away is tried on, and after half a minute the fallback knows', async () => {
    const { desk, bridge } = gone;
    const opened = await waitForIncident(bridge, { alertname: 'Gone' });
    const told = await desk.waitForMail(({ to }) => to.includes(DESK), { timeoutMs: 75_000 });
    expect(told.subject).toBe(`[${opened.id}] Gone`);
    expect(told.text).toMatch(/level2 could not be told over l2-mail yet/);
    expect(await metric(bridge, 'tierbell_notifications_total{channel="l2-mail",result="retried"}')).toBeGreaterThan(1);
    expect(await metric(bridge, 'tierbell_notifications_total{channel="l2-mail",result="failed"}')).toBe(0);
  });
});

describe('one of two channels of a level', () => {
  it('that fails for good keeps nobody of the other from being told, and the fallback hears of it', async () => {
    const smtp = await startSmtp();
    const hook = await startHttpSink();
    hook.answerNext({ status: 410 });
    const channels = [...mailChannels(smtp.url), { name: 'l3-hook', kind: 'webhook', url: hook.url }];
    const teams = [
      { name: 'level2', channels: ['l2-mail'] },
      { name: 'level3', channels: ['l3-hook', 'l3-mail'] },
    ];
    const policies = [twoLevels('default', '1s')];
    const bridge = await startTierbell({
      configFile: writeConfiguration(smtp.url, { main: { channels, teams }, policies }),
    });
    await deliver(bridge, firing('OneOfTwo'));
    await smtp.waitForMail(({ to }) => to.includes(LEVEL3));
    const told = await smtp.waitForMail(({ to }) => to.includes(DESK));
    expect(told.text).toContain('level3 could not be told over l3-hook');
    expect(told.text).not.toContain(hook.url); // the address is a secret
    expect(hook.requests.map(({ answered }) => answered)).toEqual([410]);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Channel, SendResult, ThreadRef } from '../../src/channels/channel.ts';
import { slack } from '../../src/channels/kinds/slack.ts';
import type { NoticeInput } from '../../src/channels/messages/notice-input.ts';
import { wordNotice } from '../../src/channels/messages/word-notice.ts';
import { createSlackApi } from '../../src/channels/slack/web-api.ts';
import { createHttpCaller } from '../../src/channels/http-caller.ts';
import { success } from '../../src/domain/result.ts';
import { buttonsOf, readMessage, startSlack, type SlackDouble } from '../doubles/slack.ts';
import {
  NOW,
  sampleAttempt,
  sampleEvidence,
  sampleIncident,
  sampleInput,
  sampleTimeline,
  UID,
} from '../helpers/sample-incident.ts';
import { temporaryFolder } from '../servers/cleanup.ts';

const TOKEN = 'xoxb-1234-abcdef';
const CHANNEL = 'C0123ABCD';
const BUNDLE = {
  name: 'INC-42-handover-1.zip',
  content: new Uint8Array(20_000).fill(7),
  sha256: 'b'.repeat(64),
  n: 1,
  meeting: 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n',
};

let double: SlackDouble;
let channel: Channel;
beforeEach(async () => {
  double = await startSlack({ token: TOKEN, channels: [CHANNEL] });
  channel = open();
});
afterEach(async () => {
  await channel.close();
  await double.stop();
});

function open(more: Record<string, unknown> = {}): Channel {
  const config = {
    name: 'l2-slack',
    kind: 'slack',
    channel: CHANNEL,
    api_url: double.apiUrl,
    signing_secret: 's3cret',
  };
  return slack.create(slack.config.parse({ ...config, token: TOKEN, ...more }));
}

function send(input: NoticeInput = sampleInput()): Promise<SendResult> {
  return channel.send(wordNotice(input), AbortSignal.timeout(100_000));
}

/** Sends a first message and gives what is kept of it. */
async function opened(input = sampleInput()): Promise<ThreadRef> {
  const result = await send(input);
  if (!result.ok || result.ref === undefined) throw new Error(`no thread: ${JSON.stringify(result)}`);
  return result.ref;
}

const ACKNOWLEDGED = { status: 'acknowledged', acknowledgedBy: 'ada', acknowledgedAt: NOW, deadlines: {} } as const;

describe('the first message of an incident', () => {
  it('says what it is, what is wanted, the facts and the grounds, and has a button', async () => {
    const thread = await opened();
    expect(thread).toEqual({ to: CHANNEL, channel: CHANNEL, ts: double.messages[0]?.ts });
    const text = readMessage(double.messages[0] ?? { blocks: [], text: '' });
    expect(text).toContain('[INC-42] CheckoutErrors: Checkout answers 12 % of requests with 500');
    expect(text).toContain('*Nobody has it yet* · Level 2 · P2, critical');
    expect(text).toContain('Please acknowledge it by 03:27 UTC');
    expect(text).toContain('*Where:* service checkout · environment prod');
    expect(text).toContain('<https://bell.example.org/incidents/INC-42|Open INC-42>');
    expect(buttonsOf(double.messages[0]?.blocks)).toMatchObject([
      { action_id: 'tierbell_acknowledge', value: `${UID} 2` },
    ]);
    // The link of a mail acts for whom it was sent to; here that would be everybody.
    expect(text).not.toContain('/ack/');
    double.assertClean();
  });

  it('links to the page instead of a button where no press could reach us', async () => {
    await channel.close();
    channel = open({ signing_secret: undefined });
    await opened();
    expect(buttonsOf(double.messages[0]?.blocks)).toEqual([]);
    expect(readMessage(double.messages[0] ?? { blocks: [], text: '' })).toContain(
      '<https://bell.example.org/ack/abc123|Acknowledge INC-42>',
    );
    double.assertClean();
  });

  it('about a proposed fix shows all that would run, with yes, asked once more, and no; they go when it is decided', async () => {
    const hash = 'c'.repeat(64);
    const shown = '/usr/bin/ssh tierbell@shop-1 systemctl restart -- checkout.service <!channel> & more';
    const attempt = sampleAttempt({ state: 'awaiting_approval', hash, reasons: [shown], output: '', exitCode: null });
    const thread = await opened(
      sampleInput({ incident: sampleIncident({ attempts: [attempt] }), decideUrl: 'https://bell.example.org/fix/x' }),
    );
    const value = `${UID} 2 at-1 ${hash}`;
    expect(buttonsOf(double.messages[0]?.blocks)).toMatchObject([
      { action_id: 'tierbell_acknowledge' },
      { action_id: 'tierbell_approve_fix', value, confirm: { confirm: { text: 'Run exactly this' } } },
      { action_id: 'tierbell_deny_fix', value },
    ]);
    const text = readMessage(double.messages[0] ?? { blocks: [], text: '' });
    expect(text).toContain('systemctl restart -- checkout.service');
    expect(text).not.toContain('/fix/x');

    const denied = sampleIncident({ attempts: [{ ...attempt, state: 'denied' }] });
    await channel.update?.(wordNotice(sampleInput({ thread, incident: denied })), AbortSignal.timeout(100_000));
    expect(buttonsOf(double.messages[0]?.blocks)).toMatchObject([{ action_id: 'tierbell_acknowledge' }]);
    double.assertClean();
  });

  it('a proposal too long to be shown whole has no buttons: nobody approves what they cannot read', async () => {
    const attempt = sampleAttempt({
      state: 'awaiting_approval',
      hash: 'c'.repeat(64),
      reasons: [`curl ${'x'.repeat(600)}`],
    });
    await opened(sampleInput({ incident: sampleIncident({ attempts: [attempt] }) }));
    expect(buttonsOf(double.messages[0]?.blocks)).toMatchObject([{ action_id: 'tierbell_acknowledge' }]);
    expect(readMessage(double.messages[0] ?? { blocks: [], text: '' })).toContain('decide on the page of the incident');
    double.assertClean();
  });

  it('shows in place who has it, and then that it is over; the button goes', async () => {
    const thread = await opened();
    const acknowledged = sampleInput({
      thread,
      incident: sampleIncident({ ...ACKNOWLEDGED, evidence: [sampleEvidence()] }),
    });
    expect(await channel.update?.(wordNotice(acknowledged), AbortSignal.timeout(100_000))).toMatchObject({ ok: true });
    const [message] = double.messages;
    expect(message).toMatchObject({ edits: 1, ts: thread['ts'] });
    const text = readMessage(message ?? { blocks: [], text: '' });
    expect(text).toContain('*Acknowledged by ada* at 03:16 UTC');
    expect(text).toContain('connect: connection refused');
    expect(text).not.toMatch(/Please acknowledge|Nobody has it|incident ack/);
    expect(buttonsOf(message?.blocks)).toEqual([]);

    const over = sampleIncident({ status: 'resolved', resolvedBy: 'ada', resolvedAt: NOW, deadlines: {} });
    await channel.update?.(wordNotice(sampleInput({ thread, incident: over })), AbortSignal.timeout(100_000));
    expect(readMessage(double.messages[0] ?? { blocks: [], text: '' })).toContain('*Resolved* by ada at 03:16 UTC');
    expect(double.messages).toHaveLength(1);
    double.assertClean();
  });

  it('comes as plain text where Slack does not take the blocks, once', async () => {
    double.answerNext('chat.postMessage', 'msg_blocks_too_long');
    await opened();
    expect(double.messages).toMatchObject([{ blocks: [], text: expect.stringContaining('*Since:*') }]);
    double.answerNext('chat.postMessage', 'invalid_blocks', 'invalid_blocks');
    expect(await send()).toMatchObject({ ok: false, retryable: false, reason: 'rejected' });
    double.assertClean();
  });

  it('that is updated in plain text loses its button too', async () => {
    const thread = await opened();
    double.answerNext('chat.update', 'invalid_blocks');
    const input = sampleInput({ thread, incident: sampleIncident(ACKNOWLEDGED) });
    expect(await channel.update?.(wordNotice(input), AbortSignal.timeout(100_000))).toMatchObject({ ok: true });
    expect(double.messages).toMatchObject([{ blocks: [], text: expect.stringContaining('Acknowledged by ada') }]);
    double.assertClean();
  });
});

describe('what comes after it', () => {
  it('stands in its thread; what wants an answer is seen in the channel too', async () => {
    const thread = await opened();
    const known = sampleIncident({ evidence: [sampleEvidence()] });
    expect(await send(sampleInput({ thread, purpose: 'evidence', incident: known }))).toEqual({
      ok: true,
      detail: 'posted in the thread',
    });
    await send(sampleInput({ thread, purpose: 'escalation', timeline: sampleTimeline(), incident: known, level: '3' }));
    expect(double.messages.slice(1)).toMatchObject([
      { threadTs: thread['ts'], broadcast: false },
      { threadTs: thread['ts'], broadcast: true },
    ]);
    const lines = readMessage(double.messages[1] ?? { blocks: [], text: '' });
    expect(lines).toMatch(/```\n12× 03:12:01 error checkout {2}dial tcp/);
    expect(lines).toContain('Acknowledge with the button at the top of this thread.');
    expect(buttonsOf(double.messages[2]?.blocks)).toEqual([]);
    double.assertClean();
  });

  it('begins anew where the first message was deleted, or the configuration names another channel', async () => {
    const thread = await opened();
    double.remove(thread['ts'] ?? '');
    const again = await opened(sampleInput({ thread, purpose: 'evidence' }));
    expect(again['ts']).not.toBe(thread['ts']);
    expect(await opened(sampleInput({ thread: { ...thread, to: 'C0LD' } }))).toMatchObject({ to: CHANNEL });
    const gone = await channel.update?.(wordNotice(sampleInput({ thread })), AbortSignal.timeout(100_000));
    expect(gone).toMatchObject({ ok: false, retryable: false, reason: 'not_found' });
    double.assertClean();
  });
});

describe('the handover bundle', () => {
  const escalation = (thread: ThreadRef | null): NoticeInput =>
    sampleInput({ thread, purpose: 'escalation', level: '3', bundle: BUNDLE });

  it('lies in the thread as a file, and the invitation beside it', async () => {
    const thread = await opened();
    expect(await send(escalation(thread))).toEqual({
      ok: true,
      detail: 'posted in the thread; attached INC-42-handover-1.zip, meeting.ics',
    });
    expect(double.files).toMatchObject([
      { name: BUNDLE.name, channel: CHANNEL, threadTs: thread['ts'], content: Buffer.from(BUNDLE.content) },
      { name: 'meeting.ics', channel: CHANNEL, threadTs: thread['ts'] },
    ]);
    double.assertClean();
  });

  it('goes into the thread of a first message as well', async () => {
    const thread = await opened(escalation(null));
    expect(double.files).toMatchObject([{ threadTs: thread['ts'] }, { threadTs: thread['ts'] }]);
    double.assertClean();
  });

  it.each([
    ['the workspace takes no files', 'files.getUploadURLExternal', ['file_uploads_disabled', 'file_uploads_disabled']],
    ['the file cannot be shown in the end', 'files.completeUploadExternal', ['internal_error']],
  ])('where %s, the thread says where it lies, and the message is not sent again', async (_what, method, errors) => {
    double.answerNext(method, ...errors);
    const result = await send(escalation(null));
    expect(result).toMatchObject({ ok: true, detail: expect.stringContaining('INC-42-handover-1.zip NOT attached') });
    const remark = double.messages.find(({ threadTs }) => threadTs !== undefined);
    expect(remark?.text).toContain('Fetch it from https://bell.example.org/api/v1/incidents/INC-42/handover.zip?n=1');
    expect(double.messages.filter(({ threadTs }) => threadTs === undefined)).toHaveLength(1);
    if (method === 'files.getUploadURLExternal') double.assertClean();
  });

  it('never goes to an address that is not of Slack', async () => {
    const caller = createHttpCaller({ url: double.apiUrl, secrets: [] });
    const api = createSlackApi({ apiUrl: double.apiUrl, caller, readToken: async () => success(TOKEN) });
    for (const url of ['https://slack.com.evil.example/u', 'http://files.slack.com/u', 'http://127.0.0.1:1/u', 'x']) {
      expect(await api.upload(url, BUNDLE.content, AbortSignal.timeout(5_000))).toMatchObject({
        ok: false,
        reason: 'invalid_answer',
        retryable: false,
      });
    }
    caller.close();
  });
});

describe('what Slack answers', () => {
  it.each([
    ['ratelimited', 'rate_limited', true],
    ['invalid_auth', 'unauthorized', false],
    ['missing_scope', 'unauthorized', false],
    ['channel_not_found', 'not_found', false],
    ['not_in_channel', 'not_found', false],
    ['is_archived', 'not_found', false],
    ['internal_error', 'server_error', true],
    ['request_timeout', 'timed_out', true],
    ['msg_too_long', 'rejected', false],
    ['something_new', 'rejected', false],
  ])('%s with status 200 is a failure: %s, retryable %s', async (error, reason, retryable) => {
    double.answerNext('chat.postMessage', error);
    const result = await send();
    expect(result).toMatchObject({ ok: false, reason, retryable, detail: expect.stringContaining(error) });
    expect(double.messages).toEqual([]);
    expect(double.calls).toHaveLength(1); // the outbox tries again, nobody else
    double.assertClean();
  });

  it('429 holds every message of the channel back for as long as it says', async () => {
    double.answerNext('chat.postMessage', { status: 429, headers: { 'retry-after': '70' } });
    expect(channel.turnInMs?.('a', 'send')).toBe(0);
    expect(await send()).toMatchObject({ ok: false, reason: 'rate_limited', retryAfterMs: 70_000 });
    expect(channel.turnInMs?.('b', 'send')).toBeGreaterThan(6_000);
    double.assertClean();
  });

  it('a page that is not of Slack is no success', async () => {
    for (const body of ['<html>proxy login</html>', '[]', 'null', '{"fine":true}']) {
      double.answerNext('chat.postMessage', { status: 200, body });
      expect(await send()).toMatchObject({ ok: false, reason: 'invalid_answer' });
    }
    double.assertClean();
  });
});

describe('its token', () => {
  it('is read anew from its file, so that a rotated one is taken', async () => {
    const file = join(temporaryFolder('slack').path, 'token');
    await channel.close();
    channel = open({ token: undefined, token_file: file });
    expect(await send()).toMatchObject({ ok: false, reason: 'misconfigured', retryable: true });
    expect(JSON.stringify(await send())).not.toContain(file);
    writeFileSync(file, `${TOKEN}\n`);
    expect(await send()).toMatchObject({ ok: true });
    double.assertClean();
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { failure, type Failure, type Outcome } from '../../domain/result.ts';
import { cleanLine } from '../../domain/text.ts';
import type { Attachment, Notice, SendResult, ThreadRef } from '../channel.ts';
import { firstMessage, plainMessage, remark, replyMessage, type LayoutOptions, type SlackMessage } from './message.ts';
import { isSlackError } from './slack-failure.ts';
import { EVERY_MS } from './turns.ts';
import { uploadFiles } from './upload.ts';
import type { SlackAnswer, SlackApi } from './web-api.ts';

export interface PostOptions extends LayoutOptions {
  readonly api: SlackApi;
  /** Of the configuration; a thread in another channel is left where it is. */
  readonly channel: string;
}

/** Where a message lies. `to` is the channel of the configuration: a person's id there becomes a conversation's here. */
export interface SlackThread {
  readonly to: string;
  readonly channel: string;
  readonly ts: string;
}

export interface Post {
  send(notice: Notice, signal: AbortSignal): Promise<SendResult>;
  update(notice: Notice, signal: AbortSignal): Promise<SendResult>;
}

/** What Slack says of blocks that it does not take; the same as plain text passes. */
const BLOCKS_REFUSED = ['msg_blocks_too_long', 'invalid_blocks', 'invalid_blocks_format'];
/** Nothing unfolds, and nothing in the text becomes a link, a name or a mention by itself. */
const QUIET = { unfurl_links: false, unfurl_media: false, link_names: false, parse: 'none' } as const;

/** For saying where a file lies, also when the time for the whole message is used up. */
const REMARK_TIMEOUT_MS = 10_000;

/** What is said in the thread but must be seen in the channel: replies alone ring for nobody who is not in the thread. */
const BROADCAST: ReadonlySet<Notice['purpose']> = new Set(['page', 'escalation', 'reopened', 'fallback']);

export function createPost(options: PostOptions): Post {
  const { api, channel } = options;
  return {
    async send(notice, signal) {
      const thread = threadOf(notice.thread, channel);
      const posted =
        thread === null ? await postFirst(options, notice, signal) : await reply(options, notice, thread, signal);
      if (!posted.ok) return posted;
      const lies = thread !== null && posted.inThread ? thread : posted.thread;
      const files = await attach(options, notice.attachments, lies, signal);
      const detail = `${posted.inThread ? 'posted in the thread' : 'posted'}${files}`;
      return posted.inThread ? { ok: true, detail } : { ok: true, detail, ref: { ...lies } };
    },
    async update(notice, signal) {
      const thread = threadOf(notice.thread, channel);
      if (thread === null) return { ok: true, detail: 'the first message lies in another channel and stays as it is' };
      const where = { channel: thread.channel, ts: thread.ts };
      const message = firstMessage(notice, options);
      const plain = (): string => plainMessage(notice, options);
      const answer = await withBlocks(
        api,
        'chat.update',
        { ...where, parse: 'none', link_names: false },
        message,
        plain,
        signal,
      );
      return answer.ok ? { ok: true, detail: 'brought up to date' } : answer;
    },
  };
}

type Posted = { readonly ok: true; readonly inThread: boolean; readonly thread: SlackThread } | Failure;

async function postFirst(options: PostOptions, notice: Notice, signal: AbortSignal): Promise<Posted> {
  const { api, channel } = options;
  const plain = (): string => plainMessage(notice, options);
  const answer = await withBlocks(
    api,
    'chat.postMessage',
    { channel, ...QUIET },
    firstMessage(notice, options),
    plain,
    signal,
  );
  if (!answer.ok) return answer;
  const { channel: given, ts } = answer.value;
  if (typeof ts !== 'string' || typeof given !== 'string')
    return failure('invalid_answer', 'Slack does not say where the message lies', { retryable: false });
  return { ok: true, inThread: false, thread: { to: channel, channel: given, ts } };
}

/** A thread whose first message was deleted takes no replies: then this message begins anew. */
async function reply(options: PostOptions, notice: Notice, thread: SlackThread, signal: AbortSignal): Promise<Posted> {
  const args = {
    ...{ channel: thread.channel, thread_ts: thread.ts, ...QUIET },
    ...(BROADCAST.has(notice.purpose) ? { reply_broadcast: true } : {}),
  };
  const plain = (): string => plainMessage(notice, options);
  const answer = await withBlocks(options.api, 'chat.postMessage', args, replyMessage(notice, options), plain, signal);
  if (answer.ok) return { ok: true, inThread: true, thread };
  return isSlackError(answer, 'thread_not_found') ? postFirst(options, notice, signal) : answer;
}

async function withBlocks(
  api: SlackApi,
  method: string,
  args: Readonly<Record<string, unknown>>,
  { text, blocks }: SlackMessage,
  plain: () => string,
  signal: AbortSignal,
): Promise<Outcome<SlackAnswer>> {
  const answer = await api.call(method, { ...args, text, blocks }, signal);
  if (answer.ok || !isSlackError(answer, ...BLOCKS_REFUSED)) return answer;
  // An update without `blocks` would keep the old ones, and with them the button.
  return api.call(method, { ...args, text: plain(), ...(method === 'chat.update' ? { blocks: [] } : {}) }, signal);
}

/** The message is out; a file that cannot follow is told of, with where it lies, and never sends the message again. */
async function attach(
  { api }: PostOptions,
  attachments: readonly Attachment[],
  { channel, ts }: SlackThread,
  signal: AbortSignal,
): Promise<string> {
  if (attachments.length === 0) return '';
  const { shared, problems } = await uploadFiles(api, attachments, { channel, ts }, signal);
  const names = shared.map(({ name }) => cleanLine(name, 120)).join(', ');
  const said = names === '' ? '' : `; attached ${names}`;
  if (problems.length === 0) return said;
  await sleep(EVERY_MS);
  const text = problems
    .map(({ file, why }) => remark(`${file.name} could not be attached: ${why}. ${file.elsewhere}`))
    .join('\n');
  const told = await api.call(
    'chat.postMessage',
    { channel, thread_ts: ts, text, ...QUIET },
    AbortSignal.timeout(REMARK_TIMEOUT_MS),
  );
  const failed = problems.map(({ file, why }) => `${cleanLine(file.name, 120)} NOT attached (${why})`).join(', ');
  return `${said}; ${failed}${told.ok ? ', and the thread says where it lies' : ''}`;
}

function threadOf(ref: ThreadRef | null, channel: string): SlackThread | null {
  if (ref === null || ref['to'] !== channel) return null;
  const { channel: given, ts } = ref;
  return given === undefined || ts === undefined ? null : { to: channel, channel: given, ts };
}

import { cleanLine } from '../../domain/text.ts';
import { failure, type Outcome } from '../../domain/result.ts';
import type { Attachment } from '../channel.ts';
import type { SlackApi } from './web-api.ts';

export interface Uploaded {
  readonly shared: readonly Attachment[];
  readonly problems: readonly { readonly file: Attachment; readonly why: string }[];
}

/**
 * Puts files into a thread: an address for each, the bytes to it, and one call that shows all of them there
 * (https://docs.slack.dev/messaging/working-with-files). What fails is said file by file.
 */
export async function uploadFiles(
  api: SlackApi,
  files: readonly Attachment[],
  thread: { readonly channel: string; readonly ts: string },
  signal: AbortSignal,
): Promise<Uploaded> {
  const problems: { file: Attachment; why: string }[] = [];
  const ready: { file: Attachment; id: string }[] = [];
  for (const file of files) {
    const id = await uploadOne(api, file, signal);
    if (id.ok) ready.push({ file, id: id.value });
    else problems.push({ file, why: id.detail });
  }
  if (ready.length === 0) return { shared: [], problems };
  const list = ready.map(({ file, id }) => ({ id, title: cleanLine(file.name, 120) }));
  const where = { channel_id: thread.channel, thread_ts: thread.ts };
  const shown = await api.call('files.completeUploadExternal', { files: list, ...where }, signal);
  if (shown.ok) return { shared: ready.map(({ file }) => file), problems };
  return { shared: [], problems: [...problems, ...ready.map(({ file }) => ({ file, why: shown.detail }))] };
}

async function uploadOne(api: SlackApi, { name, content }: Attachment, signal: AbortSignal): Promise<Outcome<string>> {
  const asked = { filename: cleanLine(name, 120), length: content.byteLength };
  const place = await api.call('files.getUploadURLExternal', asked, signal);
  if (!place.ok) return place;
  const { upload_url: url, file_id: id } = place.value;
  if (typeof url !== 'string' || typeof id !== 'string')
    return failure('invalid_answer', 'Slack gives no address for the upload', { retryable: false });
  const sent = await api.upload(url, content, signal);
  return sent.ok ? { ok: true, value: id } : sent;
}

import type { SendResult } from '../channels/channel.ts';
import type { Job } from '../domain/job.ts';
import { findThread } from '../store/threads.ts';
import { StaleLease } from '../store/unit-of-work.ts';
import { backoffMs, triesAgain } from './backoff.ts';
import { composeNotice } from './compose-notice.ts';
import type { NotifyParts } from './notify-parts.ts';

type RefreshJob = Extract<Job, { kind: 'refresh' }>;

const TIMEOUT_MS = 30_000;

/**
 * Brings the first message on a channel up to date with the incident: its state, and whether there is still something to
 * acknowledge. It tells nobody anything new, so nothing of it stands in the timeline.
 */
export async function refresh(parts: NotifyParts, job: RefreshJob, signal: AbortSignal): Promise<void> {
  const { store } = parts;
  const waitMs = parts.channels.get(job.payload.channel)?.turnInMs?.(job.key, 'update') ?? 0;
  if (waitMs > 0) return store.again(job, store.now() + waitMs, job.payload);
  const result = await update(parts, job, signal);
  if (result === null || result.ok || result.reason === 'not_found') return end(parts, job);
  if (!triesAgain(result, job)) return store.bury(job, result.detail);
  await store.retry(job, store.now() + backoffMs(job.attempts, result.retryAfterMs, parts.random), result.detail);
}

/** Null where there is nothing to bring up to date. */
async function update(parts: NotifyParts, job: RefreshJob, signal: AbortSignal): Promise<SendResult | null> {
  const { channel: name } = job.payload;
  const channel = parts.channels.get(name);
  const incident = await parts.read.byUid(job.incident);
  const thread = await findThread(parts.store.db, job.incident, name);
  if (channel?.update === undefined || incident === null || thread === null) return null;
  const notice = await composeNotice(parts, {
    ...{ id: job.key, incident, channel: name, payload: thread.first, bundle: null, thread: thread.ref },
    at: parts.store.now(),
  });
  return channel.update(notice, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
}

/** Where the incident has changed meanwhile, the job stands anew and is done with the newest state. */
async function end({ store }: NotifyParts, job: RefreshJob): Promise<void> {
  await store
    .transact((unit) => unit.finish(job))
    .catch((error: unknown) => {
      if (!(error instanceof StaleLease)) throw error;
    });
}

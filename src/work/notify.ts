import type { Channel, SendResult } from '../channels/channel.ts';
import type { NoticeBundle } from '../channels/messages/notice-input.ts';
import { wordNotice } from '../channels/messages/word-notice.ts';
import { meetingInvitation } from '../handover/meeting.ts';
import { incidentId, type Incident } from '../domain/incident.ts';
import type { Job } from '../domain/job.ts';
import { failure } from '../domain/result.ts';
import type { Blobs } from '../store/blobs.ts';
import type { ReadModel } from '../store/read-model.ts';
import type { Store } from '../store/store.ts';
import type { PipelineMetrics } from '../telemetry/metrics.ts';

type NotifyJob = Extract<Job, { kind: 'notify' }>;

/** Addresses in messages; null without `--web.external-url`. */
export interface MessageLinks {
  ack(incident: Incident, reader: string): string;
  incident(incident: Incident): string;
  bundle(incident: Incident, n: number): string;
}

export interface NotifyParts {
  readonly store: Store;
  readonly read: ReadModel;
  readonly blobs: Blobs;
  readonly channels: ReadonlyMap<string, Channel>;
  /** Who reads a message on this channel, as the acknowledgement will name them. */
  readonly readerOf: (channel: string, recipient: string) => string;
  readonly links: MessageLinks | null;
  readonly metrics: PipelineMetrics;
  readonly random: () => number;
}

const SEND_TIMEOUT_MS = 30_000;
const BASE_MS = 1_000;
const CAP_MS = 300_000;
/** Tries before a message counts as undeliverable: with the waits above, about three quarters of an hour. */
const TRIES = 15;
/** A message that has not gone out for so long is told to the fallback while it is tried on. */
const LATE_MS = 30_000;

/** The outbox: one try of one message, and what becomes of it. At least once, under a key that stays the same. */
export async function notify(parts: NotifyParts, job: NotifyJob, signal: AbortSignal): Promise<void> {
  const { store, metrics } = parts;
  const { channel: name, recipient, purpose } = job.payload;
  const incident = await parts.read.byUid(job.incident);
  if (incident === null) return store.transact((unit) => unit.finish(job));
  const end = metrics.notificationDuration.startTimer({ channel: name });
  const result = await send(parts, job, incident, signal);
  end();
  if (result.ok) {
    metrics.notifications.inc({ channel: name, result: 'sent' });
    await settle(parts, job, { type: 'notified', channel: name, recipient, purpose, detail: result.detail });
  } else if (result.retryable && job.attempts < TRIES) {
    metrics.notifications.inc({ channel: name, result: 'retried' });
    await later(parts, job, result.detail, result.retryAfterMs);
  } else {
    metrics.notifications.inc({ channel: name, result: 'failed' });
    await settle(parts, job, { type: 'notice_failed', channel: name, recipient, purpose, detail: result.detail });
  }
}

async function send(parts: NotifyParts, job: NotifyJob, incident: Incident, signal: AbortSignal): Promise<SendResult> {
  const { channel: name, recipient, purpose, level, why } = job.payload;
  const channel = parts.channels.get(name);
  if (channel === undefined) return failure('misconfigured', `the channel ${name} is no longer configured`);
  const { links } = parts;
  const reader = parts.readerOf(name, recipient);
  const bundle = await readBundle(parts, incident, job.payload.bundle);
  const notice = wordNotice({
    ...{
      id: job.key,
      purpose,
      incident,
      level,
      why,
      bundle,
      recipient: reader,
      at: job.payload.since ?? parts.store.now(),
    },
    alerts: await parts.read.alerts(incident.uid, 20),
    timeline: await parts.read.timeline(incident.uid),
    ackUrl: links?.ack(incident, reader) ?? null,
    consoleUrl: links?.incident(incident) ?? null,
    bundleUrl: bundle === null ? null : (links?.bundle(incident, bundle.n) ?? null),
  });
  return channel.send(notice, AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]));
}

/** A bundle that cannot be read must not keep the message from going out. */
async function readBundle(parts: NotifyParts, incident: Incident, n: number | null): Promise<NoticeBundle | null> {
  const row = n === null ? null : await parts.read.bundle(incident.uid, n);
  if (row === null) return null;
  const content = await parts.blobs.get(row.sha256).catch(() => null);
  if (content === null) return null;
  return {
    name: `${incidentId(incident)}-handover-${row.n}.zip`,
    content,
    sha256: row.sha256,
    n: row.n,
    meeting: meetingInvitation({ incident, n: row.n, at: row.createdAt, url: null }),
  };
}

async function settle(
  parts: NotifyParts,
  job: NotifyJob,
  command: {
    type: 'notified' | 'notice_failed';
    channel: string;
    recipient: string;
    purpose: NotifyJob['payload']['purpose'];
    detail: string;
  },
): Promise<void> {
  await parts.store.transact(async (unit) => {
    await unit.finish(job);
    await unit.incident(job.incident);
    unit.run(job.incident, command);
  });
}

/** Full jitter up to a growing bound, or what the other side asked for; the fallback hears of it once it is late. */
async function later(parts: NotifyParts, job: NotifyJob, why: string, retryAfterMs: number | undefined): Promise<void> {
  const { store, random } = parts;
  const bound = Math.min(CAP_MS, BASE_MS * 2 ** job.attempts);
  const wait = retryAfterMs === undefined ? BASE_MS / 2 + random() * bound : Math.min(retryAfterMs, CAP_MS);
  const { channel, recipient, purpose } = job.payload;
  const firstTry = job.payload.since ?? store.now();
  const late = store.now() - firstTry >= LATE_MS && job.payload.lateTold !== true && purpose !== 'fallback';
  if (late) {
    await store.transact(async (unit) => {
      await unit.incident(job.incident);
      unit.run(job.incident, { type: 'notice_late', channel, recipient, detail: why });
    });
  }
  await store.postpone(job, store.now() + wait, why, {
    ...job.payload,
    since: firstTry,
    lateTold: late || job.payload.lateTold === true,
  });
}

import type { SendResult, ThreadRef } from '../channels/channel.ts';
import type { NoticeBundle } from '../channels/messages/notice-input.ts';
import { meetingInvitation } from '../handover/meeting.ts';
import { incidentId, type Incident } from '../domain/incident.ts';
import type { Job } from '../domain/job.ts';
import { failure } from '../domain/result.ts';
import type { Command } from '../incidents/command.ts';
import type { Store } from '../store/store.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { faceOf, findThread, keepThread, queueRefresh } from '../store/threads.ts';
import { backoffMs, triesAgain } from './backoff.ts';
import { composeNotice } from './compose-notice.ts';
import type { NotifyParts } from './notify-parts.ts';
import { LATE_MS, putOff } from './put-off.ts';
import { sendTogether } from './send-together.ts';
import type { Turn } from './storm-gate.ts';
import { untilStored } from './until-stored.ts';

type NotifyJob = Extract<Job, { kind: 'notify' }>;

const SEND_TIMEOUT_MS = 30_000;
/** How soon a message looks again whether the one before it has gone out. */
const LOOK_MS = 200;

/** The outbox: one try of one message, and what becomes of it. At least once, under a key that stays the same. */
export async function notify(parts: NotifyParts, job: NotifyJob, signal: AbortSignal): Promise<void> {
  const { store, metrics } = parts;
  const { channel: name, recipient, purpose } = job.payload;
  const incident = await parts.read.byUid(job.incident);
  if (incident === null) return store.transact((unit) => unit.finish(job));
  // To others than its team there is nothing to say about what was found.
  if (purpose === 'evidence' && !parts.mayCarry(incident, name)) return store.transact((unit) => unit.finish(job));
  const heldMs = parts.channels.get(name)?.heldMs?.() ?? 0;
  if (heldMs > LATE_MS && job.payload.lateTold !== true) return waitLong(parts, job, heldMs, signal);
  const waitMs = await notYetMs(parts, job);
  if (waitMs > 0) return store.again(job, store.now() + waitMs, job.payload);
  const urgent = incident.priority === 'P1';
  const turn = await takeTurn(parts, name, urgent);
  if (turn.go === 'together') return sendTogether(parts, job, urgent, signal);
  if (turn.go === 'later') {
    await store.putOffTogether({ channel: name, urgent }, turn.at);
    return store.again(job, turn.at, job.payload);
  }
  const began = job.payload.since ?? store.now();
  const end = metrics.notificationDuration.startTimer({ channel: name });
  const result = await send(parts, job, incident, began, signal);
  end();
  if (!result.ok) parts.storms.giveBack(name, urgent);
  if (result.ok) {
    metrics.notifications.inc({ channel: name, result: 'sent' });
    const said = { type: 'notified', channel: name, recipient, purpose, detail: result.detail } as const;
    await settle(parts, job, said, result.ref === undefined ? null : { ref: result.ref, shown: incident }, signal);
  } else if (triesAgain(result, job)) {
    metrics.notifications.inc({ channel: name, result: 'retried' });
    const backoff = backoffMs(job.attempts, result.retryAfterMs, parts.random);
    await untilStored(() => store.transact((unit) => putOff(unit, job, began, result, backoff)), signal);
  } else {
    metrics.notifications.inc({ channel: name, result: 'failed' });
    await settle(
      parts,
      job,
      { type: 'notice_failed', channel: name, recipient, purpose, detail: result.detail },
      null,
      signal,
    );
  }
}

/** The channel takes nothing, as another message has learnt: this one is late before it is tried, and the fallback hears. */
async function waitLong({ store }: NotifyParts, job: NotifyJob, heldMs: number, signal: AbortSignal): Promise<void> {
  const why = `it asks us to send nothing for ${Math.ceil(heldMs / 60_000)} min`;
  const problem = failure('rate_limited', why, { retryAfterMs: heldMs });
  const began = job.payload.since ?? store.now();
  await untilStored(() => store.transact((unit) => putOff(unit, job, began, problem, heldMs)), signal);
}

/** As many are counted as it takes to know a storm. */
const COUNTED = 200;

async function takeTurn({ store, storms }: NotifyParts, channel: string, urgent: boolean): Promise<Turn> {
  const counts = storms.isBusy(channel, urgent, store.now());
  const waiting = counts ? await store.countTogether({ channel, urgent }, COUNTED) : 0;
  return storms.turn(channel, urgent, store.now(), waiting);
}

/** Milliseconds for which it is not this message's turn; 0 where it may go. */
async function notYetMs({ store, channels }: NotifyParts, job: NotifyJob): Promise<number> {
  if (await isBehindAnother(store, job)) return LOOK_MS;
  return channels.get(job.payload.channel)?.turnInMs?.(job.key, 'send') ?? 0;
}

/**
 * An earlier message of the incident is on its way over this channel: people read them in their order, the page before
 * the lines that explain it, and only the first opens a thread. One that is put off is not waited for.
 */
async function isBehindAnother(store: Store, job: NotifyJob): Promise<boolean> {
  const row = await store.db
    .selectFrom('jobs')
    .select('id')
    .where('incident', '=', job.incident)
    .where('kind', '=', 'notify')
    .where('channel', '=', job.payload.channel)
    .where('id', '<', job.id)
    .where((eb) =>
      eb.or([eb('state', '=', 'leased'), eb.and([eb('state', '=', 'due'), eb('due_at', '<=', store.now())])]),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

async function send(
  parts: NotifyParts,
  job: NotifyJob,
  incident: Incident,
  began: number,
  signal: AbortSignal,
): Promise<SendResult> {
  const { channel: name } = job.payload;
  const channel = parts.channels.get(name);
  if (channel === undefined) return failure('misconfigured', `the channel ${name} is no longer configured`);
  const notice = await composeNotice(parts, {
    ...{ id: job.key, incident, channel: name, payload: job.payload },
    bundle: parts.mayCarry(incident, name) ? await readBundle(parts, incident, job.payload.bundle) : null,
    thread: (await findThread(parts.store.db, incident.uid, name))?.ref ?? null,
    at: began,
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

type Outcome = Extract<Command, { type: 'notified' | 'notice_failed' }>;

/**
 * The result, and where the first message lies, in one transaction. While the store is away the result waits here: put back,
 * the message would go out once more.
 */
async function settle(
  parts: NotifyParts,
  job: NotifyJob,
  outcome: Outcome,
  opened: { readonly ref: ThreadRef; readonly shown: Incident } | null,
  signal: AbortSignal,
): Promise<void> {
  const write = async (unit: UnitOfWork): Promise<void> => {
    await (outcome.type === 'notified' ? unit.finish(job) : unit.bury(job, outcome.detail));
    const incident = await unit.incident(job.incident);
    if (opened !== null && incident !== null) {
      const { channel, recipient, purpose, level, why } = job.payload;
      await keepThread(unit, job.incident, channel, { ref: opened.ref, first: { recipient, purpose, level, why } });
      // Whatever changed while it was under way found no thread to bring up to date.
      if (faceOf(incident) !== faceOf(opened.shown)) queueRefresh(unit, job.incident, channel);
    }
    unit.run(job.incident, outcome);
  };
  await untilStored(() => parts.store.transact(write), signal);
}

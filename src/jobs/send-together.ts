import { createHash } from 'node:crypto';
import type { SendResult } from '../channels/channel.ts';
import { digestNotice, type DigestLine } from '../channels/messages/digest.ts';
import type { Category } from '../domain/category.ts';
import { incidentId } from '../domain/incident.ts';
import type { Job } from '../domain/job.ts';
import { failure } from '../domain/result.ts';
import { uuidv7 } from '../inbox/uuidv7.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { incidentLines, type IncidentLine } from '../store/waiting-messages.ts';
import { backoffMs, triesAgain } from './backoff.ts';
import type { NotifyParts } from './notify-parts.ts';
import { putOff } from './put-off.ts';
import { untilStored } from './until-stored.ts';

type NotifyJob = Extract<Job, { kind: 'notify' }>;

const SEND_TIMEOUT_MS = 30_000;
/** As many are put together at once; a lease covers the message and what is written after it. */
const MOST = 10_000;
const LEASE_MS = 120_000;
/** So many results a transaction, so that others have their turn between them. */
const RESULTS = 200;

/**
 * Sends one message for `first` and all that wait on its channel, P1s and others apart, and puts on record for each
 * incident that its people were told. At least once: after a crash in between, what is not on record is told again.
 */
export async function sendTogether(
  parts: NotifyParts,
  first: NotifyJob,
  urgent: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { channel } = first.payload;
  const others = await parts.store.claimTogether({ channel, urgent }, MOST, LEASE_MS);
  const jobs = [first, ...(others as NotifyJob[])];
  const lines = await incidentLines(parts.store.db, [...new Set(jobs.map(({ incident }) => incident))]);
  const began = parts.store.now();
  const result = await send(parts, channel, jobs, lines, signal);
  if (result.ok)
    parts.storms.toldTogether(channel, urgent, parts.store.now(), { many: lines.length, full: jobs.length > MOST });
  parts.metrics.notifications.inc({ channel, result: resultOf(result, first) });
  const detail = `${result.detail} (one message for ${lines.length} incidents)`;
  for (let start = 0; start < jobs.length; start += RESULTS)
    await untilStored(() => record(parts, jobs.slice(start, start + RESULTS), result, detail, began), signal);
}

function resultOf(result: SendResult, job: NotifyJob): 'sent' | 'retried' | 'failed' {
  if (result.ok) return 'sent';
  return triesAgain(result, job) ? 'retried' : 'failed';
}

async function send(
  parts: NotifyParts,
  name: string,
  jobs: readonly NotifyJob[],
  lines: readonly IncidentLine[],
  signal: AbortSignal,
): Promise<SendResult> {
  const channel = parts.channels.get(name);
  if (channel === undefined) return failure('misconfigured', `the channel ${name} is no longer configured`);
  const now = parts.store.now();
  const notice = digestNotice({
    id: createHash('sha256')
      .update(jobs.map(({ key }) => key).join('\n'))
      .digest('hex'),
    uid: uuidv7(now),
    lines: lines.map((line) => toDigestLine(line, parts.mayCarry(line, name))),
    listUrl: parts.links?.list() ?? null,
    at: now,
  });
  return channel.send(notice, AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]));
}

function toDigestLine({ uid, number, title, status, level, priority, category }: IncidentLine, open: boolean) {
  const line = {
    uid,
    id: incidentId({ number }),
    title,
    status,
    level,
    priority,
    category: category as Category,
    open,
  };
  return line as DigestLine;
}

/** What became of the message. Of each incident by itself: one that another has claimed since holds up no other. */
async function record(
  parts: NotifyParts,
  jobs: readonly NotifyJob[],
  result: SendResult,
  detail: string,
  began: number,
): Promise<void> {
  const jitter = parts.random();
  await parts.store.transact(async (unit) => {
    await unit.incidents(jobs.map(({ incident }) => incident));
    if (result.ok) {
      for (const { incident, payload } of (await unit.finishAll(jobs)) as NotifyJob[]) {
        const { channel, recipient, purpose } = payload;
        unit.run(incident, { type: 'notified', channel, recipient, purpose, detail });
      }
      return;
    }
    const problem = { ...result, detail };
    for (const job of (await unit.holdAll(jobs)) as NotifyJob[]) {
      // The same chance for all, so that they go together again.
      const backoff = backoffMs(job.attempts, result.retryAfterMs, () => jitter);
      if (triesAgain(result, job)) await putOff(unit, job, job.payload.since ?? began, problem, backoff);
      else await giveUp(unit, job, detail);
    }
  });
}

async function giveUp(unit: UnitOfWork, job: NotifyJob, detail: string): Promise<void> {
  const { channel, recipient, purpose } = job.payload;
  await unit.bury(job, detail);
  unit.run(job.incident, { type: 'notice_failed', channel, recipient, purpose, detail });
}

import { setTimeout as pause } from 'node:timers/promises';
import type { Inbox } from '../inbox/inbox.ts';
import { sweepBlobs, type BlobSweepParts } from './sweep-blobs.ts';

/** How long things are kept, in milliseconds; what is left out is kept for ever. */
export interface Retention {
  readonly deliveries?: number | undefined;
  readonly evidence?: number | undefined;
}

export interface RetentionParts extends BlobSweepParts {
  readonly inbox: Inbox;
  readonly retention: () => Retention;
  /** Up to which delivery the store has taken. */
  readonly taken: () => Promise<number>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: {
    info(message: string, fields: Record<string, unknown>): void;
    warn(message: string, fields: Record<string, unknown>): void;
  };
}

/** Between batches, so that whoever sends or looks waits for one at most. */
const PAUSE_MS = 50;
/** Each hour, at a minute at which few others do anything. */
const HOURLY = '17 * * * *';

export interface RetentionKeeper {
  /** The configuration may say something else now. */
  reconsider(): Promise<void>;
  stop(): Promise<void>;
}

/** Lets go what is past its retention, hourly. Its clock is loaded only where anything is configured. */
export function keepRetention(parts: RetentionParts, when = HOURLY): RetentionKeeper {
  const ending = new AbortController();
  let task: { destroy(): unknown } | null = null;
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    running = sweep(parts, ending.signal).catch((error: unknown) =>
      parts.log.warn('what is past its retention could not be let go; trying again in an hour', {
        error: String(error),
      }),
    );
    await running;
  };
  return {
    async reconsider() {
      const { deliveries, evidence } = parts.retention();
      if (task !== null || ending.signal.aborted || (deliveries === undefined && evidence === undefined)) return;
      const { schedule } = await import('node-cron');
      task ??= schedule(when, run, { noOverlap: true, suppressMissedWarning: true });
    },
    async stop() {
      ending.abort();
      task?.destroy();
      await running;
    },
  };
}

/** Everything that is due now. */
export async function sweep(parts: RetentionParts, signal?: AbortSignal): Promise<void> {
  const { deliveries, evidence } = parts.retention();
  const now = parts.now();
  const forgotten = deliveries === undefined ? 0 : await forgetDeliveries(parts, now - deliveries, signal);
  const removed = evidence === undefined ? 0 : await sweepBlobs(parts, now - evidence, signal);
  if (forgotten + removed > 0)
    parts.log.info('let go what is past its retention', { deliveries: forgotten, evidence: removed });
}

/** Never one that was not taken: nobody has looked at it yet. */
async function forgetDeliveries(parts: RetentionParts, before: number, signal?: AbortSignal): Promise<number> {
  const upTo = await parts.taken();
  for (let all = 0; ;) {
    const count = await parts.inbox.forget(before, upTo);
    all += count;
    if (count === 0 || signal?.aborted === true) return all;
    await pause(PAUSE_MS);
  }
}

import { setImmediate as turn } from 'node:timers/promises';
import type { Job, JobKind } from './domain/job.ts';
import type { AnswersFirst } from './jobs/answers-first.ts';
import type { BatchSize } from './jobs/batch-size.ts';
import { collectEvidence, type EvidenceParts } from './jobs/collect-evidence.ts';
import { inTurn } from './jobs/in-turn.ts';
import { notify } from './jobs/notify.ts';
import type { NotifyParts } from './jobs/notify-parts.ts';
import { expireAlerts, type ExpireParts } from './jobs/expire-alerts.ts';
import { packHandover, type HandoverParts } from './jobs/pack-handover.ts';
import { passDeadline } from './jobs/pass-deadline.ts';
import { refresh } from './jobs/refresh.ts';
import type { FixParts } from './jobs/plan-attempt.ts';
import { runFix } from './jobs/run-fix.ts';
import { Runner, type Lane } from './jobs/runner.ts';
import { setAside } from './jobs/set-aside.ts';
import { tellRefused, type RefusedParts } from './jobs/tell-refused.ts';
import { takeDeliveries, type TakeParts } from './jobs/take-deliveries.ts';
import { watchHeartbeats } from './jobs/watch-heartbeats.ts';
import { verifyFix } from './jobs/verify-fix.ts';
import type { Queued } from './store/jobs.ts';

/** Everything that the pipeline works with; `app.ts` and `engine/` choose the implementations. */
export type House = TakeParts &
  RefusedParts &
  ExpireParts &
  EvidenceParts &
  FixParts &
  HandoverParts &
  NotifyParts & {
    readonly batch: BatchSize;
    readonly answersFirst: AnswersFirst;
  };

/** How much of each kind of work runs at once. A claim is good for longer than its longest effect. */
const LANES: readonly Lane[] = [
  { kinds: ['deadline'], concurrency: 4, leaseMs: 30_000 },
  { kinds: ['evidence'], concurrency: 16, leaseMs: 180_000 },
  { kinds: ['handover'], concurrency: 2, leaseMs: 60_000 },
  { kinds: ['verify'], concurrency: 8, leaseMs: 30_000 },
  { kinds: ['fix'], concurrency: 4, leaseMs: 3_600_000 },
];

/**
 * Each channel is worked on apart, so that one that hangs holds up no other. One message after the other: what was under
 * way at a crash is sent once more, and that shall be one at most; a slow one is not waited for.
 */
function messageLane(channel: string): Lane {
  return { kinds: ['notify', 'refresh'], concurrency: 8, patienceMs: 2_000, leaseMs: 60_000, which: { channel } };
}

/** How often it looks for alerts that were not sent again in time. */
const EXPIRE_EVERY_MS = 1_000;
/** How often it looks for messages of channels that are gone from the configuration: they go to the fallback. */
const STRAY_EVERY_MS = 10_000;

/** How often it looks for what proven senders sent and we refused. */
const REFUSED_EVERY_MS = 1_000;

/** Under load this is asked hundreds of times a second. @returns a question that is answered yes at first, and then at most so often */
function every(ms: number): () => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last < ms) return false;
    last = now;
    return true;
  };
}

export interface Pipeline {
  /**
   * Takes all deliveries that are on disk and not yet taken; then ends what was not sent again in time.
   * @param isOver asked between batches: what is left then is taken after the next start
   */
  advance(isOver?: () => boolean): Promise<void>;
  /** Begins to do what is due. */
  start(): void;
  /** Why due work may not be done; null while it is. */
  trouble(): string | null;
  /** Work was queued; null where it is not known which. */
  wake(queued: readonly Queued[] | null): void;
  /** Messages go out over these channels too from now on. */
  serve(channels: Iterable<string>): void;
  stop(): Promise<void>;
}

/**
 * The product in one screen. Three transactions carry everything:
 *
 * 1. **receive** (`http/webhooks.ts`, in the receiving thread): the raw delivery is committed to the inbox, many in one
 *    fsync; only then is each answered with 200.
 * 2. **advance**: delivery → alerts → incident → timeline and due work, and how far we have read, in one commit.
 *    Correlating and deciding are pure (`incidents/`).
 * 3. **act**: a job is claimed under a lease, its effect is done outside, and its result is decided upon and committed.
 *
 * Nothing is sent that is not on disk, and nothing waits in memory that would matter after `kill -9`.
 */
export function createPipeline(house: House): Pipeline {
  const act: { readonly [K in JobKind]: (job: Extract<Job, { kind: K }>, signal: AbortSignal) => Promise<void> } = {
    deadline: (job) => passDeadline(house, job), //             time is up: escalate, resolve, reopen, close
    notify: (job, signal) => notify(house, job, signal), //     tell people over a channel
    refresh: (job, signal) => refresh(house, job, signal), //   the first message shows how it stands
    evidence: (job, signal) => collectEvidence(house, job, signal), // the log lines that explain it
    fix: (job, signal) => runFix(house, job, signal), //        the known fix, at most once, under guard rails
    verify: (job, signal) => verifyFix(house, job, signal), //  did it help? asked of an independent probe
    handover: (job) => packHandover(house, job), //             everything attached, for Level 3
  };
  const runner = new Runner({
    store: house.store,
    lanes: LANES,
    handle: (job, signal) => (act[job.kind] as (job: Job, signal: AbortSignal) => Promise<void>)(job, signal),
    setAside: (job, why) => setAside(house.store, job, why),
    log: house.log,
  });
  const served = new Set<string>();
  const serve = (channels: Iterable<string>): void => {
    for (const channel of channels) {
      if (!served.has(channel)) runner.add(messageLane(channel));
      served.add(channel);
    }
  };
  const upSince = house.store.now();
  const expiryIsDue = every(EXPIRE_EVERY_MS);
  const strayIsDue = every(STRAY_EVERY_MS);
  const refusedIsDue = every(REFUSED_EVERY_MS);
  /** Prometheus no longer vouches for them. */
  const endUnsent = async (isOver: () => boolean): Promise<void> => {
    while (!isOver() && (await expireAlerts(house, upSince))) await turn();
  };
  return {
    async advance(isOver = () => false) {
      while (!isOver() && (await takeDeliveries(house, house.batch))) {
        await turn();
        await house.answersFirst.rest();
      }
      const lookForEnds = expiryIsDue();
      await inTurn([
        async () => void (strayIsDue() && serve(await house.store.waitingChannels())),
        async () => void (refusedIsDue() && (await tellRefused(house))),
        async () => void (lookForEnds && (await endUnsent(isOver))),
        async () => void (lookForEnds && (await watchHeartbeats(house, upSince))),
      ]);
    },
    start() {
      serve(house.channels.keys());
      runner.start();
    },
    serve,
    trouble: () => runner.trouble,
    wake: (queued) => runner.wake(queued),
    stop: () => runner.stop(),
  };
}

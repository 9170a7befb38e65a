import type { Job, JobKind } from '../domain/job.ts';
import type { Queued, Which } from '../store/jobs.ts';
import type { Store } from '../store/store.ts';
import { isStoreTrouble } from '../store/store-trouble.ts';
import { untilStored } from './until-stored.ts';
import { StaleLease } from '../store/unit-of-work.ts';

/** Does one claimed job: its effect outside, then its result in one transaction that ends the job (or puts it back). */
export type Handler = (job: Job, signal: AbortSignal) => Promise<void>;

/** Kinds of work that share a limit on how much runs at once. */
export interface Lane {
  readonly kinds: readonly JobKind[];
  readonly concurrency: number;
  /** With this, the next is begun only when the one before has ended or has taken so long. */
  readonly patienceMs?: number;
  /** How long a claim is good; longer than the longest effect, as after it another may take over. */
  readonly leaseMs: number;
  /** Only these of its messages; all where it says nothing. */
  readonly which?: Which;
}

export interface RunnerParts {
  readonly store: Store;
  readonly lanes: readonly Lane[];
  readonly handle: Handler;
  /** Work that broke five times: it is buried, and people hear of it. */
  readonly setAside: (job: Job, why: string) => Promise<void>;
  readonly log: (message: string, fields: Record<string, unknown>) => void;
}

/** Tries before work that throws (a bug, not an expected failure) is set aside. */
const TRIES = 5;
/** The longest sleep: a deadline lies in the store, a timer only wakes us to look. */
const LOOK_EVERY_MS = 1_000;
const STOP_WITHIN_MS = 10_000;
const STORE_TROUBLE_MS = 2_000;

/** Claims due work and has it done, lane by lane, until it is stopped. */
export class Runner {
  readonly #parts: RunnerParts;
  /** What runs in each lane, and since when. */
  readonly #running = new Map<Lane, Map<Promise<void>, number>>();
  readonly #abort = new AbortController();
  readonly #timers = new Map<Lane, NodeJS.Timeout>();
  readonly #looking = new Set<Lane>();
  readonly #again = new Set<Lane>();
  readonly #soon = new Set<Lane>();
  readonly #filling = new Set<Promise<void>>();
  /** Lanes for which the store could last not be asked for work, and why. */
  readonly #unasked = new Map<Lane, string>();
  #stopped = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    for (const lane of parts.lanes) this.#running.set(lane, new Map());
  }

  start(): void {
    this.wake();
  }

  /** One more lane, worked on from now. */
  add(lane: Lane): void {
    this.#running.set(lane, new Map());
    void this.#look(lane);
  }

  /** Something may have become due: one of these, or anything where it is not known what. */
  wake(queued: readonly Queued[] | null = null): void {
    for (const lane of this.#running.keys())
      if (queued === null || queued.some((one) => isDueSoon(one, lane))) this.#lookSoon(lane);
  }

  /** Why work that is due may not be begun; null while all can be. */
  get trouble(): string | null {
    const [why = null] = this.#unasked.values();
    return why;
  }

  /** Takes nothing new, waits for what runs, and aborts what takes too long; what is left comes again after a restart. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#filling); // what is being claimed now is put back
    for (const timer of this.#timers.values()) clearTimeout(timer);
    const all = [...this.#running.values()].flatMap((running) => [...running.keys()]);
    const timer = setTimeout(() => this.#abort.abort(), STOP_WITHIN_MS);
    await Promise.allSettled(all);
    clearTimeout(timer);
  }

  /** Results are committed together, so that much ends in one moment: it is claimed anew together as well. */
  #lookSoon(lane: Lane): void {
    if (this.#soon.has(lane)) return;
    this.#soon.add(lane);
    setImmediate(() => {
      this.#soon.delete(lane);
      void this.#look(lane);
    });
  }

  async #look(lane: Lane): Promise<void> {
    if (this.#stopped) return;
    if (this.#looking.has(lane)) {
      this.#again.add(lane);
      return;
    }
    this.#looking.add(lane);
    try {
      const filling = this.#fill(lane);
      this.#filling.add(filling);
      await filling.finally(() => this.#filling.delete(filling));
    } catch (error) {
      this.#unasked.set(lane, error instanceof Error ? error.message : String(error));
      this.#parts.log('the store could not be asked for work', { error: String(error) });
      this.#sleep(lane, LOOK_EVERY_MS);
    } finally {
      this.#looking.delete(lane);
    }
    if (this.#again.delete(lane)) void this.#look(lane);
  }

  async #fill(lane: Lane): Promise<void> {
    const running = this.#running.get(lane) ?? new Map<Promise<void>, number>();
    const { store } = this.#parts;
    const room = roomIn(lane, running);
    const jobs = room === 0 ? [] : await store.claim(lane.kinds, room, lane.leaseMs, lane.which);
    if (room > 0) this.#unasked.delete(lane);
    if (this.#stopped) {
      for (const job of jobs) await store.again(job, job.dueAt, job.payload);
      return;
    }
    for (const job of jobs) {
      const work = this.#do(job).finally(() => {
        running.delete(work);
        this.#lookSoon(lane);
      });
      running.set(work, performance.now());
    }
    if (running.size >= lane.concurrency) return; // the next that ends looks again
    if (roomIn(lane, running) === 0) return this.#sleep(lane, lane.patienceMs ?? LOOK_EVERY_MS);
    const due = await store.nextDue(lane.kinds, lane.which);
    this.#sleep(lane, due === null ? LOOK_EVERY_MS : Math.min(LOOK_EVERY_MS, Math.max(0, due - store.now())));
  }

  #sleep(lane: Lane, ms: number): void {
    clearTimeout(this.#timers.get(lane));
    if (!this.#stopped)
      this.#timers.set(
        lane,
        setTimeout(() => void this.#look(lane), ms),
      );
  }

  async #do(job: Job): Promise<void> {
    try {
      await this.#parts.handle(job, this.#abort.signal);
    } catch (error) {
      this.#tell(job, error);
      // Left under its lease it would wait until that runs out, long after the store is back.
      await untilStored(() => this.#broke(job, error), this.#abort.signal).catch((again: unknown) => {
        this.#parts.log('a failed job could not be put back; its lease will run out', {
          job: job.id,
          kind: job.kind,
          error: String(again),
        });
      });
    }
  }

  #tell({ id, kind, attempts }: Job, error: unknown): void {
    if (error instanceof StaleLease) return this.#parts.log(error.message, { job: id, kind });
    const [why, stack] = error instanceof Error ? [error.message, error.stack] : [String(error), undefined];
    this.#parts.log('work broke', { job: id, kind, attempt: attempts, error: why, stack });
  }

  async #broke(job: Job, error: unknown): Promise<void> {
    const { store, setAside } = this.#parts;
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof StaleLease) return;
    // A full disk is no fault of the work: it waits for better times, and its tries do not count.
    if (isStoreTrouble(error)) await store.again(job, store.now() + STORE_TROUBLE_MS, job.payload);
    else if (job.attempts < TRIES) await store.retry(job, store.now() + 500 * 2 ** job.attempts, why);
    else await setAside(job, why);
  }
}

/** Whether a lane has to look for it before it looks by itself: most of what a storm queues are deadlines of later. */
function isDueSoon({ kind, channel, inMs }: Queued, { kinds, which }: Lane): boolean {
  return inMs < LOOK_EVERY_MS && kinds.includes(kind) && (which?.channel ?? channel) === channel;
}

/** How many jobs may begin now. */
function roomIn({ concurrency, patienceMs }: Lane, running: ReadonlyMap<Promise<void>, number>): number {
  const free = concurrency - running.size;
  if (patienceMs === undefined) return free;
  const young = [...running.values()].some((since) => performance.now() - since < patienceMs);
  return young ? 0 : Math.min(1, free);
}

import { Worker } from 'node:worker_threads';
import type { CollectedLogs, LogFacts } from '../collected.ts';
import type { CollectorSettings, FromCollector, ToCollector } from './messages.ts';

/** Why a thread is no more: it needed too much memory, did not answer in time, broke, or was closed by us. */
export type Death = 'memory' | 'silence' | 'mistake' | 'closed';
export type Answer = { readonly collected: CollectedLogs } | { readonly death: Death };

export interface CollectorLimits {
  /** Of its heap, in megabytes. */
  readonly memoryMb: number;
  /** From one answer to the next, or to the first, where one question waits; … */
  readonly patienceMs: number;
  /** … and so much more for each other question: they take turns at the store. */
  readonly eachMs: number;
}

/** What is soon forgotten fits into little: with 24 the process grew by 40 MB more. */
const YOUNG_MB = 6;

/** One thread that reads logs, until it dies or is ended. */
export class CollectorWorker {
  readonly #worker: Worker;
  readonly #limits: CollectorLimits;
  readonly #tell: (error: Error) => void;
  /** How those who wait hear, by the number of their question. */
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #silence: NodeJS.Timeout | undefined;
  #serial = 0;
  #death: Death | null = null;

  /**
   * @param entry the program of the thread
   * @param tell hears of what no question was meant to do to it
   */
  constructor(entry: URL, settings: CollectorSettings, limits: CollectorLimits, tell: (error: Error) => void) {
    this.#limits = limits;
    this.#tell = tell;
    this.#worker = new Worker(entry, {
      workerData: settings,
      resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb, maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.#worker.unref();
    this.#worker.on('message', ({ id, collected }: FromCollector) => this.#waiting.get(id)?.({ collected }));
    this.#worker.on('error', (error: Error & { code?: string }) => {
      tell(error);
      this.#die(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'mistake');
    });
    this.#worker.on('exit', (code) => {
      if (!this.isDead) tell(new Error(`it ended by itself, with status ${code}`));
      this.#die('mistake');
    });
  }

  get isDead(): boolean {
    return this.#death !== null;
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0;
  }

  /** @returns the logs, or what the thread died of before it had them */
  ask(facts: LogFacts, signal: AbortSignal): Promise<Answer> {
    if (this.#death !== null) return Promise.resolve({ death: this.#death });
    this.#serial += 1;
    const id = this.#serial;
    const callOff = (): void => this.#say({ type: 'call off', id });
    this.#worker.ref();
    return new Promise((resolve) => {
      const answer = (given: Answer): void => {
        signal.removeEventListener('abort', callOff);
        this.#waiting.delete(id);
        this.#listen();
        if (this.isIdle) this.#worker.unref();
        resolve(given);
      };
      this.#waiting.set(id, answer);
      this.#listen();
      this.#say({ type: 'collect', id, facts });
      signal.addEventListener('abort', callOff, { once: true });
      if (signal.aborted) callOff();
    });
  }

  /** Whoever still waits hears of this death. */
  async end(death: Death = 'closed'): Promise<void> {
    this.#die(death);
    await this.#worker.terminate();
  }

  #die(death: Death): void {
    this.#death ??= death;
    for (const answer of [...this.#waiting.values()]) answer({ death: this.#death });
  }

  /** It gets on as long as answers come: whoever waits behind many others need not mean that it hangs. */
  #listen(): void {
    clearTimeout(this.#silence);
    if (this.isIdle) return;
    const { patienceMs, eachMs } = this.#limits;
    const withinMs = patienceMs + (this.#waiting.size - 1) * eachMs;
    this.#silence = setTimeout(() => {
      this.#tell(new Error(`it gave no answer within ${withinMs} ms and was ended`));
      void this.end('silence');
    }, withinMs);
  }

  #say(message: ToCollector): void {
    this.#worker.postMessage(message);
  }
}

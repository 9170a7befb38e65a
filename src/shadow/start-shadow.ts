import { Worker } from 'node:worker_threads';
import type { Config } from '../config/schema.ts';
import type { StorageAddress } from '../store/open-storage.ts';
import type { Logger } from '../telemetry/logger.ts';
import { threadEntry } from '../thread-entry.ts';
import type { FromShadow, ShadowSettings } from './messages.ts';
import type { ShadowFinding, ShadowReport } from './report.ts';

export interface ShadowOptions {
  readonly storage: StorageAddress;
  readonly log: Pick<Logger, 'warn'>;
  readonly now: () => number;
  /** How long one incident may take. */
  readonly patienceMs?: number;
  readonly restartMs?: number;
  /** The program of the thread. */
  readonly entry?: URL;
}

/** The shadow rules beside the running bridge. Whatever goes wrong in them, the bridge goes on. */
export interface Shadow {
  /** Runs the shadow rules of this configuration from here on, from the beginning; none where it names none. */
  use(config: Config): void;
  /** Null where the configuration names none. */
  report(): ShadowReport | null;
  stop(): Promise<void>;
}

/** How many incidents are kept, the newest ones. */
const KEPT = 500;
const MEMORY_MB = 256;
const PATIENCE_MS = 30_000;
/** After the first death; each time twice as long, until an incident was compared again. */
const RESTART_MS = 10_000;
const LONGEST_RESTART_MS = 600_000;

const ENTRY = threadEntry('shadow-thread', import.meta.url);

export function createShadow(options: ShadowOptions): Shadow {
  let present: ShadowRun | null = null;
  return {
    use(config) {
      void present?.stop();
      const { shadow } = config;
      present = shadow === undefined ? null : new ShadowRun(config, shadow, options);
    },
    report: () => present?.report() ?? null,
    stop: async () => present?.stop(),
  };
}

/** One pair of rule sets, for as long as both are configured; its thread may die and is begun anew. */
class ShadowRun {
  readonly #options: ShadowOptions;
  readonly #running: Config;
  readonly #shadow: NonNullable<Config['shadow']>;
  readonly #since: number;
  readonly #findings = new Map<number, ShadowFinding>();
  readonly #skipped = new Map<number, string>();
  /** Incidents that a thread did not survive. */
  readonly #deadly: number[] = [];
  /** Since an incident was last compared. */
  #deaths = 0;
  #behind = 0;
  #trouble = '';
  #at: number | null = null;
  #worker: Worker | null = null;
  #patience: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(running: Config, shadow: NonNullable<Config['shadow']>, options: ShadowOptions) {
    this.#options = options;
    this.#running = running;
    this.#shadow = shadow;
    this.#since = options.now();
    this.#start();
  }

  report(): ShadowReport {
    const newest = <T>(map: ReadonlyMap<number, T>): [number, T][] => [...map].sort(([a], [b]) => b - a);
    return {
      ...{ rules: this.#shadow.rules, since: this.#since, behind: this.#behind, trouble: this.#trouble },
      findings: newest(this.#findings).map(([, finding]) => finding),
      skipped: newest(this.#skipped).map(([number, why]) => ({ number, why })),
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#patience);
    clearTimeout(this.#restart);
    await this.#worker?.terminate();
  }

  #start(): void {
    const { entry = ENTRY, storage } = this.#options;
    const { shadow: _shadow, ...running } = this.#running;
    const settings: ShadowSettings = { storage, running, shadow: this.#shadow.config, skip: this.#deadly };
    const limits = { maxOldGenerationSizeMb: MEMORY_MB };
    const worker = new Worker(entry, { name: 'shadow', workerData: settings, resourceLimits: limits });
    worker.unref();
    let why = 'its thread ended';
    worker.on('message', (message: FromShadow) => this.#hear(message));
    worker.on('error', (error: Error) => (why = error.message));
    worker.on('exit', () => this.#ended(why));
    this.#worker = worker;
  }

  #hear(message: FromShadow): void {
    clearTimeout(this.#patience);
    this.#at = null;
    switch (message.type) {
      case 'begins': {
        this.#at = message.number;
        const { patienceMs = PATIENCE_MS } = this.#options;
        this.#patience = setTimeout(() => void this.#worker?.terminate(), patienceMs).unref();
        return;
      }
      case 'compared':
        this.#deaths = 0;
        this.#skipped.delete(message.finding.number);
        this.#findings.set(message.finding.number, message.finding);
        break;
      case 'skipped':
        this.#findings.delete(message.number);
        this.#skipped.set(message.number, message.why);
        break;
      case 'trouble':
        this.#trouble = message.why;
        return;
    }
    this.#trouble = '';
    this.#behind = message.behind;
    for (const map of [this.#findings, this.#skipped]) if (map.size > KEPT) map.delete(Math.min(...map.keys()));
  }

  /** It is begun anew, without what it died of. */
  #ended(why: string): void {
    clearTimeout(this.#patience);
    if (this.#stopped) return;
    if (this.#at !== null) {
      this.#deadly.push(this.#at);
      this.#findings.delete(this.#at);
      this.#skipped.set(this.#at, 'the shadow rules did not come to an end with it');
    }
    this.#trouble = `${why}; it is begun anew`;
    this.#options.log.warn('the shadow rules broke off; the bridge itself goes on', { why, incident: this.#at });
    this.#at = null;
    const waitMs = Math.min(LONGEST_RESTART_MS, (this.#options.restartMs ?? RESTART_MS) * 2 ** this.#deaths);
    this.#deaths += 1;
    this.#restart = setTimeout(() => this.#start(), waitMs).unref();
  }
}

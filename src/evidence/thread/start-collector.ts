import { threadEntry } from '../../thread-entry.ts';
import { unavailable, type CollectedLogs, type LogFacts } from '../collected.ts';
import type { Collector } from '../collector.ts';
import { commonParts } from '../common-parts.ts';
import { NO_LOG_STORE } from '../log-store.ts';
import { CollectorWorker, type CollectorLimits, type Death } from './collector-worker.ts';
import type { CollectorSettings } from './messages.ts';

export interface CollectorOptions extends Partial<CollectorLimits> {
  /** How long the thread is kept when there is nothing to read. */
  readonly idleMs?: number;
  /** The program of the thread. */
  readonly entry?: URL;
  /** Hears of each thread that broke, for the log. */
  readonly tell?: (error: Error) => void;
}

/** Longer than answers are shared (`shelter/`), and than the second look takes to come. */
const IDLE_MS = 100_000;
/** On top of what the stores may take, for what waits its turn and for the mining. */
const GRACE_MS = 15_000;
const LEAST_MEMORY_MB = 256;
/** A byte of JSON takes sixteen at worst (`{},{},…`), and two answers are read at once. */
const MEMORY_PER_BYTE = 32;

const ENTRY = threadEntry('collector-thread', import.meta.url);

/**
 * Reads logs in a thread of its own: begun with the first question, ended when there has been none for a while, as an
 * idle bridge is to be small. A thread that dies costs nobody but the question that it died of: the others are asked
 * again, one at a time.
 */
export function startCollector(settings: CollectorSettings, options: CollectorOptions = {}): Collector {
  const stores = settings.stores.map(commonParts);
  const limits = { ...limitsFor(stores.map(({ budget }) => budget)), ...options };
  const { entry = ENTRY, tell = () => undefined } = options;
  let worker: CollectorWorker | null = null;
  let idle: NodeJS.Timeout | undefined;
  let closed = false;
  let oneAtATime: Promise<unknown> = Promise.resolve();

  function present(): CollectorWorker {
    clearTimeout(idle);
    if (worker === null || worker.isDead) worker = new CollectorWorker(entry, settings, limits, tell);
    return worker;
  }

  async function ask(facts: LogFacts, signal: AbortSignal): Promise<CollectedLogs | Death> {
    if (closed) return 'closed';
    const answer = await present().ask(facts, signal);
    clearTimeout(idle);
    if (worker?.isIdle === true) idle = setTimeout(() => void worker?.end(), options.idleMs ?? IDLE_MS).unref();
    return 'collected' in answer ? answer.collected : answer.death;
  }

  async function askAlone(facts: LogFacts, signal: AbortSignal): Promise<CollectedLogs | Death> {
    const turn = oneAtATime.then(() => ask(facts, signal));
    oneAtATime = turn.catch(() => undefined);
    return turn;
  }

  return {
    async collect(facts, signal) {
      const store = stores.find(({ serves }) => serves(facts.labels))?.name;
      if (store === undefined) return unavailable(facts, '', NO_LOG_STORE);
      const first = await ask(facts, signal);
      // Silence has cost too much time already; the second look comes soon.
      const collected = first === 'memory' || first === 'mistake' ? await askAlone(facts, signal) : first;
      if (typeof collected !== 'string') return collected;
      return unavailable(facts, store, speakDeath(collected, store, limits));
    },
    async close() {
      closed = true;
      clearTimeout(idle);
      await worker?.end();
    },
  };
}

function limitsFor(budgets: readonly { readonly timeMs: number; readonly bytes: number }[]): CollectorLimits {
  const most = (values: readonly number[]): number => Math.max(0, ...values);
  const timeMs = most(budgets.map((budget) => budget.timeMs));
  return {
    memoryMb: Math.max(LEAST_MEMORY_MB, Math.ceil((most(budgets.map(({ bytes }) => bytes)) * MEMORY_PER_BYTE) / 1e6)),
    patienceMs: 2 * timeMs + GRACE_MS,
    eachMs: timeMs, // two searches, its peers' included, where two are made at once (`shelter/`)
  };
}

function speakDeath(death: Death, store: string, { memoryMb, patienceMs }: CollectorLimits): string {
  const next = 'they are looked for once more in a minute; until then look into it by hand';
  switch (death) {
    case 'memory':
      return `The logs of "${store}" took more than the ${memoryMb} MB that reading them may take, twice: make \`budget.bytes\` and \`budget.documents\` of this store smaller. If this is new, ${next}.`;
    case 'silence':
      return `Reading the logs of "${store}" took longer than ${Math.round(patienceMs / 1_000)} s and was broken off: ${next}, and make its \`budget\` smaller if it comes again.`;
    case 'mistake':
      return `The logs of "${store}" could not be read because of a mistake in the bridge itself, twice: please report it; ${next}.`;
    case 'closed':
      return `Reading the logs of "${store}" was broken off because the configuration was exchanged: ${next}.`;
  }
}

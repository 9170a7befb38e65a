import { collectLogs } from './collect.ts';
import type { CollectedLogs, LogFacts } from './collected.ts';
import type { LogStore } from './log-store.ts';
import type { Redactor } from './redact.ts';

/** Reads the logs of incidents, in whatever thread. */
export interface Collector {
  /** Never throws: why there are no logs is part of the evidence. */
  collect(facts: LogFacts, signal: AbortSignal): Promise<CollectedLogs>;
  close(): Promise<void>;
}

/** Reads in the thread that calls it. It closes these stores when it is closed. */
export function createCollector(stores: readonly LogStore[], redact: Redactor): Collector {
  return {
    collect: (facts, signal) => collectLogs(facts, stores, redact, signal),
    close: async () => void (await Promise.allSettled(stores.map((store) => store.close()))),
  };
}

import type { CollectedLogs, LogFacts } from '../collected.ts';
import type { LogStoreConfig } from '../registry.ts';

/** What the thread that reads logs is given at its start: plain data. */
export interface CollectorSettings {
  readonly stores: readonly LogStoreConfig[];
  /** The key of the redactor. */
  readonly secret: Uint8Array;
}

export type ToCollector =
  | { readonly type: 'collect'; readonly id: number; readonly facts: LogFacts }
  /** Nobody waits for this one any more. */
  | { readonly type: 'call off'; readonly id: number };

export interface FromCollector {
  readonly id: number;
  readonly collected: CollectedLogs;
}

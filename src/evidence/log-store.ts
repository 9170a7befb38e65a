import type { Labels } from '../domain/alert.ts';
import type { EvidenceWindow } from '../domain/incident.ts';
import type { Failure } from '../domain/result.ts';

/** Why an incident has no logs where no store is for it. */
export const NO_LOG_STORE =
  'No log store serves these labels: add one under `logs:`, or widen the `matchers` of one that is there.';

/** One log record as the mining and the excerpt need it, whatever store and field profile it came from. */
export interface LogRecord {
  /** Epoch milliseconds, null where the record bears no time. */
  readonly at: number | null;
  /** Lower case: fatal, error, warn, info, debug, trace, or '' where unknown. */
  readonly level: string;
  readonly service: string;
  readonly host: string;
  /** Absent or '' where the record does not say. */
  readonly pod?: string;
  /** What ties it to the other records of one request; absent or '' where the record does not say. */
  readonly trace?: string;
  /** The message, several lines where it is a stack trace. */
  readonly text: string;
}

/** One way to narrow the search, e.g. `{ name: 'service', value: 'checkout' }`; the first that yields lines is used. */
export interface ScopeStep {
  readonly name: 'pod' | 'workload' | 'service' | 'host' | 'namespace';
  readonly value: string;
}

export interface LogQuery {
  readonly scope: readonly ScopeStep[];
  /** `records` and `sampled` are not known yet. */
  readonly windows: readonly Pick<EvidenceWindow, 'name' | 'from' | 'to'>[];
  readonly budget: { readonly timeMs: number; readonly documents: number; readonly bytes: number };
  /** An answer to the same question for another alert will do if it is no older; none where left out. */
  readonly maxAgeMs?: number;
}

export interface LogWindow extends EvidenceWindow {
  readonly lines: readonly LogRecord[];
  /** Records by level in the whole window, where the store could count more than it read. */
  readonly levels?: Readonly<Record<string, number>>;
}

/** Lines, perhaps not all: then `partial` says which limit, shard or sampling cut them. */
export interface LogAnswer {
  readonly ok: true;
  /** The scope that was used in the end; null where the whole index was searched. */
  readonly scope: ScopeStep | null;
  /** The scope itself wrote nothing in the incident: these are lines of others that name it or share its traces. */
  readonly neighbours?: boolean;
  readonly windows: readonly LogWindow[];
  /** Sentences on how it came to this scope. */
  readonly notes?: readonly string[];
  /** Sentences; empty where everything in the windows was read. */
  readonly partial: readonly string[];
  /** As it was sent, without secrets. */
  readonly query: unknown;
  /** A page for people with the same search, or ''. */
  readonly url: string;
}

/** A place where logs lie. Never throws for what the outside does; `detail` of a failure tells the next step to mend it. */
export interface LogStore {
  readonly name: string;
  readonly kind: string;
  /** Whether it serves an alert with these labels (`matchers`). */
  serves(labels: Labels): boolean;
  /** Which label gives which scope, in order. */
  readonly scopeLabels: Readonly<Record<ScopeStep['name'], readonly string[]>>;
  readonly budget: {
    readonly timeMs: number;
    readonly documents: number;
    readonly bytes: number;
    readonly lines: number;
  };
  /** Whether addresses in its lines are hidden like secrets. */
  readonly hidesAddresses?: boolean;
  fetch(query: LogQuery, signal: AbortSignal): Promise<LogAnswer | Failure>;
  check(signal: AbortSignal): Promise<{ readonly ok: true; readonly detail: string } | Failure>;
  /** Whether it can be reached at all, cheaply; without it a store counts as reachable. */
  answersAtAll?(signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

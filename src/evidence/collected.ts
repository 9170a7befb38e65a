import type { Labels } from '../domain/alert.ts';
import type { Evidence, EvidenceState } from '../domain/incident.ts';
import type { PeerFacts, PeerFinding } from './peer/compare.ts';

/** What is asked of the logs, and what comes of it: for those who do not read them themselves. */

export interface LogFacts {
  /** Of the evidence to be made. */
  readonly id: string;
  readonly labels: Labels;
  /** When the alert fired. Epoch milliseconds. */
  readonly startsAt: number;
  readonly now: number;
  readonly forMs?: number;
  readonly rangeMs?: number;
  /** A further look; absent for the first one. */
  readonly look?: 'second' | 'handover';
  /** Whose lines to compare with whose; absent where the alert names no one target, or nobody wants to know. */
  readonly peers?: PeerFacts;
}

export interface CollectedLogs {
  /** `rawBlob` is null: whoever stores `raw` fills it in. */
  readonly evidence: Evidence;
  /** Every line that was read, redacted: NDJSON, gzip. Null where there are none. */
  readonly raw: Uint8Array | null;
  /** Redacted texts of the incident window for the rules of categories, errors first, each once. */
  readonly records: readonly string[];
  /** By which its lines are known again in another incident (`template-keys.ts`). */
  readonly templates: readonly string[];
  /** The failing target beside healthy ones; null where that was not asked for, or there were no lines of its kind. */
  readonly peer: PeerFinding | null;
}

/** What is said before the reason of a further look. */
export const LOOKS = {
  first: '',
  second: 'A second look, for what came late: ',
  handover: 'Looked again for the handover: ',
} as const;

/** To be filled with what an answer says. */
export function blank(facts: LogFacts, store: string): Evidence {
  return {
    id: facts.id,
    kind: 'logs',
    state: 'unavailable' satisfies EvidenceState,
    reason: '',
    store,
    scope: '',
    windows: [],
    counts: {},
    lines: [],
    rawBlob: null,
    query: null,
    url: '',
    at: facts.now,
    ...(facts.look === undefined ? {} : { look: facts.look }),
  };
}

/** @param store the one that was to be asked, or '' */
export function unavailable(facts: LogFacts, store: string, reason: string): CollectedLogs {
  return {
    evidence: { ...blank(facts, store), reason: LOOKS[facts.look ?? 'first'] + reason },
    raw: null,
    records: [],
    templates: [],
    peer: null,
  };
}

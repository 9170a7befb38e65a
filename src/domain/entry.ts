import type { AlertStatus, Labels, Severity } from './alert.ts';
import type { Classification } from './category.ts';
import type { Assessment, Attempt, DeadlineKind, EscalationReason, Evidence, ImpactCount, Level } from './incident.ts';
import type { Priority, Urgency } from './priority.ts';

/** Who did it. `system` is Tierbell itself, `source` an alert sender, `person` somebody by name. */
export interface Actor {
  readonly kind: 'system' | 'source' | 'person';
  readonly name: string;
}
export const SYSTEM: Actor = { kind: 'system', name: 'tierbell' };

/** An alert as the timeline keeps it: enough to know which, without the texts. */
export interface AlertMark {
  readonly fingerprint: string;
  readonly status: AlertStatus;
  readonly startsAt: number;
  readonly labels: Labels;
}

/** What an entry may be and the data each carries: all that `evolve` needs, nothing that it would have to look up. */
export interface EntryData {
  opened: {
    uid: string;
    number: number;
    source: string;
    groupingKey: string;
    title: string;
    labels: Labels;
    annotations: Labels;
    generatorURL: string;
    startsAt: number;
    team: string;
    service: string;
    environment: string;
    policy: string;
  };
  /** One a delivery: what changed, and how many stand now. `marks` holds at most 20 of the changed ones. */
  alerts: {
    delivery: string;
    fired: number;
    resolved: number;
    firing: number;
    hidden: number;
    impact: ImpactCount;
    severity: Severity;
    marks: readonly AlertMark[];
  };
  classified: Classification;
  prioritised: { priority: Priority; urgency: Urgency; reasons: readonly string[] };
  /** A step of the policy began: its people are being told. */
  step_entered: {
    step: number;
    level: Level;
    notify: readonly string[];
    channels: readonly string[];
    round: number;
    /** Whether no further step follows by itself. */
    last?: boolean;
  };
  escalated: { from: Level; to: Level; step: number; reason: EscalationReason };
  notified: { channel: string; purpose: string; detail: string };
  notice_failed: { channel: string; purpose: string; detail: string };
  evidence_collected: Evidence;
  /** An attempt reached a state; the whole attempt as it stands then. */
  fix: Attempt;
  /** A person wants the bundle without handing the incident on. */
  handover_asked: { reason: string };
  handover: { n: number; sha256: string; bytes: number };
  acknowledged: { takenOverFrom: string | null };
  unacknowledged: { reason: string };
  /** Every alert is quiet. `hold`: resolves by itself after a while; `ask`: a person must say so. */
  quiet: { then: 'hold' | 'ask'; why: string };
  resolved: { how: 'alerts' | 'person' | 'fix'; reason: string; attachUntil: number };
  reopened: { why: string };
  closed: { why: string };
  note: { note: string };
  /** A person's first assessment. */
  assessed: Omit<Assessment, 'by' | 'at'>;
  /** A step of the procedure was ticked off, or not after all. */
  procedure_step: { id: string; text: string; done: boolean };
  /** Who works on it now; null for nobody in particular. */
  assigned: { owner: string | null };
  /** Which team owns it from here on. `channels`: of the present step, where they follow from the owner; else null. */
  owned: { team: string; by: 'rules' | 'person'; why: string; channels: readonly string[] | null };
  /** Nobody could be told in the ordinary way; the fallback was. */
  fallback_told: { why: string };
  /** The due moment of a deadline passed without effect, or was moved. */
  deadline: { kind: DeadlineKind };
  /** Something of ours failed for this incident and was set aside. */
  set_aside: { what: string; why: string };
}
export type EntryType = keyof EntryData;

/** Every type by name; the compiler sees that none is missing. */
export const ENTRY_TYPES: Readonly<Record<EntryType, true>> = {
  opened: true,
  alerts: true,
  classified: true,
  prioritised: true,
  step_entered: true,
  escalated: true,
  notified: true,
  notice_failed: true,
  evidence_collected: true,
  fix: true,
  handover_asked: true,
  handover: true,
  acknowledged: true,
  unacknowledged: true,
  quiet: true,
  resolved: true,
  reopened: true,
  closed: true,
  note: true,
  assessed: true,
  procedure_step: true,
  assigned: true,
  owned: true,
  fallback_told: true,
  deadline: true,
  set_aside: true,
};

/** What people do to the known fixes as a whole, or to the breaker of one: entries that are of no incident. */
export const FIX_CONTROLS = ['fixes_frozen', 'fixes_allowed', 'breaker_reset'] as const;
export type FixControl = (typeof FIX_CONTROLS)[number];

/** Deadlines that an entry sets (epoch milliseconds) or takes back (null): any entry may carry some. */
export type DeadlineChange = { readonly [K in DeadlineKind]?: number | null };

/** What `decide` asks to be written. `text` is the sentence that people read. */
export type NewEntry = {
  [T in EntryType]: {
    readonly type: T;
    readonly actor: Actor;
    readonly text: string;
    readonly data: EntryData[T] & { readonly deadlines?: DeadlineChange };
  };
}[EntryType];

/** One type of {@link NewEntry}. */
export type NewEntryOf<T extends EntryType> = Extract<NewEntry, { type: T }>;

/** A committed line of the timeline. `at` is epoch milliseconds of the store's clock; `hash` chains it to its forerunner. */
export type TimelineEntry = NewEntry & { readonly seq: number; readonly at: number; readonly hash: string };

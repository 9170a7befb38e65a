/**
 * The words of the house:
 *
 * - **alert**: one thing that a source says fires or has resolved; its identity is (source, fingerprint).
 * - **incident**: our durable record of one trouble; holds alerts; triggered, acknowledged, resolved or closed.
 * - **source**: where alerts come in. **channel**: where messages go out.
 * - **escalation policy**, **step**, **level** (2, 3, x): who hears of it in which order, and after how long.
 * - **known fix**: a known error with its executable cure. **executor**: what runs it. **attempt**: one run.
 * - **evidence**: what was collected to explain the trouble. **excerpt**: the few log lines that matter.
 * - **handover**: everything, packed for the next level. **timeline**: the append-only record; an incident is its fold.
 * - MTTA: created → first acknowledged. MTTR: created → resolved.
 */
import type { Labels, Severity } from './alert.ts';
import type { Category, Classification } from './category.ts';
import type { Priority, Urgency } from './priority.ts';

export type IncidentStatus = 'triggered' | 'acknowledged' | 'resolved' | 'closed';

export const LEVELS = ['1', '2', '3', 'x'] as const;
export type Level = (typeof LEVELS)[number];

/** A closed set: metric label values. */
export const ESCALATION_REASONS = [
  'ack_timeout',
  'ack_expired',
  'unreachable',
  'time_at_level',
  'fix_failed',
  'fix_unknown',
  'fix_unverified',
  'no_known_fix',
  'impact',
  'priority',
  'severity_raised',
  'targets_joined',
  'category',
  'skill',
  'manual',
  'returned',
  'vendor_approved',
  'reopened',
] as const;
export type EscalationReason = (typeof ESCALATION_REASONS)[number];

export interface Escalation {
  readonly from: Level;
  readonly to: Level;
  readonly reason: EscalationReason;
  readonly at: number;
  readonly by: string;
}

export const ATTEMPT_STATES = [
  'proposed',
  'awaiting_approval',
  'denied',
  'intent',
  'started',
  'succeeded',
  'failed',
  'unknown',
  'verified',
  'unverified',
  'dry_run',
  'refused',
] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

export interface Verification {
  readonly state: 'healthy' | 'unhealthy' | 'unavailable';
  readonly detail: string;
}

/** One run of a known fix, or the reason why it did not run. Times are epoch milliseconds. */
export interface Attempt {
  readonly id: string;
  readonly fix: string;
  readonly title: string;
  readonly target: string;
  readonly state: AttemptState;
  readonly reasons: readonly string[];
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly exitCode: number | null;
  /** Redacted, at most 64 KiB (what a person may read of standard output and error). */
  readonly output: string;
  readonly verification: Verification | null;
  /** SHA-256 in hex of what would run: what an approval is bound to. Absent where nothing was planned. */
  readonly hash?: string;
  /** Who approved it, turned it down, or asked for it by hand. */
  readonly decidedBy?: string;
}

export const EVIDENCE_KINDS = [
  'logs',
  'metric',
  'change',
  'provider_status',
  'healthy_peer',
  'related',
  'similar',
] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];
export type EvidenceState = 'complete' | 'partial' | 'unavailable';

/** One line of the excerpt; redacted. `at` is epoch milliseconds, null where the line bore no time. */
export interface EvidenceLine {
  readonly at: number | null;
  readonly level: string;
  readonly service: string;
  readonly text: string;
  /** How often this line, or its like, was seen in the incident window. */
  readonly count: number;
  /** How often it was to be expected by the windows before; absent where there was nothing to compare with. */
  readonly expected?: number;
  /** NEW: never seen before. GONE: seen before, and not now. UP and DOWN: more or less often. */
  readonly class?: 'NEW' | 'UP' | 'DOWN' | 'GONE';
}

export interface EvidenceWindow {
  readonly name: 'incident' | 'before' | 'day_before';
  readonly from: number;
  readonly to: number;
  readonly records: number;
  readonly sampled: boolean;
}

/** One finding beside the logs, as a sentence without its full stop; redacted, on one line. */
export interface EvidenceFact {
  /** Epoch milliseconds: when it happened; null where it has no moment. */
  readonly at: number | null;
  readonly text: string;
  /** A page about it, or ''. */
  readonly url: string;
  /** The incident that it is about, with what became of it ('' while that is open). */
  readonly incident?: { readonly id: string; readonly title: string; readonly resolution: string };
}

/** A few series over time, for drawing: no more than some 60 points each. */
export interface EvidenceGraph {
  /** PromQL, as it was asked. */
  readonly expression: string;
  /** The alert's condition (`>`), and the number that it compares with; null where it has none. */
  readonly comparison: string | null;
  readonly threshold: number | null;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** When the alert fired. */
  readonly firedAt: number;
  readonly stepMs: number;
  /** The one that the alert is about first. */
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [at: number, value: number])[];
  }[];
}

/** How many of the same kind are hit. */
export interface Spread {
  readonly affected: number;
  /** How many there are; null where that is not known. */
  readonly total: number | null;
  /** Targets of the incident when it was counted: those that joined since are hit too. */
  readonly targets: number;
  /** What was counted, as a noun: `targets of job node`. */
  readonly of: string;
  /** Where the hit ones are, of how many places of that sort (null: not known); absent where nothing says where. */
  readonly zones?: { readonly label: string; readonly hit: readonly string[]; readonly all: number | null };
}

/** What was collected, small enough for the record; the raw lines are a blob. */
export interface Evidence {
  readonly id: string;
  readonly kind: EvidenceKind;
  readonly state: EvidenceState;
  /** A sentence: why it is partial or missing and the next step to mend it, or what was looked at. */
  readonly reason: string;
  readonly store: string;
  /** Which scope was asked in the end, in words (`service = checkout`). */
  readonly scope: string;
  readonly windows: readonly EvidenceWindow[];
  /** Lines by level in the incident window, e.g. `{ error: 12, warn: 3 }`. */
  readonly counts: Readonly<Record<string, number>>;
  readonly lines: readonly EvidenceLine[];
  /** SHA-256 of the blob with the redacted raw lines (NDJSON, gzip), null where there are none. */
  readonly rawBlob: string | null;
  /** The query as it was sent, for the bundle. */
  readonly query: unknown;
  /** A page that opens the same lines, or ''. */
  readonly url: string;
  readonly at: number;
  /** Findings of the kinds beside logs, the most telling first. */
  readonly facts?: readonly EvidenceFact[];
  /** Of a metric: the answer to the `impact_query` of the service, or how many are hit. Absent for the alert's own expression. */
  readonly about?: 'impact' | 'spread';
  readonly spread?: Spread;
  readonly graph?: EvidenceGraph;
  /** A further look at the same logs: a minute after the first, or before a handover. Absent for the first one. */
  readonly look?: 'second' | 'handover';
}

export interface ImpactCount {
  readonly alerts: number;
  readonly targets: number;
}

/** The pending deadlines of an incident, each at most once; a job that does not match what stands here is stale. */
export interface Deadlines {
  /** When the present step must be acknowledged. */
  readonly ack?: number;
  /** When the present level has had its time. */
  readonly level?: number;
  /** When an incident whose alerts are all quiet becomes resolved. */
  readonly hold?: number;
  /** When firings after a resolution by hand stop being overlooked. */
  readonly settle?: number;
  /** When a resolved incident becomes closed. */
  readonly close?: number;
  /** When a fix that has not reported back counts as lost. */
  readonly fix?: number;
  /** When a proposed fix that nobody approved is withdrawn. */
  readonly approval?: number;
}
export type DeadlineKind = keyof Deadlines;

/** Someone was told, or could not be. */
export interface Told {
  readonly channel: string;
  readonly purpose: string;
  readonly level: Level;
  readonly at: number;
  readonly ok: boolean;
  readonly detail: string;
}

/** What a person found at the first look. `urgency` null: as it was. */
export interface Assessment {
  readonly urgency: Urgency | null;
  readonly impact: string;
  readonly observations: string;
  readonly openQuestions: string;
  readonly by: string;
  readonly at: number;
}

/** A ticked step of the procedure. */
export interface Tick {
  readonly by: string;
  readonly at: number;
}

/** The fold of a timeline. Times are epoch milliseconds. Its alerts are rows of their own; here are their counts. */
export interface Incident {
  readonly uid: string;
  readonly number: number;
  readonly seq: number;
  readonly head: string;
  readonly title: string;
  readonly status: IncidentStatus;
  readonly source: string;
  readonly groupingKey: string;
  readonly level: Level;
  /** Index into the steps of the policy; -1 while a known fix goes first and nobody was paged. */
  readonly step: number;
  readonly policy: string;
  /** How often the present step was gone through without an answer. */
  readonly round: number;
  /** Whether no further step follows by itself: who is told now is told again, and the fallback with them. */
  readonly lastStep: boolean;
  /** Channels of the present step, and of every step so far. */
  readonly stepChannels: readonly string[];
  readonly audience: readonly string[];
  readonly classification: Classification;
  /** What we had said before a person spoke about it for the first time, the same or another thing; absent before. */
  readonly given?: { readonly category?: Category; readonly priority?: Priority };
  readonly severity: Severity;
  readonly priority: Priority;
  readonly urgency: Urgency;
  readonly impact: ImpactCount;
  readonly firing: number;
  /** Alerts of the group that the sender left out of its newest payload. */
  readonly hidden: number;
  /** The team that owns it; until that is decided, or where nobody does, what the label `team` says. */
  readonly team: string;
  /** Who decided `team`; null while nobody did. What a person decided stands. */
  readonly ownedBy: 'rules' | 'person' | null;
  readonly service: string;
  readonly environment: string;
  /** Labels and annotations of the first alert: what rules, fixes and messages speak about. */
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly generatorURL: string;
  readonly startsAt: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly firstAcknowledgedAt: number | null;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly resolvedAt: number | null;
  readonly resolvedBy: string | null;
  readonly resolvedHow: 'alerts' | 'person' | 'fix' | null;
  /** Until when a firing alert comes back to this incident; null while it is open, 0 once closed. */
  readonly attachUntil: number | null;
  readonly deadlines: Deadlines;
  /** The first and the newest (`incidents/escalation-list.ts`); all are in the timeline. */
  readonly escalations: readonly Escalation[];
  /** How many came between the first and the others that are kept. */
  readonly escalationsLeftOut?: number;
  readonly attempts: readonly Attempt[];
  /** Of the looks at the logs before a handover the newest (`incidents/evidence-list.ts`); all are in the timeline. */
  readonly evidence: readonly Evidence[];
  /** How many older looks are no longer kept. */
  readonly evidenceLeftOut?: number;
  readonly told: readonly Told[];
  readonly assessment: Assessment | null;
  readonly owner: string | null;
  /** Steps of the procedure that are done, by their id. */
  readonly ticks: Readonly<Record<string, Tick>>;
  readonly bundles: number;
}

/** `INC-7`, as people say it. */
export function incidentId(incident: Pick<Incident, 'number'>): string {
  return `INC-${incident.number}`;
}

/** The known fix that waits for an approver, with the hash of what would run; null where none does. */
export function proposedAttempt({
  attempts,
}: Pick<Incident, 'attempts'>): (Attempt & { readonly hash: string }) | null {
  const attempt = attempts.findLast(({ state }) => state === 'awaiting_approval');
  return attempt?.hash === undefined ? null : { ...attempt, hash: attempt.hash };
}

export function isOpen(incident: Pick<Incident, 'status'>): boolean {
  return incident.status === 'triggered' || incident.status === 'acknowledged';
}

/** The team that was decided to own it; '' while none was. */
export function owningTeam({ team, ownedBy }: Pick<Incident, 'team' | 'ownedBy'>): string {
  return ownedBy === 'rules' || ownedBy === 'person' ? team : ''; // those of older versions say nothing
}

const NEXT_ACTION: Readonly<Record<DeadlineKind, string>> = {
  ack: 'escalate unless acknowledged',
  level: 'escalate: time at this level is over',
  hold: 'resolve, as every alert is quiet',
  settle: 'reopen if alerts still fire',
  close: 'close',
  fix: 'count the fix as lost and escalate',
  approval: 'withdraw the proposed fix unless approved',
};

/** A deadline as it is told: no further level follows the last step's. */
export type ToldDeadline = DeadlineKind | 'last_ack';

/** What happens by itself at a deadline, as a verb phrase. */
export function nextAction(kind: ToldDeadline): string {
  return kind === 'last_ack' ? 'tell the fallback unless acknowledged' : NEXT_ACTION[kind];
}

/** The deadline that is due first; null where nothing is pending. */
export function nextDeadline(incident: Pick<Incident, 'deadlines'>): { at: number; kind: DeadlineKind } | null {
  const pending = (Object.entries(incident.deadlines) as [DeadlineKind, number][]).sort((a, b) => a[1] - b[1]);
  const first = pending[0];
  return first === undefined ? null : { kind: first[0], at: first[1] };
}

type Pending = Pick<Incident, 'deadlines'> & Partial<Pick<Incident, 'lastStep'>>;

/** The deadline that is due first, as it is told. */
export function toldDeadline(incident: Pending): { at: number; kind: ToldDeadline } | null {
  const next = nextDeadline(incident);
  return next?.kind === 'ack' && incident.lastStep === true ? { at: next.at, kind: 'last_ack' } : next;
}

/** What happens next by itself, and when; null where nothing is pending. */
export function nextStep(incident: Pending): { at: number; action: string } | null {
  const next = toldDeadline(incident);
  return next === null ? null : { at: next.at, action: nextAction(next.kind) };
}

import { label, type Labels } from '../domain/alert.ts';
import type { Category, Classification } from '../domain/category.ts';
import type { Incident, Level } from '../domain/incident.ts';
import type { Ownership } from '../domain/owner.ts';
import type { Prioritisation, Priority, Urgency } from '../domain/priority.ts';
import type { Services } from '../domain/service.ts';

/** The source of Tierbell's own troubles; see {@link isOwnEvent}. */
export const OWN_SOURCE = 'tierbell';

/** A source of alerts is silent: trouble of ours that goes by the policies, and is over once it beats again. */
export const HEARTBEAT_MISSING = 'TierbellHeartbeatMissing';

/** Whether the fallback hears of it whatever the policies say, and only a person says that it is over. */
export function isOwnEvent(source: string, labels: Labels): boolean {
  return source === OWN_SOURCE && label(labels, 'alertname') !== HEARTBEAT_MISSING;
}

/** A step of an escalation policy; `ackTimeoutMs` is null where nobody waits for an acknowledgement. */
export interface PolicyStep {
  readonly level: Level;
  readonly notify: readonly string[];
  readonly inform: readonly string[];
  readonly ackTimeoutMs: Readonly<Record<Priority, number | null>>;
  readonly requiresApproval: boolean;
}

export interface Policy {
  readonly name: string;
  readonly steps: readonly PolicyStep[];
  readonly maxTimeAtLevelMs: Readonly<Partial<Record<Level, Readonly<Record<Priority, number | null>>>>>;
  readonly immediately: readonly (
    { readonly category: Category; readonly minConfidence: number } | { readonly priority: Priority }
  )[];
}

/** What a classifier looks at. */
export interface ClassifyFacts {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly source: string;
  /** Its query string may tell the alert's own expression; the address is read, never fetched. */
  readonly generatorURL: string;
  readonly logLines: readonly string[];
  /** Of them those whose like the logs did not have before, or had less often. */
  readonly freshLines: readonly string[];
}

/** A known fix that applies. `overdueMs`: after that much silence it counts as lost. */
export interface SelectedFix {
  readonly id: string;
  readonly title: string;
  readonly mode: 'dry_run' | 'approval' | 'automatic';
  readonly overdueMs: number;
}

/** One step of a procedure, as it is written. */
export interface ProcedureStep {
  /** Unique within its category. */
  readonly id: string;
  readonly level: Level;
  readonly text: string;
  /** '' where it has none. */
  readonly link: string;
}

/** The configuration as decisions. Everything here is pure, so that `decide` is. */
export interface Rules {
  readonly mode: 'observe' | 'notify' | 'full';
  readonly groupingBy: readonly string[];
  readonly resolveHoldMs: number;
  readonly reopenWithinMs: number;
  readonly settleMs: number;
  readonly closeAfterMs: number;
  /** Why a person must say that this incident is over although its alerts are quiet, or null. */
  keepOpen(incident: Incident): string | null;
  classify(facts: ClassifyFacts): Classification;
  /** By what is known now. `urgency`: what a person said of it, in place of what the alert says. */
  prioritise(
    incident: Pick<Incident, 'severity' | 'impact' | 'service' | 'annotations' | 'generatorURL'>,
    urgency?: Urgency,
  ): Prioritisation;
  /** The first policy whose matchers fit; the fallback's where none does, and for our own troubles. */
  policyFor(labels: Labels, source: string): Policy;
  policy(name: string): Policy;
  selectFix(incident: Incident): SelectedFix | null;
  /** Why there will be no logs for an alert with these labels, or null where a store is asked. */
  noLogs(labels: Labels): string | null;
  /** Whether anybody but our own record is asked what stands around an incident: changes, metrics, providers. */
  readonly asksOthers: boolean;
  /** The steps of the procedure for a category, all levels; texts and links hold blanks. */
  procedure(category: Category): readonly ProcedureStep[];
  /** The team that owns an incident, as `owners` say; null where none of them yields a known team. */
  ownerOf(incident: Pick<Incident, 'labels' | 'classification' | 'service'>): Ownership | null;
  isTeam(name: string): boolean;
  /** The catalogue: an incident's `service` is a name in it, or what its labels say. */
  readonly services: Services;
  /**
   * The channels behind names of teams, people or channels, each once. `owner.level2` and `owner.level3` mean those of
   * `team`; they lead nowhere where no known team owns the incident.
   */
  channelsOf(names: readonly string[], team: string): readonly string[];
  readonly fallback: readonly string[];
  /** The channels that hear of what was found where the mode is `observe`. */
  readonly observers: readonly string[];
}

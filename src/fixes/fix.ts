import type { RE2JS } from 're2js';
import type { KnownFix } from '../config/rules-schema.ts';
import type { Labels } from '../domain/alert.ts';
import type { Category } from '../domain/category.ts';
import { incidentId, type Incident } from '../domain/incident.ts';
import type { Matcher } from '../domain/matcher.ts';
import type { Check } from './check.ts';
import type { RenderedAction } from './rendered-action.ts';

/** `dry_run`: only says what it would do; `approval`: a person says yes first; `automatic`: runs by itself. */
export type FixMode = KnownFix['mode'];

/** TERM, then KILL 10 s later: what a fix may take beyond its own timeout. */
export const KILL_GRACE_MS = 10_000;

/** What one alert says. All of it is hostile text. */
export interface AlertFacts {
  readonly labels: Labels;
  readonly annotations: Labels;
}

/** What a fix may know of an incident. `labels` and `annotations` are those of its first alert. */
export interface FixFacts extends AlertFacts {
  readonly source: string;
  readonly category: Category;
  /** What `incident.FIELD` may name. */
  readonly incident: Labels;
  /** The alerts that fire now: they decide how many targets are hit. */
  readonly firing: readonly AlertFacts[];
  /** Alerts that the sender left out of its newest payload. */
  readonly hidden: number;
}

/** The facts of an incident as it stands, with its firing alerts. */
export function factsOf(incident: Incident, firing: readonly AlertFacts[]): FixFacts {
  const { labels, annotations, source, hidden, title, uid, severity, priority, urgency, team, service } = incident;
  const category = incident.classification.category;
  const { environment, level } = incident;
  const id = incidentId(incident);
  return {
    labels,
    annotations,
    source,
    category,
    firing,
    hidden,
    incident: { id, uid, title, source, category, severity, priority, urgency, team, service, environment, level },
  };
}

/** One declared parameter; `pattern` is linear-time and is matched against the whole value. */
export interface CompiledParameter {
  readonly name: string;
  readonly from: string;
  readonly pattern: RE2JS;
  readonly hasValueGroup: boolean;
}

/** A known fix with its matchers and patterns compiled. */
export interface CompiledFix {
  readonly fix: KnownFix;
  readonly matchers: readonly Matcher[];
  readonly overrides: readonly { readonly matchers: readonly Matcher[]; readonly mode: FixMode }[];
  readonly parameters: readonly CompiledParameter[];
  /** What is wrong with it as it is written, in sentences. One that has any is never run. */
  readonly problems: readonly string[];
}

/** A query with its blanks filled; `metrics` names its source, null where the only one is meant. */
export interface RenderedQuery {
  readonly query: string;
  readonly metrics: string | null;
}

/** How long it must stay healthy, and by when. */
export interface VerifyWindow {
  readonly forMs: number;
  readonly timeoutMs: number;
}

/** All that will be done, as plain data: nothing in it is a template any more. Durations in milliseconds. */
export interface FixPlan {
  readonly fix: string;
  readonly title: string;
  readonly mode: FixMode;
  readonly executor: string;
  /** What cooldown, lock and caps count. */
  readonly target: string;
  /** The targets of every alert that fires, each once; `target` is one of them. */
  readonly targets: readonly string[];
  readonly action: RenderedAction;
  readonly verify: Check & VerifyWindow;
  readonly guards: {
    readonly cooldownMs: number;
    readonly maxPerHour: number;
    readonly maxTargets: number;
    readonly population: RenderedQuery | null;
    readonly precondition: RenderedQuery | null;
  };
  /** SHA-256 in hex of fix, target, executor and action: what an approval is bound to. */
  readonly hash: string;
}

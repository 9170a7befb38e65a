import type { Generated, Insertable, Selectable } from 'kysely';

/**
 * The tables, the same on SQLite and PostgreSQL. Moments are epoch milliseconds; `json` columns hold text.
 * Large things are files (`blobs.ts`), or rows of their own on PostgreSQL, never columns here.
 */
export interface Tables {
  /**
   * Single values: `schema`, `deliveries_taken`, `refusals_told`, `taking`, `incident_number`, `clock`, `clock_shift`, `secret`,
   * `frozen`, `reset:<fix>`.
   */
  meta: { name: string; value: string };
  incidents: {
    uid: string;
    number: number;
    status: string;
    level: string;
    category: string;
    severity: string;
    priority: string;
    team: string;
    service: string;
    environment: string;
    source: string;
    title: string;
    grouping_key: string;
    /** Until when a firing alert belongs here; {@link FOREVER} while it is open. */
    attach_until: number;
    firing: number;
    /** When the trouble began, as its first alert says; `created_at` is when we heard of it. */
    starts_at: number;
    created_at: number;
    updated_at: number;
    acknowledged_at: number | null;
    acknowledged_by: string | null;
    owner: string | null;
    resolved_at: number | null;
    /** The deadline that is due first, and when; null where nothing is pending. */
    next_kind: string | null;
    next_at: number | null;
    /** The fold of the timeline, as JSON. */
    state: string;
  };
  alerts: {
    incident: string;
    source: string;
    fingerprint: string;
    status: string;
    starts_at: number;
    ends_at: number | null;
    seen_at: number;
    target: string;
    labels: string;
    annotations: string;
    generator_url: string;
    /** The machine or pod (`placeOf`); '' where the alert names none. */
    place: Generated<string>;
  };
  /** By what an incident is found again: written once, when it opens. `labels` is JSON of the lasting ones. */
  likenesses: {
    incident: string;
    /** `incidents/alert-identity.ts` */
    identity: string;
    name: string;
    service: string;
    labels: string;
    created_at: number;
  };
  /** By which log lines an incident is found again (`incident-templates.ts`). */
  incident_templates: { incident: string; template: string; created_at: number };
  timeline: {
    incident: string;
    seq: number;
    at: number;
    type: string;
    /** The whole wire entry as JSON; its hash is in it. */
    entry: string;
    /** Its place in the ledger, and the ledger's chain there (see `ledger.ts`). */
    n: number | null;
    chain: string | null;
  };
  jobs: {
    id: Generated<number>;
    kind: string;
    key: string;
    incident: string;
    /** For messages, their channel; else ''. */
    channel: Generated<string>;
    state: string;
    due_at: number;
    lease_until: number | null;
    /** The replica that claimed it last, where there may be several. */
    holder: Generated<number | null>;
    fence: number;
    attempts: number;
    payload: string;
    last_error: string;
    created_at: number;
  };
  /** The journal of known fixes; what guards look at. The whole attempt is in the timeline. */
  attempts: {
    id: string;
    incident: string;
    fix: string;
    target: string;
    state: string;
    mode: string;
    action_hash: string;
    fence: number;
    intent_at: number;
    started_at: number | null;
    finished_at: number | null;
    /** The `FixPlan` as JSON: what was decided, and how it is verified. */
    plan: string;
  };
  bundles: { incident: string; n: number; sha256: string; bytes: number; created_at: number };
  /** Malformed alerts and poison deliveries: kept, shown, never in the way. */
  set_aside: {
    id: Generated<number>;
    at: number;
    source: string;
    delivery: string;
    field: string;
    problem: string;
    raw: string;
  };
  /**
   * What a channel gave as its reference to the first message of an incident (or to its issue, its ticket): later messages
   * refer to it. `ref` and `first` are JSON: a `ThreadRef`, and how the first message was worded.
   */
  threads: { incident: string; channel: string; ref: string; first: string; created_at: number };
  /** API tokens; `hash` is the SHA-256 of the token, which is shown once and kept nowhere. */
  tokens: { name: string; role: string; hash: string; created_at: number };
  /** The last word of a person about alerts of one identity (`incidents/alert-identity.ts`); `labels` is JSON. */
  corrections: {
    identity: string;
    source: string;
    labels: string;
    from_category: string;
    category: string;
    person: string;
    reason: string;
    incident: number;
    at: number;
  };
  /** What was deployed and changed (`domain/change.ts`); the last telling of each. */
  changes: {
    source: string;
    key: string;
    at: number;
    kind: string;
    title: string;
    service: string;
    host: string;
    environment: string;
    version: string;
    person: string;
    url: string;
    state: string;
  };
  /** One-time values that were used (confirm fields of links). */
  spent: { key: string; until: number };
}

export const FOREVER = 9_000_000_000_000_000;

export type IncidentRow = Selectable<Tables['incidents']>;
export type AlertRow = Selectable<Tables['alerts']>;
export type NewAlertRow = Insertable<Tables['alerts']>;
export type JobRow = Selectable<Tables['jobs']>;
export type AttemptRow = Selectable<Tables['attempts']>;

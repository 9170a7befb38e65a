import type { DeadlineKind, Level } from './incident.ts';

/** Why a message is sent: decides its wording and what is attached. */
export const NOTICE_PURPOSES = [
  'page',
  'escalation',
  'evidence',
  'resolved',
  'reopened',
  'inform',
  'fallback',
  'observed',
] as const;
export type NoticePurpose = (typeof NOTICE_PURPOSES)[number];

/** Due work, by kind, with what it must know. Everything else is read from the store when it runs. */
export interface JobPayloads {
  /** Decides only; no effect outside. `at` must equal the incident's deadline of that kind, else it is stale. */
  deadline: { kind: DeadlineKind; at: number };
  /** The outbox. `recipient` is the name in the policy (team or channel) through which the channel was reached. */
  notify: {
    channel: string;
    recipient: string;
    purpose: NoticePurpose;
    level: Level;
    why: string;
    bundle: number | null;
    /** When it was first tried, and whether the fallback heard that it is late. */
    since?: number;
    lateTold?: boolean;
  };
  /** The first message on a channel no longer shows how the incident stands: bring it up to date. */
  refresh: { channel: string };
  /** A further look: a minute later for what came late, or when it is handed over; `waitUntil`: so long the bundle waits for it. */
  evidence:
    | { attempt: number; look?: 'second' | 'around'; inStorm?: boolean }
    | { attempt: number; look: 'handover'; waitUntil: number };
  /**
   * A known fix was found to apply: plan it, check the guards, run it. `restored`: when the backup was made that it comes
   * from; it may have run since then.
   */
  fix: { fix: string; restored?: string };
  verify: { attempt: string; until: number; healthySince: number | null };
  /** Pack the bundle, then tell the new level; `notify` null: a person only wants to read it. */
  handover: { level: Level; notify: readonly string[] | null; why: string; waitUntil: number };
}
export type JobKind = keyof JobPayloads;
export const JOB_KINDS: readonly JobKind[] = ['deadline', 'notify', 'refresh', 'evidence', 'fix', 'verify', 'handover'];

/** Work to be done at `dueAt` (epoch milliseconds). `key` is unique among what is not done: writing it again replaces it. */
export type NewJob = {
  [K in JobKind]: { readonly kind: K; readonly key: string; readonly dueAt: number; readonly payload: JobPayloads[K] };
}[JobKind];

/** A claimed piece of work. The fence rises with every claim: a result under an old fence is refused. */
export type Job = NewJob & {
  readonly id: number;
  readonly incident: string;
  readonly attempts: number;
  readonly fence: number;
};

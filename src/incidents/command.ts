import type { Alert } from '../domain/alert.ts';
import type { Category } from '../domain/category.ts';
import type { Actor } from '../domain/entry.ts';
import type { Attempt, DeadlineKind, Evidence, Level } from '../domain/incident.ts';
import type { NoticePurpose } from '../domain/job.ts';
import type { Priority, Urgency } from '../domain/priority.ts';
import type { Remembered } from './remembered.ts';

/** Everything that can happen to an incident. Commands with `by` come from people. */
export type Command =
  | {
      readonly type: 'observe';
      readonly delivery: string;
      readonly source: string;
      /** Set where this delivery opens the incident. */
      readonly opens: {
        readonly uid: string;
        readonly number: number;
        readonly groupingKey: string;
        /** What a person decided about the same alert before. */
        readonly remembered?: Remembered | null;
        /** So many open at once that what stands beside this one is the storm itself. */
        readonly inStorm?: boolean;
      } | null;
      readonly fired: readonly Alert[];
      readonly resolved: readonly Alert[];
      readonly firingDelta: number;
      readonly newAlerts: number;
      readonly newTargets: number;
      /** Whether they resolved because they were not sent again in time. */
      readonly expired?: boolean;
      /** How many alerts the sender left out; null where the payload is an older word than what is known. */
      readonly hidden: number | null;
    }
  | {
      readonly type: 'acknowledge';
      readonly by: Actor;
      readonly takeover: boolean;
      /** Whose turn it was when they were asked: nobody acknowledges for another level. Left out or null: for whoever has it. */
      readonly level?: Level | null;
    }
  | { readonly type: 'unacknowledge'; readonly by: Actor; readonly reason: string }
  | { readonly type: 'escalate'; readonly by: Actor; readonly level: Level | null; readonly reason: string }
  | { readonly type: 'resolve'; readonly by: Actor; readonly reason: string }
  | { readonly type: 'reopen'; readonly by: Actor; readonly reason: string }
  | { readonly type: 'close'; readonly by: Actor; readonly reason: string }
  | { readonly type: 'note'; readonly by: Actor; readonly note: string }
  | {
      readonly type: 'assess';
      readonly by: Actor;
      readonly urgency: Urgency | null;
      readonly impact: string;
      readonly observations: string;
      readonly openQuestions: string;
    }
  | { readonly type: 'prioritise'; readonly by: Actor; readonly priority: Priority; readonly reason: string }
  | { readonly type: 'reclassify'; readonly by: Actor; readonly category: Category; readonly reason: string }
  | { readonly type: 'step'; readonly by: Actor; readonly id: string; readonly done: boolean }
  /** Pack the hand-over bundle now, for whoever wants to read it; nobody is told. */
  | { readonly type: 'pack'; readonly by: Actor; readonly reason: string }
  | { readonly type: 'assign'; readonly by: Actor; readonly owner: string | null }
  | { readonly type: 'deadline'; readonly kind: DeadlineKind; readonly at: number }
  /** `late`: a look before a handover that came only after it. */
  | {
      readonly type: 'evidence';
      readonly evidence: Evidence;
      readonly logLines: readonly string[];
      readonly late?: boolean;
      /** What was found beside the logs; with the first look only. */
      readonly around?: readonly Evidence[];
    }
  /** What was found around an incident for which no log store is there. */
  | { readonly type: 'around'; readonly around: readonly Evidence[] }
  /** `actor`: who had it done, where that was a person; `dueInMs`: after how long its silence counts as loss. */
  | { readonly type: 'fix_state'; readonly attempt: Attempt; readonly actor?: Actor; readonly dueInMs?: number }
  | {
      readonly type: 'notified';
      readonly channel: string;
      readonly recipient: string;
      readonly purpose: NoticePurpose;
      readonly detail: string;
    }
  | {
      readonly type: 'notice_failed';
      readonly channel: string;
      readonly recipient: string;
      readonly purpose: NoticePurpose;
      readonly detail: string;
    }
  | { readonly type: 'notice_late'; readonly channel: string; readonly recipient: string; readonly detail: string }
  | {
      readonly type: 'handover';
      /** Null where the bundle could not be made: people are told all the same. */
      readonly bundle: { readonly sha256: string; readonly bytes: number } | null;
      /** Null where a person only wants to read it. */
      readonly notify: readonly string[] | null;
      readonly why: string;
      readonly problem: string;
    }
  | { readonly type: 'set_aside'; readonly what: string; readonly why: string };

/** A command by a person that does not apply: 409, with the present state. */
export interface Refusal {
  readonly refused: true;
  readonly detail: string;
}

import type { z } from 'zod';
import type { Severity } from '../domain/alert.ts';
import type { IncidentStatus, Level } from '../domain/incident.ts';
import type { NoticePurpose } from '../domain/job.ts';
import type { Priority } from '../domain/priority.ts';
import type { Failure } from '../domain/result.ts';

/** A file that goes with a message. */
export interface Attachment {
  readonly name: string;
  readonly contentType: string;
  readonly content: Uint8Array;
  /** One sentence for a channel that cannot carry the file: where it can be had instead. */
  readonly elsewhere: string;
}

/**
 * How a channel finds the first message of an incident again (a thread, an issue, an alert key). Small, plain, without secrets;
 * only the channel that made it reads it.
 */
export type ThreadRef = Readonly<Record<string, string>>;

/** How the incident stands, for channels that show it in place. */
export interface NoticeState {
  readonly status: IncidentStatus;
  readonly level: Level;
  readonly priority: Priority;
  readonly severity: Severity;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: number | null;
  readonly resolvedBy: string | null;
  readonly resolvedAt: number | null;
}

export interface NoticeLink {
  readonly title: string;
  readonly url: string;
  /** True for a page of the bridge, which may look like a button; false for what an alert names, which never may. */
  readonly ours: boolean;
  /** The page on which the reader acknowledges. */
  readonly acknowledges?: boolean;
  /** The page on which an approver decides about the proposed fix. */
  readonly decides?: boolean;
}

/** A known fix that waits for an approver. */
export interface NoticeProposal {
  /** The attempt's id, and the SHA-256 in hex of what would run: what a decision is bound to. */
  readonly attempt: string;
  readonly hash: string;
  readonly title: string;
  /** Exactly what would run, in one line. */
  readonly shown: string;
}

/** Everything a channel may say, already worded; it only lays it out in its own form and escapes it. */
export interface Notice {
  /** The same over retries: `Message-ID`, `webhook-id`. */
  readonly id: string;
  /** `digest`: one message for the many of a storm; it is about no single incident. */
  readonly purpose: NoticePurpose | 'digest';
  /** UUIDv7: what threads and outside systems key on. */
  readonly uid: string;
  /** `INC-7`. */
  readonly incident: string;
  /** The same for all messages of one incident: `[INC-7] …`. */
  readonly subject: string;
  /** One sentence: what happened and what is wanted of the reader. */
  readonly headline: string;
  /** Label and value, in the order in which a reader needs them. */
  readonly facts: readonly (readonly [string, string])[];
  /** Titled blocks: log lines, reasons, output of a fix. `code` keeps line breaks and is set in a fixed-width face. */
  readonly sections: readonly { readonly title: string; readonly text: string; readonly code: boolean }[];
  /** Buttons or plain addresses; empty without `--web.external-url`, and then `hint` says how to act instead. */
  readonly links: readonly NoticeLink[];
  readonly hint: string;
  readonly attachments: readonly Attachment[];
  readonly state: NoticeState;
  /** Whether the reader is asked to acknowledge, and the incident still waits for it. */
  readonly asks: boolean;
  /** The known fix that the reader may approve; null or absent where none waits. */
  readonly proposal?: NoticeProposal | null;
  /** What this channel gave as its reference when it sent the first message of the incident; null before that. */
  readonly thread: ThreadRef | null;
  /** The incident as the API gives it, for machines. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** `ref`: where the first message lies now; kept in the transaction that puts the sending on record. */
export type SendResult = { readonly ok: true; readonly detail: string; readonly ref?: ThreadRef } | Failure;

/** An outbound adapter. Retries are the outbox's business: one call is one attempt. */
export interface Channel {
  readonly name: string;
  readonly kind: string;
  send(notice: Notice, signal: AbortSignal): Promise<SendResult>;
  /** Messages refer to a first one, so that no second is sent while the first of an incident is under way. */
  readonly threaded?: boolean;
  /** Brings the first message of an incident up to date; called with the reference in `notice.thread` only. */
  update?(notice: Notice, signal: AbortSignal): Promise<SendResult>;
  /** Milliseconds until the other side takes one more message, or one more update; 0 is now. The same id keeps its place. */
  turnInMs?(id: string, what: 'send' | 'update'): number;
  /** Milliseconds for which the other side has asked us to send nothing at all; 0 where it takes messages. */
  heldMs?(): number;
  /** Reaches the other side without sending anything to people (`check-config --online`). */
  check(signal: AbortSignal): Promise<SendResult>;
  close(): Promise<void>;
}

export interface ChannelKind<S extends z.ZodType = z.ZodType> {
  readonly kind: string;
  readonly config: S;
  create(config: z.output<S>): Channel;
}

export function defineChannel<S extends z.ZodType>(kind: ChannelKind<S>): ChannelKind<S> {
  return kind;
}

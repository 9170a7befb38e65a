import type { Alert } from '../../domain/alert.ts';
import type { Incident, Level } from '../../domain/incident.ts';
import type { NoticePurpose } from '../../domain/job.ts';
import type { Service } from '../../domain/service.ts';
import type { Situation } from '../../incidents/situation.ts';
import type { WireEntry } from '../../incidents/timeline.ts';
import type { Notice, ThreadRef } from '../channel.ts';

/** All that a message is worded from: what stands in the store when it is sent. */
export interface NoticeInput {
  /** The same over retries. */
  readonly id: string;
  readonly purpose: NoticePurpose;
  readonly incident: Incident;
  /** The first few of its alerts, the oldest first. */
  readonly alerts: readonly Alert[];
  /** As stored, newest last; told in short where the incident is handed on. May be empty. */
  readonly timeline: readonly Pick<WireEntry, 'at' | 'type' | 'text'>[];
  /** Its service in the catalogue, where it has one. */
  readonly service?: Service | null;
  /** The open incidents that it belongs together with, where there are any. */
  readonly situation?: Situation | null;
  /** The level that is told. */
  readonly level: Level;
  /** The level for which the reader would acknowledge; `level` where it is left out. */
  readonly turn?: Level;
  /** A clause: why now, why them; may be empty. */
  readonly why: string;
  /** The name in the policy through which the reader was reached. */
  readonly recipient: string;
  /** Absolute addresses; null without `--web.external-url`. */
  readonly ackUrl: string | null;
  /** Where an approver decides about the proposed fix. */
  readonly decideUrl?: string | null;
  readonly consoleUrl: string | null;
  readonly bundleUrl: string | null;
  readonly bundle: NoticeBundle | null;
  /** Where the channel's first message lies; without it, this is the first. */
  readonly thread?: ThreadRef | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface NoticeBundle {
  readonly name: string;
  readonly content: Uint8Array;
  readonly sha256: string;
  readonly n: number;
  /** The invitation that lies in the bundle, to stand beside it; null where there is none. */
  readonly meeting: string | null;
}

export type Section = Notice['sections'][number];

/** What a purpose decides; everything else is the same for all. */
export interface Wording {
  readonly headline: string;
  readonly sections: readonly Section[];
  /** Whether the reader is asked to acknowledge. */
  readonly asks: boolean;
  /** How to act, where it is not the acknowledgement. */
  readonly hint: string;
}

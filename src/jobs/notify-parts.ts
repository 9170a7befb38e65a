import type { Channel } from '../channels/channel.ts';
import type { Incident, Level } from '../domain/incident.ts';
import type { Confidentiality } from '../incidents/confidential.ts';
import type { Rules } from '../incidents/rules.ts';
import type { Blobs } from '../store/blobs.ts';
import type { ReadModel } from '../store/read-model.ts';
import type { Store } from '../store/store.ts';
import type { PipelineMetrics } from '../telemetry/metrics.ts';
import type { StormGate } from './storm-gate.ts';

/** Addresses in messages; null without `--web.external-url`. */
export interface MessageLinks {
  /** @param level whose turn it is to acknowledge */
  ack(incident: Incident, reader: string, level: Level): string;
  /** Where an approver decides about the proposed fix of this incident; null where none waits. */
  decide(incident: Incident, reader: string, level: Level): string | null;
  incident(incident: Incident): string;
  /** All incidents that nobody has acknowledged. */
  list(): string;
  bundle(incident: Incident, n: number): string;
}

export interface NotifyParts {
  readonly store: Store;
  readonly read: ReadModel;
  readonly blobs: Blobs;
  readonly channels: ReadonlyMap<string, Channel>;
  /** Who reads a message on this channel, as the acknowledgement will name them. */
  readonly readerOf: (channel: string, recipient: string) => string;
  readonly links: MessageLinks | null;
  /** Whether a channel may carry what an incident is about. */
  readonly mayCarry: Confidentiality['mayCarry'];
  /** Whether an incident is kept by its team: others do not hear that it is part of theirs. */
  readonly holds: Confidentiality['holds'];
  /** For the catalogue of services. */
  readonly rules: () => Rules;
  /** Keeps a storm of messages readable. */
  readonly storms: StormGate;
  readonly metrics: PipelineMetrics;
  readonly random: () => number;
}

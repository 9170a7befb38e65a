import type { Alert } from '../domain/alert.ts';
import type { Incident } from '../domain/incident.ts';
import type { Service } from '../domain/service.ts';
import type { IncidentLink } from '../incidents/incident-view.ts';
import type { FilledStep } from '../incidents/procedure.ts';
import type { Situation } from '../incidents/situation.ts';
import type { WireEntry } from '../incidents/timeline.ts';

/** All that a handover bundle is made from. The same input gives the same bytes. */
export interface BundleInput {
  readonly incident: Incident;
  /** All that are on record. */
  readonly alerts: readonly Alert[];
  /** As stored, so that the chain of hashes can be checked. */
  readonly timeline: readonly WireEntry[];
  /** The blobs of the evidence (`rawBlob`), each redacted NDJSON in gzip; without those that could not be read. */
  readonly raw: readonly Uint8Array[];
  readonly links: readonly IncidentLink[];
  /** The steps for its category up to its level, with their ticks. */
  readonly procedure: readonly FilledStep[];
  /** Its service in the catalogue, where it has one. */
  readonly service?: Service | null;
  /** The open incidents that it belongs together with, where there are any. */
  readonly situation?: Situation | null;
  /** A clause: why it is handed on; empty where only the record says so. */
  readonly why: string;
  /** Where the handover meeting is held, or null. */
  readonly meetingUrl: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

import { speakDuration } from '../../domain/duration.ts';
import type { Evidence, EvidenceKind } from '../../domain/incident.ts';

/** What is the same for every piece of evidence beside the logs. */
export interface PieceFacts {
  /** Unique among the evidence. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A piece of evidence that is no log: what was found, or why nothing could be. */
export function pieceOf(
  kind: Exclude<EvidenceKind, 'logs'>,
  { id, now }: PieceFacts,
  found: Pick<Evidence, 'state' | 'reason'> & Partial<Evidence>,
): Evidence {
  return {
    ...{ id, kind, store: '', scope: '', windows: [], counts: {}, lines: [], rawBlob: null, query: null, url: '' },
    ...{ at: now, ...found },
  };
}

/** `6 min before the alert`, `2 min after it`, `at the same time`: `at` against when the alert fired. */
export function againstAlert(at: number, startsAt: number): string {
  const apartMs = Math.abs(startsAt - at);
  if (apartMs < 1_000) return 'at the same time as the alert';
  return at < startsAt ? `${short(apartMs)} before the alert` : `${short(apartMs)} after the alert`;
}

/** `6 min`, not `6 min 12 s`: nobody at night compares seconds over minutes. */
export function short(ms: number): string {
  const unitMs = [86_400_000, 3_600_000, 60_000].find((unit) => ms >= unit * 3) ?? 1_000;
  return speakDuration(Math.floor(ms / unitMs) * unitMs);
}

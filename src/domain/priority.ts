import type { Severity } from './alert.ts';

export const PRIORITIES = ['P1', 'P2', 'P3', 'P4'] as const;
export type Priority = (typeof PRIORITIES)[number];
export type Urgency = 'high' | 'medium' | 'low';

/** Unknown counts as high: a missing label must not let anybody sleep through an outage. */
const URGENCY: Readonly<Record<Severity, Urgency>> = {
  critical: 'high',
  error: 'high',
  unknown: 'high',
  warning: 'medium',
  info: 'low',
  none: 'low',
};

/** Rows: urgency. Columns: one or two targets, several (3–9), many (10 and more). */
const MATRIX: Readonly<Record<Urgency, readonly [Priority, Priority, Priority]>> = {
  high: ['P2', 'P2', 'P1'],
  medium: ['P3', 'P3', 'P2'],
  low: ['P4', 'P4', 'P3'],
};

export interface Prioritisation {
  readonly priority: Priority;
  readonly urgency: Urgency;
  readonly reasons: readonly string[];
}

/** Priority is urgency (from the stated severity) × impact (how many targets are hit), with its reasons in words. */
export function prioritise(severity: Severity, targets: number): Prioritisation {
  const urgency = URGENCY[severity];
  const column = targets >= 10 ? 2 : targets >= 3 ? 1 : 0;
  const severityReason =
    severity === 'unknown' ? 'no known severity, so urgency is high' : `severity ${severity}, so urgency is ${urgency}`;
  return {
    priority: MATRIX[urgency][column],
    urgency,
    reasons: [severityReason, targets === 1 ? '1 target is hit' : `${targets} targets are hit`],
  };
}

import type { Severity } from '../domain/alert.ts';

const RANK: Readonly<Record<Severity, number>> = { none: 0, info: 1, warning: 2, unknown: 3, error: 4, critical: 5 };

/** Higher is worse; `unknown` stands above `warning`, so that a missing label is not taken lightly. */
export function severityRank(severity: Severity): number {
  return RANK[severity];
}

/** The worst of several; `unknown` of none. */
export function worstSeverity(severities: Iterable<Severity>): Severity {
  return (
    [...severities].reduce<Severity | null>(
      (worst, next) => (worst === null || RANK[next] > RANK[worst] ? next : worst),
      null,
    ) ?? 'unknown'
  );
}

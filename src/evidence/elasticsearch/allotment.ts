import type { EvidenceWindow } from '../../domain/incident.ts';
import type { Kind } from './queries.ts';

/** One stretch to read: a window's errors, or its other records. */
export interface Stratum {
  readonly window: EvidenceWindow['name'];
  readonly kind: Kind;
  /** How many records it holds, as counted. */
  readonly known: number;
}

/** Which part of the budget each is sure of; what one does not need, the ones before it in this order get. */
const SHARES: Readonly<Record<EvidenceWindow['name'], Readonly<Record<Kind, number>>>> = {
  incident: { errors: 0.35, others: 0.25, all: 0.6 },
  before: { errors: 0.1, others: 0.1, all: 0.2 },
  day_before: { errors: 0.1, others: 0.1, all: 0.2 },
};

export function shareOf({ window, kind }: Stratum): number {
  return SHARES[window][kind];
}

/** How many documents of each to fetch: never more than there are, never more than the budget together. Pure. */
export function allot(strata: readonly Stratum[], documents: number): readonly number[] {
  const sure = strata.map((stratum) => Math.min(stratum.known, Math.floor(documents * shareOf(stratum))));
  let left = documents - sure.reduce((sum, count) => sum + count, 0);
  return strata.map(({ known }, index) => {
    const more = Math.min(left, known - (sure[index] ?? 0));
    left -= more;
    return (sure[index] ?? 0) + more;
  });
}

import type { Evidence } from '../../domain/incident.ts';
import type { Outcome } from '../../domain/result.ts';
import type { ImpactQuery } from '../../domain/service.ts';
import { cleanLine } from '../../domain/text.ts';
import type { Sample } from '../../metrics/metrics-source.ts';
import { pieceOf, type PieceFacts } from './piece.ts';

/** A service whose impact was asked for. */
export interface ImpactAsked {
  readonly service: string;
  /** The name of the metrics source, or ''. */
  readonly store: string;
  readonly query: ImpactQuery;
}

/**
 * The answer to a service's `impact_query` as evidence: one number with its unit, or why there is none and what to do. An
 * empty answer is no zero. Pure.
 */
export function describeImpact(
  { service, store, query: { promql, unit } }: ImpactAsked,
  answer: Outcome<readonly Sample[]>,
  piece: PieceFacts,
): Evidence {
  const about = {
    ...{ about: 'impact' as const, store, scope: cleanLine(promql, 500) },
    query: { promql },
  };
  const value = numberIn(answer);
  if (typeof value === 'string') {
    const reason = `How many ${cleanLine(unit, 60)} could not be found out: ${value}`;
    return pieceOf('metric', piece, { ...about, state: 'unavailable', reason });
  }
  return pieceOf('metric', piece, {
    ...about,
    state: 'complete',
    reason: `What the impact_query of ${service} gave.`,
    facts: [{ at: piece.now, text: `${speak(value)} ${cleanLine(unit, 60)}`, url: '' }],
  });
}

/** The one number, or why there is none. */
function numberIn(answer: Outcome<readonly Sample[]>): number | string {
  if (!answer.ok) return `${cleanLine(answer.detail, 300).replace(/\.$/, '')}.`;
  const [only, ...others] = answer.value;
  if (only === undefined) return 'the query gave no value. Where that means none, let it end with `or vector(0)`.';
  if (others.length > 0)
    return `the query gave ${answer.value.length} values instead of one. Put sum(…) or max(…) around it.`;
  return Number.isFinite(only.value) ? only.value : `the query gave ${only.value}. Mind divisions by zero in it.`;
}

/** Three digits are enough to judge by; counts stay whole. */
function speak(value: number): string {
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return rounded.toLocaleString('en', { maximumFractionDigits: 6 });
}

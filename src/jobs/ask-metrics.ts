import type { Labels } from '../domain/alert.ts';
import type { Outcome } from '../domain/result.ts';
import type { RenderedQuery } from '../fixes/fix.ts';
import { chooseMetrics } from '../metrics/choose-metrics.ts';
import type { MetricsSource, Sample } from '../metrics/metrics-source.ts';

const TIMEOUT_MS = 10_000;

/** All that a question about health needs of a metrics source. */
export type Askable = Pick<MetricsSource, 'name' | 'serves' | 'query'>;

/**
 * Asks the named metrics source, or the only one that serves an incident with these labels. Ambiguity and silence are
 * failures, never health.
 */
export async function askMetrics(
  sources: readonly Askable[],
  { query, metrics }: RenderedQuery,
  labels: Labels,
  signal: AbortSignal,
): Promise<Outcome<readonly Sample[]>> {
  const chosen = chooseMetrics(sources, metrics, labels);
  return chosen.ok ? chosen.value.query(query, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])) : chosen;
}

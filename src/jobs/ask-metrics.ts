import { failure, type Outcome } from '../domain/result.ts';
import type { RenderedQuery } from '../fixes/fix.ts';
import type { MetricsSource, Sample } from '../metrics/metrics-source.ts';

const TIMEOUT_MS = 10_000;

/** Asks the named metrics source, or the only one there is. Ambiguity and silence are failures, never health. */
export async function askMetrics(
  sources: readonly MetricsSource[],
  { query, metrics }: RenderedQuery,
  signal: AbortSignal,
): Promise<Outcome<readonly Sample[]>> {
  const fitting = metrics === null ? sources : sources.filter(({ name }) => name === metrics);
  const [source] = fitting;
  if (source === undefined || fitting.length > 1) {
    const why =
      source === undefined ? 'there is no metrics source to ask' : 'several metrics sources could be asked; name one';
    return failure('misconfigured', why);
  }
  return source.query(query, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
}

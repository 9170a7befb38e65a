import type { Labels } from '../domain/alert.ts';
import { failure, success, type Outcome } from '../domain/result.ts';
import type { MetricsSource } from './metrics-source.ts';

/** The source that is named, else the only one that serves these labels. */
export function chooseMetrics<S extends Pick<MetricsSource, 'name' | 'serves'>>(
  sources: readonly S[],
  name: string | null,
  labels: Labels,
): Outcome<S> {
  const serving = sources.filter((source) => (name === null ? source.serves(labels) : source.name === name));
  const [source, ...others] = serving;
  if (source === undefined) {
    const which = name === null ? 'no metrics source serves this alert' : `there is no metrics source named ${name}`;
    return failure('misconfigured', `${which}; see metrics in the configuration`);
  }
  if (others.length === 0) return success(source);
  const names = serving.map((candidate) => candidate.name).join(', ');
  return failure('misconfigured', `${names} could all be asked; name one with \`metrics:\` beside the query`);
}

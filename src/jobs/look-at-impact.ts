import type { Evidence, Incident } from '../domain/incident.ts';
import type { Services } from '../domain/service.ts';
import { describeImpact } from '../evidence/beyond/impact.ts';
import type { PieceFacts } from '../evidence/beyond/piece.ts';
import { chooseMetrics } from '../metrics/choose-metrics.ts';
import { askMetrics, type Askable } from './ask-metrics.ts';

/** Asks how many people or orders are hit, where the service of an incident says how to ask. */
export async function lookAtImpact(
  services: Services,
  metricsSources: readonly Askable[],
  { service: name, labels }: Pick<Incident, 'service' | 'labels'>,
  piece: PieceFacts,
  signal: AbortSignal,
): Promise<readonly Evidence[]> {
  const service = services.named(name);
  if (service === null || service.impactQuery === null) return [];
  const query = service.impactQuery;
  const answer = await askMetrics(metricsSources, { query: query.promql, metrics: query.metrics }, labels, signal);
  const chosen = chooseMetrics(metricsSources, query.metrics, labels);
  const store = chosen.ok ? chosen.value.name : '';
  return [describeImpact({ service: service.name, store, query }, answer, piece)];
}

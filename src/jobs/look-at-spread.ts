import type { Alert } from '../domain/alert.ts';
import type { Evidence, Incident } from '../domain/incident.ts';
import type { PieceFacts } from '../evidence/beyond/piece.ts';
import { describeSpread, populationOf, type SpreadAnswers } from '../evidence/beyond/spread.ts';
import { chooseMetrics } from '../metrics/choose-metrics.ts';
import { askMetrics, type Askable } from './ask-metrics.ts';

/** Asks how many others like the alert's target there are, and for how many of them it fires. */
export async function lookAtSpread(
  metricsSources: readonly Askable[],
  { labels, impact }: Pick<Incident, 'labels' | 'impact'>,
  readAlerts: () => Promise<readonly Pick<Alert, 'status' | 'labels'>[]>,
  piece: PieceFacts,
  signal: AbortSignal,
): Promise<readonly Evidence[]> {
  const population = populationOf(labels);
  if (population === null) return [];
  const ask = (query: string) => askMetrics(metricsSources, { query, metrics: null }, labels, signal);
  const chosen = chooseMetrics(metricsSources, null, labels);
  const asking = metricsSources.length === 0 ? null : Promise.all([ask(population.total), ask(population.firing)]);
  const [alerts, asked] = await Promise.all([readAlerts(), asking]);
  const answers: SpreadAnswers | null = asked === null ? null : { total: asked[0], firing: asked[1] };
  const facts = { labels, targets: impact.targets, alerts, population, store: chosen.ok ? chosen.value.name : '' };
  const found = describeSpread(facts, answers, piece);
  return found === null ? [] : [found];
}

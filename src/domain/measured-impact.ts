import type { Evidence, Incident } from './incident.ts';

/** The newest answer to the `impact_query` of its service; undefined where none was asked. */
export function impactEvidence({ evidence }: Pick<Incident, 'evidence'>): Evidence | undefined {
  return evidence.findLast(({ about }) => about === 'impact');
}

/** `12 orders/min failing`: how many people or orders are hit; '' where that is not known. */
export function measuredImpact(incident: Pick<Incident, 'evidence'>): string {
  return impactEvidence(incident)?.facts?.[0]?.text ?? '';
}

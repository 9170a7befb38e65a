import { countKinds, differing, type ShadowReport } from '../shadow/report.ts';
import { shadowMetrics } from './metrics.ts';

/** The gauges of the shadow rules as text; nothing where there are none. */
export async function shadowText(report: ShadowReport | null): Promise<string> {
  if (report === null) return '';
  const metrics = shadowMetrics();
  const different = differing(report).length;
  metrics.incidents.set({ outcome: 'different' }, different);
  metrics.incidents.set({ outcome: 'same' }, report.findings.length - different);
  metrics.incidents.set({ outcome: 'skipped' }, report.skipped.length);
  for (const [kind, count] of countKinds(report.findings)) metrics.differences.set({ kind }, count);
  metrics.behind.set(report.behind);
  return metrics.registry.metrics();
}

import type { Labels } from '../domain/alert.ts';
import type { CompiledFix, FixPlan } from '../fixes/fix.ts';
import { lookAtAnswer, lookAtFailure, looked, lookAtQuery, type Look } from '../fixes/health.ts';
import { probeHttp, probeTcp } from '../fixes/probes.ts';
import { askMetrics, type Askable } from './ask-metrics.ts';

export interface LookParts {
  readonly metricsSources: readonly Askable[];
  readonly fixes: readonly CompiledFix[];
}

/** One look by the probe that the plan names. @param labels of the incident */
export async function look(
  { metricsSources, fixes }: LookParts,
  plan: FixPlan,
  labels: Labels,
  signal: AbortSignal,
): Promise<Look> {
  const { verify } = plan;
  switch (verify.kind) {
    case 'promql':
      return lookAtQuery(verify.query, await askMetrics(metricsSources, verify, labels, signal));
    case 'http': {
      const written = fixes.find(({ fix }) => fix.id === plan.fix)?.fix.verify;
      const dialling = written?.kind === 'http' ? written : {};
      return lookAtAnswer(verify, await probeHttp(verify, dialling, signal));
    }
    case 'tcp': {
      const address = `${verify.host}:${verify.port}`;
      const outcome = await probeTcp(verify, signal);
      return outcome.ok ? looked('healthy', `${address} takes connections`) : lookAtFailure(address, outcome);
    }
  }
}

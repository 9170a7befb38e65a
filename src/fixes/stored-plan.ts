import type { FixPlan } from './fix.ts';

/** The plan of an attempt as the journal keeps it. Before probes had kinds, all of them were queries. */
export function readPlan(json: string): FixPlan {
  const plan = JSON.parse(json) as FixPlan;
  return { ...plan, verify: { ...{ kind: 'promql' }, ...plan.verify } };
}

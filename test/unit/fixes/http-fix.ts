import type { CompiledFix, FixPlan } from '../../../src/fixes/fix.ts';
import type { HttpAction } from '../../../src/fixes/rendered-action.ts';
import { planFix, type Planned } from '../../../src/fixes/plan.ts';
import { compiledOf, factsWith, fakeExecutor } from './example-fix.ts';

/** Parameters that let everything pass: the request itself must keep it in its place. */
const ANY = { a: { from: 'labels.a', pattern: '.*' }, b: { from: 'labels.b', pattern: '.*' } };

/** A fix that sends a request; its target is fixed, so that no parameter need stand in the request. */
export function requestFix(
  action: Record<string, unknown> = {},
  more: { target?: string; verify?: Record<string, unknown> } = {},
): CompiledFix {
  return compiledOf({
    executor: 'deploy',
    target: more.target ?? 'checkout',
    action: { kind: 'http', url: 'https://deploy.example.org/roll-back', parameters: ANY, ...action },
    guards: {},
    verify: more.verify ?? { kind: 'promql', query: 'up == 1' },
  });
}

export function planRequest(fix: CompiledFix, labels: Record<string, string> = { a: 'x', b: 'y' }): Planned {
  return planFix(fix, 'automatic', factsWith(labels), [fakeExecutor({ name: 'deploy', kind: 'http' })]);
}

/** The plan, where there must be one. */
export function plannedRequest(fix: CompiledFix, labels?: Record<string, string>): FixPlan & { action: HttpAction } {
  const planned = planRequest(fix, labels);
  if (!planned.ok) throw new Error(planned.reasons.join('; '));
  const { action } = planned.plan;
  if (action.kind !== 'http') throw new Error(`the action is of kind ${action.kind}`);
  return { ...planned.plan, action };
}

/** The reasons, where there must be some. */
export function refusedRequest(fix: CompiledFix, labels?: Record<string, string>): string {
  const planned = planRequest(fix, labels);
  return planned.ok ? 'planned' : planned.reasons.join('; ');
}

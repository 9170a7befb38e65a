import { knownFix, type KnownFix } from '../../../src/config/rules-schema.ts';
import { labelSet } from '../../../src/domain/alert.ts';
import type { Executor } from '../../../src/fixes/executor.ts';
import type { AlertFacts, CompiledFix, FixFacts, FixPlan } from '../../../src/fixes/fix.ts';
import { planFix } from '../../../src/fixes/plan.ts';
import { compileFixes } from '../../../src/fixes/select-fix.ts';

/** The fix of the contract's example, as it is written in YAML. */
export const EXAMPLE = {
  id: 'restart-unit',
  title: 'Restart the failed systemd unit',
  applies_to: {
    categories: ['software-installation-failure', 'cloud-service-interruption'],
    matchers: ['alertname="SystemdUnitFailed"'],
    sources: ['alertmanager'],
  },
  mode: 'dry_run',
  overrides: [{ matchers: ['environment="staging"'], mode: 'automatic' }],
  executor: 'local',
  target: '{{ host }}',
  action: {
    kind: 'command',
    argv: ['/usr/bin/ssh', 'tierbell@{{ host }}', 'systemctl', 'restart', '--', '{{ unit }}'],
    parameters: {
      unit: { from: 'labels.name', pattern: String.raw`[a-z0-9@._-]{1,64}\.service` },
      host: { from: 'labels.instance', pattern: '(?P<value>[a-z0-9.-]{1,253})(:[0-9]+)?' },
    },
    timeout: '60s',
  },
  guards: {
    cooldown: '30m',
    max_per_hour: 3,
    max_targets: 1,
    population: { promql: 'count(up{job="node"})' },
    precondition: { promql: 'up{instance="{{ labels.instance }}"} == 1' },
  },
  verify: {
    kind: 'promql',
    query: 'node_systemd_unit_state{instance="{{ labels.instance }}",name="{{ unit }}",state="active"} == 1',
    for: '5m',
    timeout: '10m',
  },
};

type Written = { [K in keyof typeof EXAMPLE]?: unknown };

export function fixOf(change: Written = {}): KnownFix {
  return knownFix.parse({ ...EXAMPLE, ...change });
}

export function compiledOf(change: Written = {}): CompiledFix {
  return compileFixes([fixOf(change)])[0] as CompiledFix;
}

/** A fix whose argv and parameters are these; it acts on the bridge unless the argv names the target. */
export function commandFix(
  argv: readonly string[],
  parameters: Record<string, { from: string; pattern: string }>,
): CompiledFix {
  return compiledOf({
    target: '{{ labels.instance }}',
    action: { kind: 'command', argv, parameters, timeout: '5s', runs_on: 'bridge' },
    guards: {},
    verify: { kind: 'promql', query: 'up == 1' },
  });
}

export function alertOf(labels: Record<string, string> = {}): AlertFacts {
  const all = { alertname: 'SystemdUnitFailed', instance: 'db-1:9100', name: 'nginx.service', ...labels };
  return { labels: labelSet(Object.entries(all)), annotations: labelSet([['summary', 'nginx is down']]) };
}

export function factsWith(labels: Record<string, string> = {}, more: Partial<FixFacts> = {}): FixFacts {
  const alert = alertOf(labels);
  return {
    ...alert,
    source: 'alertmanager',
    category: 'software-installation-failure',
    incident: labelSet([['id', 'INC-7']]),
    firing: [alert],
    hidden: 0,
    ...more,
  };
}

export function fakeExecutor(change: Partial<Executor> = {}): Executor {
  return {
    name: 'local',
    kind: 'command',
    serves: () => true,
    refuses: () => null,
    run: () => Promise.reject(new Error('nothing runs in a unit test')),
    ...change,
  };
}

/** The plan, where there must be one. */
export function planOf(compiled: CompiledFix = compiledOf(), facts: FixFacts = factsWith()): FixPlan {
  const planned = planFix(compiled, 'automatic', facts, [fakeExecutor()]);
  if (!planned.ok) throw new Error(planned.reasons.join('; '));
  return planned.plan;
}

/** The argv of a plan, whose action must be a command. */
export function argvOf({ action }: FixPlan): readonly string[] {
  if (action.kind !== 'command') throw new Error(`the action is of kind ${action.kind}`);
  return action.argv;
}

/** The reasons, where there must be some. */
export function reasonsOf(
  compiled: CompiledFix,
  facts: FixFacts = factsWith(),
  executors: readonly Executor[] = [fakeExecutor()],
): string {
  const planned = planFix(compiled, 'automatic', facts, executors);
  return planned.ok ? 'planned' : planned.reasons.join('; ');
}

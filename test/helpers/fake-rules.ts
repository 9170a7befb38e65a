import type { Category, Classification } from '../../src/domain/category.ts';
import { prioritise } from '../../src/domain/priority.ts';
import { compileServices } from '../../src/incidents/services.ts';
import type { Policy, PolicyStep, Rules, SelectedFix } from '../../src/incidents/rules.ts';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

/** The same time for every priority; null for `off`. */
export function always(ms: number | null): PolicyStep['ackTimeoutMs'] {
  return { P1: ms, P2: ms, P3: ms, P4: ms };
}

/** Level 2 as in the documented example; the parts that a test is about are changed. */
export function levelTwo(change: Partial<PolicyStep> = {}): PolicyStep {
  return {
    level: '2',
    notify: ['level2'],
    inform: ['service-desk'],
    ackTimeoutMs: { P1: 5 * MINUTE, P2: 15 * MINUTE, P3: 4 * HOUR, P4: null },
    requiresApproval: false,
    ...change,
  };
}

export function levelThree(change: Partial<PolicyStep> = {}): PolicyStep {
  return {
    level: '3',
    notify: ['level3'],
    inform: [],
    ackTimeoutMs: always(15 * MINUTE),
    requiresApproval: false,
    ...change,
  };
}

export function vendor(): PolicyStep {
  return { level: 'x', notify: ['vendors'], inform: [], ackTimeoutMs: always(null), requiresApproval: true };
}

/** The documented example of an escalation policy. */
export function policyOf(change: Partial<Policy> = {}): Policy {
  return {
    name: 'default',
    steps: [levelTwo(), levelThree(), vendor()],
    maxTimeAtLevelMs: { '2': { P1: 20 * MINUTE, P2: 60 * MINUTE, P3: 8 * HOUR, P4: null } },
    immediately: [{ category: 'data-security-breach', minConfidence: 0.8 }, { priority: 'P1' }],
    ...change,
  };
}

export function judged(category: Category, confidence = 0.9): Classification {
  return { category, confidence, method: 'rule', reasons: [`it looks like ${category}`], alternatives: [] };
}

export const RESTART: SelectedFix = { id: 'restart', title: 'Restart it', mode: 'automatic', overdueMs: 12 * MINUTE };

const CHANNELS: Readonly<Record<string, readonly string[]>> = {
  level2: ['l2-slack'],
  level3: ['l3-mail', 'l3-hook'],
  vendors: ['vendor-mail'],
  'service-desk': ['desk-mail'],
};

/** Decisions without a configuration: the documented example, and what a test changes of it. Nobody stands behind `nobody`. */
export function rulesOf(change: Partial<Rules> & { steps?: readonly PolicyStep[] } = {}): Rules {
  const { steps, ...more } = change;
  const policy = policyOf(steps === undefined ? {} : { steps });
  return {
    mode: 'full',
    groupingBy: ['groupKey', 'alertname'],
    resolveHoldMs: 2 * MINUTE,
    reopenWithinMs: HOUR,
    settleMs: 15 * MINUTE,
    closeAfterMs: 72 * HOUR,
    keepOpen: ({ level, classification }) => {
      if (classification.category === 'data-security-breach') return 'a data security breach is closed by a person';
      return level === '3' ? 'what Level 3 holds is closed by a person' : null;
    },
    classify: () => judged('cloud-service-interruption'),
    policyFor: () => policy,
    policy: () => policy,
    selectFix: () => null,
    procedure: () => [],
    noLogs: () => null,
    asksOthers: false,
    ownerOf: () => null,
    isTeam: () => false,
    services: compileServices([]),
    prioritise: ({ severity, impact }, urgency) =>
      prioritise({
        ...{ severity, targets: impact.targets, runsOutInMs: null, service: null },
        ...(urgency === undefined ? {} : { urgency }),
      }),
    channelsOf: (names) => [
      ...new Set(names.flatMap((name) => CHANNELS[name] ?? (/-|fallback/.test(name) ? [name] : []))),
    ],
    fallback: ['fallback-mail'],
    observers: [],
    ...more,
  };
}

import { shippedModel } from './category-model.ts';
import { compileClassifier } from './classify/classifier.ts';
import { expressionOf } from './classify/facts.ts';
import { runsOutInMs } from './classify/runs-out.ts';
import type { Config } from './config/schema.ts';
import type { EscalationPolicy } from './config/rules-schema.ts';
import { CATEGORY_TITLES } from './domain/category.ts';
import { matchesAll, parseMatcher } from './domain/matcher.ts';
import type { OwnerRole } from './domain/owner.ts';
import { prioritise } from './domain/priority.ts';
import { KILL_GRACE_MS, type CompiledFix } from './fixes/fix.ts';
import { selectFix } from './fixes/select-fix.ts';
import { compileOwners } from './incidents/owners.ts';
import { compileProcedures } from './incidents/procedure.ts';
import { compileServices } from './incidents/services.ts';
import { NO_LOG_STORE } from './evidence/log-store.ts';
import { isOwnEvent, type Policy, type Rules } from './incidents/rules.ts';

const NEVER = { P1: null, P2: null, P3: null, P4: null };

/** The configuration as decisions. Everything that can be compiled is compiled once, here. */
export function compileRules(config: Config, fixes: readonly CompiledFix[]): Rules {
  const policies = config.escalation_policies.map((policy) => ({
    matchers: policy.matchers.map(parseMatcher),
    policy: toPolicy(policy),
  }));
  const last = lastResort(config);
  const logs = config.logs.map(({ matchers }) => matchers.map(parseMatcher));
  const classifier = compileClassifier(config.categories, {
    threshold: config.classification.threshold,
    model: shippedModel,
  });
  const channelsOf = channelLookUp(config);
  const procedures = compileProcedures(config.procedures);
  const services = compileServices(config.services);
  return {
    mode: config.mode,
    groupingBy: config.grouping.by,
    resolveHoldMs: config.flap.resolve_hold,
    reopenWithinMs: config.flap.reopen_within,
    settleMs: config.flap.settle,
    closeAfterMs: config.resolution.close_after,
    keepOpen(incident) {
      for (const rule of config.resolution.keep_open) {
        if ('category' in rule && rule.category === incident.classification.category)
          return `a ${CATEGORY_TITLES[rule.category].toLowerCase()} is closed by a person`;
        if ('level' in rule && rule.level === incident.level)
          return `what Level ${rule.level} holds is closed by a person`;
      }
      return null;
    },
    classify: ({ generatorURL, ...facts }) => classifier.classify({ ...facts, expression: expressionOf(generatorURL) }),
    noLogs: (labels) => (logs.some((matchers) => matchesAll(matchers, labels)) ? null : NO_LOG_STORE),
    asksOthers:
      config.metrics.length + config.providers.length > 0 || config.sources.some(({ kind }) => kind === 'change'),
    policyFor: (labels, source) =>
      isOwnEvent(source, labels)
        ? last
        : (policies.find(({ matchers }) => matchesAll(matchers, labels))?.policy ?? last),
    policy: (name) => policies.find(({ policy }) => policy.name === name)?.policy ?? last,
    selectFix(incident) {
      const selected = selectFix(fixes, incident);
      if (selected === null) return null;
      const { id, title, action, verify } = selected.fix.fix;
      return { id, title, mode: selected.mode, overdueMs: action.timeout + KILL_GRACE_MS + verify.timeout };
    },
    procedure: (category) => procedures.get(category) ?? [],
    ownerOf: compileOwners(config.owners, config.teams, services),
    services,
    prioritise: ({ severity, impact, service, annotations, generatorURL }, urgency) =>
      prioritise(
        {
          ...{ severity, targets: impact.targets, service: services.named(service) },
          runsOutInMs: runsOutInMs(annotations, generatorURL),
          ...(urgency === undefined ? {} : { urgency }),
        },
        config.priority.matrix,
      ),
    isTeam: (name) => config.teams.some((team) => team.name === name),
    channelsOf,
    fallback: channelsOf(config.fallback.notify, ''),
    observers: config.channels.filter(({ observe }) => observe).map(({ name }) => name),
  };
}

function toPolicy(policy: EscalationPolicy): Policy {
  return {
    name: policy.name,
    steps: policy.steps.map((step) => ({
      level: step.level,
      notify: step.notify,
      inform: step.inform,
      ackTimeoutMs: step.ack_timeout ?? NEVER,
      requiresApproval: step.requires_approval,
    })),
    maxTimeAtLevelMs: policy.max_time_at_level ?? {},
    immediately: policy.immediately.map((rule) =>
      'category' in rule ? { category: rule.category, minConfidence: rule.min_confidence } : rule,
    ),
  };
}

/** No policy fits an alert: somebody hears of it all the same. */
function lastResort(config: Config): Policy {
  const step = {
    level: '2' as const,
    notify: config.fallback.notify,
    inform: [],
    ackTimeoutMs: NEVER,
    requiresApproval: false,
  };
  return { name: 'fallback', steps: [step], maxTimeAtLevelMs: {}, immediately: [] };
}

/** Names of teams, people, channels and the owner → channels, each once, in order. */
function channelLookUp(config: Config): Rules['channelsOf'] {
  const groups = new Map<string, readonly string[]>([
    ...config.channels.map(({ name }) => [name, [name]] as const),
    ...config.people.map(({ name, channels }) => [name, channels] as const),
    ...config.teams.map(({ name, channels }) => [name, channels] as const),
  ]);
  const expand = (name: string, depth: number): readonly string[] => {
    const members = groups.get(name) ?? [];
    if (depth > 4 || (members.length === 1 && members[0] === name)) return members;
    return members.flatMap((member) => expand(member, depth + 1));
  };
  const ofOwner = new Map<string, Readonly<Record<OwnerRole, readonly string[]>>>(
    config.teams.map(({ name, channels, level2, level3 }) => [
      name,
      { 'owner.level2': level2 ?? channels, 'owner.level3': level3 ?? channels },
    ]),
  );
  return (names, team) => {
    const owner = ofOwner.get(team);
    return [...new Set(names.flatMap((name) => (isOwnerRole(name) ? (owner?.[name] ?? []) : expand(name, 0))))];
  };
}

function isOwnerRole(name: string): name is OwnerRole {
  return name === 'owner.level2' || name === 'owner.level3';
}

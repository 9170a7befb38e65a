import { z } from 'zod';
import { channelConfig } from '../channels/registry.ts';
import { logStoreConfig } from '../evidence/registry.ts';
import { executorConfig } from '../fixes/registry.ts';
import { metricsSourceConfig } from '../metrics/registry.ts';
import { providerConfig } from '../providers/registry.ts';
import { sourceConfig } from '../sources/registry.ts';
import { category, decidedCategory, duration, level, name } from './fields.ts';
import { priorityMatrix } from './priority-matrix.ts';
import type { CategoryRule, EscalationPolicy, KnownFix, Procedure, ServiceEntry } from './rules-schema.ts';

export const person = z.strictObject({
  name,
  email: z.email().optional(),
  /** The member's id in Slack: who presses a button there is this person. */
  slack: z
    .string()
    .regex(/^[UW][A-Z0-9]{2,20}$/, 'the id of a member such as U0123ABCD (in the profile in Slack, under "More")')
    .optional(),
  channels: z.array(name).default([]),
});
export type Person = z.output<typeof person>;

export const team = z.strictObject({
  name,
  channels: z.array(name).min(1),
  /** Whom `owner.level2` and `owner.level3` mean where this team owns the incident; without them, `channels`. */
  level2: z.array(name).min(1).optional(),
  level3: z.array(name).min(1).optional(),
  confidential: z.boolean().default(false),
});
export type Team = z.output<typeof team>;

/** Who owns an incident: a team by its category, the team that a label names or that owns the service, or one for all that is left. */
export const owner = z.union([
  z.strictObject({ category, team: name }),
  z.strictObject({ from: z.string().regex(/^(labels\..+|service)$/, 'labels.NAME, such as labels.team, or service') }),
  z.strictObject({ team: name }),
]);
export type Owner = z.output<typeof owner>;

/** What is younger may still be worked on, however slowly. */
const anHour = [
  (ms: number): boolean => ms >= 3_600_000,
  { error: 'too short', params: { allowed: 'at least 1h, such as 14d' } },
] as const;

/** `rules/tierbell.yaml`. Keys stay snake_case as written; durations become milliseconds, sizes bytes. */
export const mainFile = z.strictObject({
  mode: z.enum(['observe', 'notify', 'full']).default('full'),
  sources: z.array(sourceConfig).min(1),
  logs: z.array(logStoreConfig).default([]),
  executors: z.array(executorConfig).default([]),
  metrics: z.array(metricsSourceConfig).default([]),
  providers: z.array(providerConfig).default([]),
  channels: z.array(channelConfig).min(1),
  people: z.array(person).default([]),
  teams: z.array(team).default([]),
  /** The first that yields a known team owns the incident. */
  owners: z.array(owner).default([]),
  /** Below this confidence an alert stays unclassified and a person decides; 0 always decides. */
  classification: z.strictObject({ threshold: z.number().min(0).max(1).default(0.5) }).prefault({}),
  /** What urgency and impact make together; cells that are left out are as they ship. */
  priority: z.strictObject({ matrix: priorityMatrix }).prefault({}),
  grouping: z.strictObject({ by: z.array(z.string().min(1)).min(1) }).prefault({ by: ['groupKey', 'alertname'] }),
  flap: z
    .strictObject({
      resolve_hold: duration.default(120_000),
      reopen_within: duration.default(3_600_000),
      settle: duration.default(900_000),
    })
    .prefault({}),
  resolution: z
    .strictObject({
      keep_open: z
        .array(z.union([z.strictObject({ category: decidedCategory }), z.strictObject({ level })]))
        .default([]),
      close_after: duration.default(259_200_000),
    })
    .prefault({}),
  /** How long bodies are kept; what is left out is kept for ever. */
  retention: z
    .strictObject({
      deliveries: duration.refine(...anHour).optional(),
      evidence: duration.refine(...anHour).optional(),
    })
    .prefault({}),
  fallback: z.strictObject({ notify: z.array(name).min(1) }),
  rule_files: z.array(z.string().min(1)).min(1),
});
export type MainFile = z.output<typeof mainFile>;

/** The whole configuration: the main file and the rule files together. Plain data, so that it can go to a worker thread. */
export interface Config extends Omit<MainFile, 'rule_files'> {
  readonly categories: readonly CategoryRule[];
  readonly known_fixes: readonly KnownFix[];
  readonly escalation_policies: readonly EscalationPolicy[];
  readonly procedures: readonly Procedure[];
  readonly services: readonly ServiceEntry[];
}

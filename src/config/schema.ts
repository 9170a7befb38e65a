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
  slack: z
    .string()
    .describe("The member's id in Slack: who presses a button there is this person")
    .regex(/^[UW][A-Z0-9]{2,20}$/, 'the id of a member such as U0123ABCD (in the profile in Slack, under "More")')
    .optional(),
  channels: z.array(name).describe('Where this person is told').default([]),
});
export type Person = z.output<typeof person>;

export const team = z.strictObject({
  name,
  channels: z.array(name).min(1).describe('Where this team is told'),
  level2: z
    .array(name)
    .min(1)
    .describe('Whom owner.level2 means where this team owns the incident; its channels where left out')
    .optional(),
  level3: z
    .array(name)
    .min(1)
    .describe('Whom owner.level3 means where this team owns the incident; its channels where left out')
    .optional(),
  confidential: z.boolean().describe('Nobody else is told details of what it owns').default(false),
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
  mode: z
    .enum(['observe', 'notify', 'full'])
    .describe('observe: evidence and category only; notify: people are told, no fix runs; full: everything')
    .default('full'),
  sources: z.array(sourceConfig).min(1).describe('Who sends alerts'),
  logs: z.array(logStoreConfig).describe('Where log lines come from, for the evidence').default([]),
  executors: z.array(executorConfig).describe('What known fixes may reach; nothing else can be').default([]),
  metrics: z
    .array(metricsSourceConfig)
    .describe('Whom known fixes and services ask: before, after, and how many are hit')
    .default([]),
  providers: z.array(providerConfig).describe('Status pages of those we depend on, as evidence').default([]),
  channels: z.array(channelConfig).min(1).describe('How people and machines are told'),
  people: z.array(person).describe('Who may be named in teams, policies and by buttons').default([]),
  teams: z.array(team).describe('Who may be named in policies and may own incidents').default([]),
  owners: z.array(owner).describe('Who owns an incident: the first that yields a known team').default([]),
  classification: z
    .strictObject({
      threshold: z
        .number()
        .min(0)
        .max(1)
        .describe('Below this confidence an alert stays unclassified and a person decides; 0 always decides')
        .default(0.5),
    })
    .describe('How sure a category must be')
    .prefault({}),
  priority: z
    .strictObject({ matrix: priorityMatrix })
    .describe('What urgency and impact make together; cells that are left out are as they ship')
    .prefault({}),
  grouping: z
    .strictObject({ by: z.array(z.string().min(1)).min(1).describe('groupKey, alertname, or names of labels') })
    .describe('Which alerts are one incident: groupKey, alertname, or names of labels')
    .prefault({ by: ['groupKey', 'alertname'] }),
  flap: z
    .strictObject({
      resolve_hold: duration.describe('So long all alerts are quiet before an incident is resolved').default(120_000),
      reopen_within: duration.describe('Firing again within this, it is the same incident').default(3_600_000),
      settle: duration.describe('Resolved by a person while it still fires: it reopens after this').default(900_000),
    })
    .describe('How alerts that come and go are held together')
    .prefault({}),
  resolution: z
    .strictObject({
      keep_open: z
        .array(z.union([z.strictObject({ category: decidedCategory }), z.strictObject({ level })]))
        .describe('Where a person resolves, although the alerts are quiet')
        .default([]),
      close_after: duration.describe('Resolved for so long, an incident is closed for good').default(259_200_000),
    })
    .describe('What ends an incident')
    .prefault({}),
  retention: z
    .strictObject({
      deliveries: duration
        .refine(...anHour)
        .describe('Bodies as senders sent them')
        .optional(),
      evidence: duration
        .refine(...anHour)
        .describe('Raw logs and bundles')
        .optional(),
    })
    .describe('How long bodies are kept; what is left out is kept for ever')
    .prefault({}),
  fallback: z
    .strictObject({ notify: z.array(name).min(1).describe('Teams, people or channels') })
    .describe('Whoever hears of what nobody received'),
  shadow: z
    .strictObject({
      rules: z
        .string()
        .min(1)
        .describe('A main file, a folder with a tierbell.yaml, or a folder with rule files alone'),
    })
    .describe(
      'Other rules that run beside these on what comes in: nothing is sent, and what they decide otherwise is told',
    )
    .optional(),
  rule_files: z
    .array(z.string().min(1))
    .min(1)
    .describe('Files beside this one, or patterns such as known-fixes/*.yaml, with the rules'),
});
export type MainFile = z.output<typeof mainFile>;

/** The whole configuration: the main file and the rule files together. Plain data, so that it can go to a worker thread. */
export interface Config extends Omit<MainFile, 'rule_files' | 'shadow'> {
  /** The rules that run beside these, and where they lie, as it is written. */
  readonly shadow?: { readonly rules: string; readonly config: Config };
  readonly categories: readonly CategoryRule[];
  readonly known_fixes: readonly KnownFix[];
  readonly escalation_policies: readonly EscalationPolicy[];
  readonly procedures: readonly Procedure[];
  readonly services: readonly ServiceEntry[];
}

import { z } from 'zod';
import {
  category,
  decidedCategory,
  dialling,
  duration,
  httpAddress,
  level,
  linearPattern,
  matchers,
  name,
  nameBut,
  positiveDuration,
  priority,
} from './fields.ts';

/** The rule files: each holds one of these top keys. Keys stay snake_case as written; durations become milliseconds. */

export const categoryRule = z.strictObject({
  id: name,
  category: decidedCategory,
  /** Any one of these is enough; each matching rule adds its weight. */
  any: z
    .array(
      z.union([
        z.strictObject({ matchers }),
        z.strictObject({ words: z.array(z.string().min(2)).min(1) }),
        z.strictObject({ log: linearPattern }),
      ]),
    )
    .min(1),
  /** Without one, a rule decides by itself; the model counts as one of weight 2 at most. */
  weight: z.number().positive().max(100).default(3),
  reason: z.string().min(3),
});
export type CategoryRule = z.output<typeof categoryRule>;

const parameter = z.strictObject({
  /** `labels.NAME`, `annotations.NAME`, or `incident.FIELD`. */
  from: z.string().regex(/^(labels|annotations|incident)\..+$/, 'labels.NAME, annotations.NAME or incident.FIELD'),
  /** Anchored, linear-time; the group `value` is taken where there is one. */
  pattern: linearPattern,
});

const commandAction = z.strictObject({
  kind: z.literal('command'),
  argv: z.array(z.string()).min(1),
  parameters: z.record(z.string(), parameter).default({}),
  timeout: positiveDuration.default(60_000),
  /** `bridge`: it is meant to act on the bridge's own host, so no parameter need name a target. */
  runs_on: z.literal('bridge').optional(),
});

const httpStatus = z.number().int().min(200).max(499);
/** One status or several. */
const httpStatuses = z.union([httpStatus, z.array(httpStatus).min(1)]).transform((one) => [one].flat());

/** What an answer may say of a state: compared as text. */
const stateWord = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const httpAction = z.strictObject({
  kind: z.literal('http'),
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE', 'GET']).default('POST'),
  /** Blanks in segments of the path and in values of the query; they are percent-encoded. */
  url: z.string().min(1),
  /** Logins belong to the executor. */
  headers: z.record(z.string(), z.string()).default({}),
  /** A map or list is sent as JSON, values of blanks within its strings; text as it is. */
  body: z.union([z.record(z.string(), z.json()), z.array(z.json()), z.string()]).optional(),
  parameters: z.record(z.string(), parameter).default({}),
  timeout: positiveDuration.default(60_000),
  /** Without it every 2xx is success. */
  expect: z.strictObject({ status: httpStatuses }).optional(),
  /** Follows what the request only began. */
  poll: z
    .strictObject({
      /** May hold `{{ attempt.id }}` and `{{ response.FIELD }}` besides parameters. */
      url: z.string().min(1),
      /** Where the state stands in the answer, RFC 6901. */
      pointer: z.string(),
      success: z.array(stateWord).min(1),
      failure: z.array(stateWord).default([]),
      interval: positiveDuration.default(5_000),
    })
    .optional(),
});

const promqlCheck = z.strictObject({ promql: z.string().min(1), metrics: name.optional() });

const verifyingFor = {
  /** How long it must stay healthy without a break. */
  for: duration.default(300_000),
  /** After which it counts as unverified. */
  timeout: positiveDuration.default(600_000),
};

const verification = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('promql'), query: z.string().min(1), metrics: name.optional(), ...verifyingFor }),
  z.strictObject({
    kind: z.literal('http'),
    url: z.string().min(1),
    status: httpStatuses.default([200]),
    /** Words that must stand in the body. */
    contains: z.string().min(1).optional(),
    ...dialling,
    ...verifyingFor,
  }),
  /** `host:port`; healthy where it takes a connection. */
  z.strictObject({ kind: z.literal('tcp'), address: z.string().min(1), ...verifyingFor }),
]);

export const knownFix = z.strictObject({
  id: name,
  title: z.string().min(3),
  applies_to: z.strictObject({
    categories: z.array(decidedCategory).optional(),
    matchers: matchers.default([]),
    sources: z.array(name).min(1),
  }),
  mode: z.enum(['dry_run', 'approval', 'automatic']).default('dry_run'),
  overrides: z.array(z.strictObject({ matchers, mode: z.enum(['dry_run', 'approval', 'automatic']) })).default([]),
  executor: name.optional(),
  target: z.string().min(1),
  action: z.discriminatedUnion('kind', [commandAction, httpAction]),
  guards: z
    .strictObject({
      cooldown: duration.default(1_800_000),
      max_per_hour: z.number().int().positive().default(3),
      max_targets: z.number().int().positive().default(1),
      population: promqlCheck.optional(),
      precondition: promqlCheck.optional(),
    })
    .prefault({}),
  verify: verification,
});
export type KnownFix = z.output<typeof knownFix>;

/** `5m` for every priority, or one by priority; `off` means never. The result is milliseconds or null for each priority. */
export const byPriority = z
  .union([duration, z.strictObject({ P1: offOr(), P2: offOr(), P3: offOr(), P4: offOr() }).partial()])
  .transform((value) =>
    typeof value === 'number'
      ? { P1: value, P2: value, P3: value, P4: value }
      : { P1: value.P1 ?? null, P2: value.P2 ?? null, P3: value.P3 ?? null, P4: value.P4 ?? null },
  );

function offOr() {
  // YAML 1.2 keeps `off` a string; a quoted or a 1.1 reader's `false` means the same.
  return z.union([z.literal('off').transform(() => null), z.literal(false).transform(() => null), duration]);
}

const step = z.strictObject({
  level,
  /** Teams, people or channels. */
  notify: z.array(name).min(1),
  ack_timeout: byPriority.optional(),
  inform: z.array(name).default([]),
  requires_approval: z.boolean().default(false),
});

export const escalationPolicy = z.strictObject({
  name: nameBut('fallback'),
  matchers: matchers.default([]),
  steps: z.array(step).min(1),
  max_time_at_level: z.partialRecord(z.enum(['1', '2', '3', 'x']), byPriority).optional(),
  immediately: z
    .array(
      z.union([
        z.strictObject({ category, min_confidence: z.number().min(0).max(1).default(0) }),
        z.strictObject({ priority }),
      ]),
    )
    .default([]),
});
export type EscalationPolicy = z.output<typeof escalationPolicy>;

/** What each level does for a category; texts and links may hold blanks. */
export const procedure = z.strictObject({
  category,
  level,
  steps: z
    .array(z.strictObject({ id: name, text: z.string().min(3).max(500), link: z.string().max(2000).default('') }))
    .min(1),
});
export type Procedure = z.output<typeof procedure>;

/** A service: who owns it, how much hangs on it, what it needs, and whom and what to ask when it fails. */
export const service = z.strictObject({
  name,
  team: name.optional(),
  /** 1: the business stands on it; 4: nobody waits for it. */
  tier: z.number().int().min(1).max(4).optional(),
  /** Which alerts are about it; without any, those whose label `service`, `app` or `job` says its name. */
  matchers: matchers.default([]),
  depends_on: z.array(name).default([]),
  skills: z.array(name).default([]),
  runbook: httpAddress.optional(),
  /** Whom to ask, as people write it. */
  contacts: z.array(z.string().min(1).max(200)).max(20).default([]),
  /** Asked once when an incident opens; one number. */
  impact_query: z
    .strictObject({
      promql: z
        .string()
        .min(1)
        .max(4000)
        .refine((text) => !text.includes('{{'), {
          error: 'blanks are not filled here',
          params: { allowed: 'PromQL without {{ }}: it is about the whole service' },
        }),
      unit: z.string().min(1).max(60),
      metrics: name.optional(),
    })
    .optional(),
});
export type ServiceEntry = z.output<typeof service>;

/** What a rule file may hold: any of these keys, at least one. */
export const ruleFile = z.strictObject({
  categories: z.array(categoryRule).optional(),
  known_fixes: z.array(knownFix).optional(),
  escalation_policies: z.array(escalationPolicy).optional(),
  procedures: z.array(procedure).optional(),
  services: z.array(service).optional(),
});

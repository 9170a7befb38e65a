import { z } from 'zod';
import {
  category,
  decidedCategory,
  dialling,
  duration,
  httpAddress,
  level,
  linearPattern,
  logPattern,
  matchers,
  name,
  nameBut,
  positiveDuration,
  priority,
} from './fields.ts';

/** The rule files: each holds one of these top keys. Keys stay snake_case as written; durations become milliseconds. */

/** `<*>` stands for anything, as `tierbell logs templates` prints it; without other words it would fit every line. */
const template = z
  .string()
  .max(500)
  .refine((text) => /[\p{L}\p{N}]{3}/u.test(text.replaceAll('<*>', ' ')), {
    error: 'words with <*> between them, such as connection to <*> refused',
  })
  .describe('As tierbell logs templates prints it; fits where the logs have it newly, or more often than before');

export const categoryRule = z.strictObject({
  id: name,
  category: decidedCategory.describe('For which it speaks'),
  any: z
    .array(
      z.union([
        z.strictObject({ matchers }),
        z.strictObject({
          words: z
            .array(z.string().min(2).max(200))
            .min(1)
            .describe('One of these words or phrases stands in its name, expression, an annotation or a telling label'),
        }),
        z.strictObject({ log: logPattern.describe('A collected log line contains it (RE2)') }),
        z.strictObject({ template }),
      ]),
    )
    .min(1)
    .describe('Any one of these is enough'),
  weight: z
    .number()
    .positive()
    .max(100)
    .describe('1 a hint, 2 likely, 3 as good as said, 5 certain; the model counts as 2 at most')
    .default(3),
  reason: z.string().min(3).max(500).describe('Why, as people read it'),
});
export type CategoryRule = z.output<typeof categoryRule>;

const parameter = z.strictObject({
  from: z
    .string()
    .regex(/^(labels|annotations|incident)\..+$/, 'labels.NAME, annotations.NAME or incident.FIELD')
    .describe('labels.NAME, annotations.NAME or incident.FIELD'),
  pattern: linearPattern.describe('RE2, must fit all of it; the group (?P<value>…) is taken where there is one'),
});

const parameters = z
  .record(z.string(), parameter)
  .describe('What blanks are filled with: alert text reaches a fix only through a pattern')
  .default({});

const commandAction = z.strictObject({
  kind: z.literal('command'),
  argv: z.array(z.string()).min(1).describe('The program and its arguments; no shell. Blanks: {{ parameter }}'),
  parameters,
  timeout: positiveDuration.describe('After which the program is ended').default(60_000),
  runs_on: z
    .literal('bridge')
    .describe("It is meant to act on the bridge's own host, so no parameter need name a target")
    .optional(),
});

const httpStatus = z.number().int().min(200).max(499);
/** One status or several. */
const httpStatuses = z.union([httpStatus, z.array(httpStatus).min(1)]).transform((one) => [one].flat());

/** What an answer may say of a state: compared as text. */
const stateWord = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const httpAction = z.strictObject({
  kind: z.literal('http'),
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE', 'GET']).default('POST'),
  url: z.string().min(1).describe('Blanks in segments of the path and in values of the query are percent-encoded'),
  headers: z.record(z.string(), z.string()).describe('Logins belong to the executor').default({}),
  body: z
    .union([z.record(z.string(), z.json()), z.array(z.json()), z.string()])
    .describe('A map or list is sent as JSON, values of blanks within its strings; text as it is')
    .optional(),
  parameters,
  timeout: positiveDuration.describe('Of the request').default(60_000),
  expect: z.strictObject({ status: httpStatuses }).describe('Without it every 2xx is success').optional(),
  poll: z
    .strictObject({
      url: z.string().min(1).describe('May hold {{ attempt.id }} and {{ response.FIELD }} besides parameters'),
      pointer: z.string().describe('Where the state stands in the answer, such as /status (RFC 6901)'),
      success: z.array(stateWord).min(1),
      failure: z.array(stateWord).default([]),
      interval: positiveDuration.default(5_000),
    })
    .describe('Follows what the request only began')
    .optional(),
});

const metrics = name.describe('Which metrics source is asked, where there are several').optional();

const promqlCheck = z.strictObject({
  promql: z.string().min(1).describe('PromQL; blanks such as {{ labels.instance }} are escaped for where they stand'),
  metrics,
});

const verifyingFor = {
  for: duration.describe('How long it must stay healthy without a break').default(300_000),
  timeout: positiveDuration.describe('After which it counts as unverified').default(600_000),
};

const verification = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('promql'),
    query: z.string().min(1).describe('PromQL with a comparison, such as up == 1: it has a result while all is well'),
    metrics,
    ...verifyingFor,
  }),
  z.strictObject({
    kind: z.literal('http'),
    url: z.string().min(1),
    status: httpStatuses.default([200]),
    contains: z.string().min(1).describe('Words that must stand in the body').optional(),
    ...dialling,
    ...verifyingFor,
  }),
  z.strictObject({
    kind: z.literal('tcp'),
    address: z.string().min(1).describe('host:port; healthy where it takes a connection'),
    ...verifyingFor,
  }),
]);

const fixMode = z.enum(['dry_run', 'approval', 'automatic']);

export const knownFix = z.strictObject({
  id: name,
  title: z.string().min(3).describe('What it does, as people read it'),
  applies_to: z
    .strictObject({
      categories: z.array(decidedCategory).optional(),
      matchers: matchers.default([]),
      sources: z.array(name).min(1),
    })
    .describe('Which incidents it is for: all of these must fit'),
  mode: fixMode
    .describe('dry_run: it only says what it would do; approval: a person allows each run')
    .default('dry_run'),
  overrides: z
    .array(z.strictObject({ matchers, mode: fixMode }))
    .describe('Another mode for some; the first that fits')
    .default([]),
  executor: name.describe('Which one, where more than one could serve').optional(),
  target: z.string().min(1).describe('What cooldown, lock and caps count'),
  action: z.discriminatedUnion('kind', [commandAction, httpAction]).describe('What is done'),
  guards: z
    .strictObject({
      cooldown: duration.describe('Between two runs on the same target').default(1_800_000),
      max_per_hour: z.number().int().positive().describe('Runs of this fix on all targets').default(3),
      max_targets: z.number().int().positive().describe('More targets than this are too many at once').default(1),
      population: promqlCheck.describe('How many there are: a fix for a good share of them is refused').optional(),
      precondition: promqlCheck.describe('Must hold before it runs').optional(),
    })
    .describe('What must be so before it may run')
    .prefault({}),
  verify: verification.describe('What proves that it helped; the alert going quiet is none'),
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
  notify: z.array(name).min(1).describe('Teams, people or channels; owner.level2 and owner.level3 for the owner'),
  ack_timeout: byPriority
    .describe('Unacknowledged for so long, it goes on to the next step; one for all, or one by priority')
    .optional(),
  inform: z.array(name).describe('Told, not asked to acknowledge').default([]),
  requires_approval: z.boolean().describe('A person must allow this step').default(false),
});

export const escalationPolicy = z.strictObject({
  name: nameBut('fallback'),
  matchers: matchers.default([]),
  steps: z.array(step).min(1).describe('In order; levels never fall'),
  max_time_at_level: z
    .partialRecord(z.enum(['1', '2', '3', 'x']), byPriority)
    .describe('However often somebody acknowledges: after this without an end the next level takes part')
    .optional(),
  immediately: z
    .array(
      z.union([
        z.strictObject({ category, min_confidence: z.number().min(0).max(1).default(0) }),
        z.strictObject({ priority }),
      ]),
    )
    .describe('These reach Level 3 at once; Level 2 is told too')
    .default([]),
});
export type EscalationPolicy = z.output<typeof escalationPolicy>;

/** What each level does for a category; texts and links may hold blanks. */
export const procedure = z.strictObject({
  category,
  level,
  steps: z
    .array(
      z.strictObject({
        id: name.describe('Unique within a category'),
        text: z.string().min(3).max(500).describe('May hold blanks such as {{ labels.instance }}'),
        link: z.string().max(2000).describe('May hold blanks; left out where a value is missing').default(''),
      }),
    )
    .min(1)
    .describe('Ticked off in the incident, by whom and when'),
});
export type Procedure = z.output<typeof procedure>;

/** A service: who owns it, how much hangs on it, what it needs, and whom and what to ask when it fails. */
export const service = z.strictObject({
  name,
  team: name.describe('With owners: [{ from: service }] it owns the incidents').optional(),
  tier: z.number().int().min(1).max(4).describe('1: the business stands on it; 4: nobody waits for it').optional(),
  matchers: matchers
    .describe('Which alerts are about it; without any, those whose label service, app or job says its name')
    .default([]),
  depends_on: z.array(name).describe('Services without which it does not work').default([]),
  skills: z.array(name).describe('What somebody must know to mend it').default([]),
  runbook: httpAddress.describe('Shown in the incident').optional(),
  contacts: z.array(z.string().min(1).max(200)).max(20).describe('Whom to ask, as people write it').default([]),
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
      unit: z.string().min(1).max(60).describe('Of that number, such as orders/min failing'),
      metrics: name.optional(),
    })
    .describe('How many people or orders are hit: asked once when an incident opens; one number')
    .optional(),
});
export type ServiceEntry = z.output<typeof service>;

/** What a rule file may hold: any of these keys, at least one. */
export const ruleFile = z.strictObject({
  categories: z.array(categoryRule).describe('What an alert is: every rule that fits adds its weight').optional(),
  known_fixes: z.array(knownFix).describe('Known errors with their cure').optional(),
  escalation_policies: z
    .array(escalationPolicy)
    .describe('Who hears of an incident, and when: the first policy whose matchers fit')
    .optional(),
  procedures: z.array(procedure).describe('What each level does for a category').optional(),
  services: z.array(service).describe('The catalogue of services').optional(),
});

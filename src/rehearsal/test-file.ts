import { z } from 'zod';
import { category, decidedCategory, duration, level, priority } from '../config/fields.ts';
import { ATTEMPT_STATES, ESCALATION_REASONS } from '../domain/incident.ts';

const labels = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));
const person = z.string().min(1).describe('Who does it');
const reason = z.string().describe('Why').default('');
const incident = z.number().int().min(1).describe('Which incident is meant, by its number in the test').default(1);
const after = duration.describe('Since the beginning of the test');

const alert = {
  annotations: labels.describe('Of the alert').default({}),
  source: z.string().describe('Which source of the main file brings it; the first where left out').optional(),
};

/** Exactly one thing. */
const event = z.union([
  z.strictObject({
    after,
    firing: labels.describe('An alert with these labels fires'),
    ...alert,
    expr: z.string().describe("The alerting rule's expression").default(''),
  }),
  z.strictObject({ after, resolved: labels.describe('The alert with these labels is over'), ...alert }),
  z.strictObject({
    after,
    log: z
      .strictObject({
        text: z.string().describe('What the line says'),
        service: z.string().describe('Which service wrote it').default(''),
        level: z.string().describe('Such as error').default(''),
      })
      .describe('A log line is written'),
  }),
  z.strictObject({ after, incident, acknowledge: z.strictObject({ by: person }).describe('A person takes it') }),
  z.strictObject({
    after,
    incident,
    unacknowledge: z.strictObject({ by: person, reason }).describe('A person gives it back'),
  }),
  z.strictObject({
    after,
    incident,
    escalate: z
      .strictObject({
        by: person,
        level: level.describe('Where to; the next one where left out').optional(),
        reason,
      })
      .describe('A person hands it on'),
  }),
  z.strictObject({
    after,
    incident,
    resolve: z.strictObject({ by: person, reason }).describe('A person says that it is over'),
  }),
  z.strictObject({ after, incident, close: z.strictObject({ by: person, reason }).describe('A person closes it') }),
  z.strictObject({
    after,
    incident,
    approve: z.strictObject({ by: person }).describe('A person lets the proposed fix run'),
  }),
  z.strictObject({
    after,
    incident,
    deny: z.strictObject({ by: person, reason }).describe('A person turns the proposed fix down'),
  }),
  z.strictObject({
    after,
    incident,
    run: z
      .strictObject({ by: person, fix: z.string().min(1).describe('Its id') })
      .describe('A person has a known fix run, under every guard'),
  }),
  z.strictObject({
    after,
    incident,
    prioritise: z.strictObject({ by: person, priority, reason }).describe('A person sets the priority'),
  }),
  z.strictObject({
    after,
    incident,
    reclassify: z
      .strictObject({ by: person, category: decidedCategory, reason })
      .describe('A person says which category it is'),
  }),
]);
export type TestEvent = z.output<typeof event>;

/** What must be so `after` the beginning of a test; what is left out is not looked at. */
const expectation = z.strictObject({
  after,
  incident,
  incidents: z.number().int().min(0).describe('How many incidents there are').optional(),
  category: category.optional(),
  method: z.enum(['rule', 'model', 'person']).describe('Who or what decided the category').optional(),
  because: z.string().describe('One of the reasons for the category contains this').optional(),
  priority: priority.optional(),
  status: z.enum(['triggered', 'acknowledged', 'resolved', 'closed']).describe('Where it stands').optional(),
  level: level.optional(),
  reason: z.enum(ESCALATION_REASONS).describe('Why it was escalated last').optional(),
  team: z.string().describe('Which team owns it').optional(),
  fix: z
    .union([
      z.literal('none'),
      z.strictObject({
        id: z.string().describe('Which fix'),
        state: z.enum(ATTEMPT_STATES).describe('How far it came').optional(),
        because: z.string().describe('One of its reasons contains this').optional(),
      }),
    ])
    .describe('The newest attempt; none: no fix was looked at; because: one of its reasons contains this')
    .optional(),
  notified: z.array(z.string()).describe('Channels that have been told by then, at least').optional(),
  not_notified: z.array(z.string()).describe('Channels that have not been told by then').optional(),
});
export type Expectation = z.output<typeof expectation>;

const outcome = z.enum(['verified', 'unverified', 'failed', 'unknown']);

const testCase = z.strictObject({
  name: z.string().min(1).describe('What is so, as a sentence'),
  at: z.iso.datetime({ offset: true }).describe('When the story begins, RFC 3339').default('2026-01-05T03:00:00Z'),
  events: z.array(event).min(1).describe('What happens: each entry exactly one thing'),
  expect: z.array(expectation).min(1).describe('What must be so; what is left out is not looked at'),
  fixes: z
    .record(z.string(), outcome)
    .describe('What comes of a fix that would run; verified where nothing is said')
    .default({}),
  metrics: z
    .record(z.string(), z.number())
    .describe('What a metrics source answers, by query as it is sent; without an answer guards refuse')
    .default({}),
});
export type TestCase = z.output<typeof testCase>;

/** A file for `tierbell test rules`. */
export const testFile = z.strictObject({
  rule_files: z.array(z.string().min(1)).length(1).describe('The main configuration file, beside this one'),
  tests: z.array(testCase).min(1).describe('Stories, each on a clock of its own'),
});

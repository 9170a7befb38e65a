import { z } from 'zod';
import { category, decidedCategory, duration, level, priority } from '../config/fields.ts';
import { ATTEMPT_STATES, ESCALATION_REASONS } from '../domain/incident.ts';

const labels = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));
const person = z.string().min(1);
const reason = z.string().default('');
/** Which incident is meant, by its number in the test; the first where it is left out. */
const incident = z.number().int().min(1).default(1);

const alert = { annotations: labels.default({}), source: z.string().optional() };

/** What happens `after` the beginning of a test: exactly one thing. */
const event = z.union([
  z.strictObject({ after: duration, firing: labels, ...alert, expr: z.string().default('') }),
  z.strictObject({ after: duration, resolved: labels, ...alert }),
  z.strictObject({
    after: duration,
    log: z.strictObject({ text: z.string(), service: z.string().default(''), level: z.string().default('') }),
  }),
  z.strictObject({ after: duration, incident, acknowledge: z.strictObject({ by: person }) }),
  z.strictObject({ after: duration, incident, unacknowledge: z.strictObject({ by: person, reason }) }),
  z.strictObject({
    after: duration,
    incident,
    escalate: z.strictObject({ by: person, level: level.optional(), reason }),
  }),
  z.strictObject({ after: duration, incident, resolve: z.strictObject({ by: person, reason }) }),
  z.strictObject({ after: duration, incident, close: z.strictObject({ by: person, reason }) }),
  z.strictObject({ after: duration, incident, prioritise: z.strictObject({ by: person, priority, reason }) }),
  z.strictObject({
    after: duration,
    incident,
    reclassify: z.strictObject({ by: person, category: decidedCategory, reason }),
  }),
]);
export type TestEvent = z.output<typeof event>;

/** What must be so `after` the beginning of a test; what is left out is not looked at. */
const expectation = z.strictObject({
  after: duration,
  incident,
  /** How many incidents there are. */
  incidents: z.number().int().min(0).optional(),
  category: category.optional(),
  method: z.enum(['rule', 'model', 'person']).optional(),
  /** One of the reasons for the category contains this. */
  because: z.string().optional(),
  priority: priority.optional(),
  status: z.enum(['triggered', 'acknowledged', 'resolved', 'closed']).optional(),
  level: level.optional(),
  /** Why it was escalated last. */
  reason: z.enum(ESCALATION_REASONS).optional(),
  team: z.string().optional(),
  /** The newest attempt; `none`: no fix was looked at. `because`: one of its reasons contains this. */
  fix: z
    .union([
      z.literal('none'),
      z.strictObject({ id: z.string(), state: z.enum(ATTEMPT_STATES).optional(), because: z.string().optional() }),
    ])
    .optional(),
  /** Channels that have been told by then, at least. */
  notified: z.array(z.string()).optional(),
  /** Channels that have not been told by then. */
  not_notified: z.array(z.string()).optional(),
});
export type Expectation = z.output<typeof expectation>;

const outcome = z.enum(['verified', 'unverified', 'failed', 'unknown']);

const testCase = z.strictObject({
  name: z.string().min(1),
  /** RFC 3339; when the story begins. */
  at: z.iso.datetime({ offset: true }).default('2026-01-05T03:00:00Z'),
  events: z.array(event).min(1),
  expect: z.array(expectation).min(1),
  /** What comes of a fix that runs; `verified` where nothing is said. Nothing is ever run. */
  fixes: z.record(z.string(), outcome).default({}),
  /** What a metrics source answers, by query as it is sent; what is not listed is not answered, and guards refuse. */
  metrics: z.record(z.string(), z.number()).default({}),
});
export type TestCase = z.output<typeof testCase>;

/** A file for `tierbell test rules`. */
export const testFile = z.strictObject({
  /** The main configuration file, beside this one. */
  rule_files: z.array(z.string().min(1)).length(1),
  tests: z.array(testCase).min(1),
});

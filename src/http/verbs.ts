import { z } from 'zod';
import { CATEGORIES } from '../domain/category.ts';
import { PRIORITIES } from '../domain/priority.ts';
import { LEVELS } from '../domain/incident.ts';
import { cleanLine, cleanText } from '../domain/text.ts';
import type { PersonCommand } from '../engine/messages.ts';

/** Why somebody did something, as a body says it. */
export const reason = z
  .string()
  .max(4000)
  .default('')
  .transform((text) => cleanText(text));
/** Whose name goes on record. */
export const by = z
  .string()
  .min(1)
  .max(128)
  .default('anonymous')
  .transform((text) => cleanLine(text, 128));

/** Body of each verb, and the command that it is. The API and the link go through the same commands. */
export const VERBS = {
  acknowledge: verb(z.strictObject({ by, takeover: z.boolean().default(false) }), ({ by, takeover }) => ({
    type: 'acknowledge',
    by: person(by),
    takeover,
  })),
  unacknowledge: verb(z.strictObject({ by, reason }), ({ by, reason }) => ({
    type: 'unacknowledge',
    by: person(by),
    reason,
  })),
  escalate: verb(
    z.strictObject({
      by,
      reason,
      level: z.union([z.number(), z.string()]).transform(String).pipe(z.enum(LEVELS)).nullable().default(null),
    }),
    ({ by, reason, level }) => ({ type: 'escalate', by: person(by), level, reason }),
  ),
  handover: verb(z.strictObject({ by, reason }), ({ by, reason }) => ({ type: 'pack', by: person(by), reason })),
  resolve: verb(z.strictObject({ by, reason }), ({ by, reason }) => ({ type: 'resolve', by: person(by), reason })),
  reopen: verb(z.strictObject({ by, reason }), ({ by, reason }) => ({ type: 'reopen', by: person(by), reason })),
  close: verb(z.strictObject({ by, reason }), ({ by, reason }) => ({ type: 'close', by: person(by), reason })),
  note: verb(
    z.strictObject({
      by,
      note: z
        .string()
        .min(1)
        .max(16_000)
        .transform((text) => cleanText(text, 16_000)),
    }),
    ({ by, note }) => ({ type: 'note', by: person(by), note }),
  ),
  assess: verb(
    z.strictObject({
      by,
      urgency: z.enum(['high', 'medium', 'low']).nullable().default(null),
      impact: reason,
      observations: reason,
      openQuestions: reason,
    }),
    ({ by, urgency, impact, observations, openQuestions }) => ({
      ...{ type: 'assess', by: person(by), urgency, impact, observations, openQuestions },
    }),
  ),
  prioritise: verb(z.strictObject({ by, priority: z.enum(PRIORITIES), reason }), ({ by, priority, reason }) => ({
    ...{ type: 'prioritise', by: person(by), priority, reason },
  })),
  reclassify: verb(z.strictObject({ by, category: z.enum(CATEGORIES).exclude(['unclassified']), reason }), (body) => ({
    ...{ type: 'reclassify', by: person(body.by), category: body.category, reason: body.reason },
  })),
  step: verb(
    z.strictObject({ by, id: z.string().min(1).max(64), done: z.boolean().default(true) }),
    ({ by, id, done }) => ({ type: 'step', by: person(by), id, done }),
  ),
  assign: verb(
    z.strictObject({
      by,
      assignee: z
        .string()
        .max(128)
        .nullable()
        .transform((name) => (name === null ? null : cleanLine(name, 128) || null)),
    }),
    ({ by, assignee }) => ({ type: 'assign', by: person(by), owner: assignee }),
  ),
} as const;
export type Verb = keyof typeof VERBS;

export function isVerb(name: string): name is Verb {
  return Object.hasOwn(VERBS, name);
}

interface VerbReader {
  read(
    body: unknown,
  ):
    | { readonly ok: true; readonly command: PersonCommand }
    | { readonly ok: false; readonly field: string; readonly detail: string };
}

function verb<S extends z.ZodType>(schema: S, toCommand: (body: z.output<S>) => PersonCommand): VerbReader {
  return {
    read(body) {
      const parsed = schema.safeParse(body ?? {});
      if (parsed.success) return { ok: true, command: toCommand(parsed.data) };
      const issue = parsed.error.issues[0];
      const field =
        (issue?.path ?? []).map(String).join('.') || (issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : '');
      return { ok: false, field, detail: `${issue?.message ?? 'The body does not fit'}.` };
    },
  };
}

function person(name: string): { kind: 'person'; name: string } {
  return { kind: 'person', name };
}

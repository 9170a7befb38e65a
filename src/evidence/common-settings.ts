import { z } from 'zod';
import { duration, size } from '../config/fields.ts';
import { matchesAll, parseMatcher } from '../domain/matcher.ts';
import type { LogStore } from './log-store.ts';
import { SCOPE_NAMES, scopeLabels } from './scope.ts';

/** What every kind of log store is told in the same way. */

export const logScope = z
  .partialRecord(z.enum(SCOPE_NAMES), z.array(z.string()))
  .describe('Which labels of an alert say whose log lines are looked for; the first that is there counts')
  .optional();

/** Milliseconds, documents, bytes, and lines of the excerpt. */
export const logBudget = z
  .strictObject({
    time: duration.default(5_000),
    documents: z.number().int().positive().default(10_000),
    bytes: size.default(8_000_000),
    lines: z.number().int().positive().describe('Lines that are shown').default(20),
  })
  .describe('How much one look into the logs may take')
  .prefault({});

interface CommonSettings {
  readonly name: string;
  readonly kind: string;
  readonly matchers: readonly string[];
  readonly scope?: z.output<typeof logScope>;
  readonly budget: z.output<typeof logBudget>;
}

/** The part of a log store that follows from these settings alone. */
export function commonParts({
  name,
  kind,
  matchers,
  scope,
  budget: { time: timeMs, ...budget },
}: CommonSettings): Pick<LogStore, 'name' | 'kind' | 'serves' | 'scopeLabels' | 'budget'> {
  const parsed = matchers.map(parseMatcher);
  return {
    name,
    kind,
    serves: (labels) => matchesAll(parsed, labels),
    scopeLabels: scopeLabels(scope),
    budget: { timeMs, ...budget },
  };
}

import { z } from 'zod';
import { duration, size } from '../config/fields.ts';
import { SCOPE_NAMES } from './scope.ts';

/** What every kind of log store is told in the same way. Schemas are apart from what works by them, see create-log-store.ts. */

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

export const redactAddresses = z
  .boolean()
  .describe('Whether addresses of machines (IP, MAC) in the lines are hidden like secrets')
  .default(false);

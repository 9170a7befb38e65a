import { z } from 'zod';
import { duration, matchers, name, size } from '../../config/fields.ts';
import { defineLogStore } from '../log-store.ts';

const config = z.strictObject({
  name,
  kind: z.literal('file'),
  matchers: matchers.default([]),
  /** Files, or patterns such as /var/log/*.log. */
  paths: z.array(z.string().min(1)).min(1),
  scope: z.record(z.enum(['pod', 'workload', 'service', 'host', 'namespace']), z.array(z.string())).optional(),
  budget: z
    .strictObject({
      time: duration.default(5_000),
      documents: z.number().int().positive().default(10_000),
      bytes: size.default(8_000_000),
      lines: z.number().int().positive().default(20),
    })
    .prefault({}),
});

/** Log files on the bridge's own disk. */
export const file = defineLogStore({
  kind: 'file',
  config,
  create() {
    throw new Error('being built');
  },
});

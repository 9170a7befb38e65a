import { z } from 'zod';
import { dialling, duration, httpAddress, httpLogin, matchers, name, size } from '../../config/fields.ts';

/** `logs: [{ kind: loki, … }]`. */
export const lokiSettings = z.strictObject({
  name,
  kind: z.literal('loki'),
  matchers: matchers.default([]),
  url: httpAddress,
  auth: httpLogin.optional(),
  /** Links open Explore there; `data_source` is the uid of this Loki in it. */
  grafana: z.strictObject({ url: httpAddress, data_source: z.string().min(1) }).optional(),
  scope: z.partialRecord(z.enum(['pod', 'workload', 'service', 'host', 'namespace']), z.array(z.string())).optional(),
  budget: z
    .strictObject({
      time: duration.default(5_000),
      documents: z.number().int().positive().default(10_000),
      bytes: size.default(8_000_000),
      lines: z.number().int().positive().default(20),
    })
    .prefault({}),
  ...dialling,
});
export type LokiSettings = z.output<typeof lokiSettings>;

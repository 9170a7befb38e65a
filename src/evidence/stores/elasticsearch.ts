import { z } from 'zod';
import { dialling, duration, httpAddress, matchers, name, size } from '../../config/fields.ts';
import { defineLogStore } from '../log-store.ts';

const config = z.strictObject({
  name,
  kind: z.literal('elasticsearch'),
  matchers: matchers.default([]),
  nodes: z.array(httpAddress).min(1),
  compatibility: z.union([z.literal('auto'), z.number().int(), z.string()]).default('auto'),
  auth: z
    .strictObject({
      api_key: z.string().optional(),
      api_key_file: z.string().optional(),
      basic: z
        .strictObject({ username: z.string(), password: z.string().optional(), password_file: z.string().optional() })
        .optional(),
    })
    .optional(),
  index: z.string().min(1),
  kibana: z
    .strictObject({ url: httpAddress, space: z.string().optional(), data_view: z.string().optional() })
    .optional(),
  fields: z
    .union([z.enum(['auto', 'ecs', 'fluentbit', 'otel', 'logstash']), z.record(z.string(), z.string())])
    .default('auto'),
  scope: z.record(z.enum(['pod', 'workload', 'service', 'host', 'namespace']), z.array(z.string())).optional(),
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

/** Elasticsearch 8 and 9 through the official client. */
export const elasticsearch = defineLogStore({
  kind: 'elasticsearch',
  config,
  create() {
    throw new Error('being built');
  },
});

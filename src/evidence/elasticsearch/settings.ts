import { z } from 'zod';
import { dialling, httpAddress, matchers, name } from '../../config/fields.ts';
import { logBudget, logScope, redactAddresses } from '../common-settings.ts';

/** `logs: [{ kind: elasticsearch, … }]`. */
export const elasticsearchSettings = z.strictObject({
  name,
  kind: z.literal('elasticsearch'),
  matchers: matchers.default([]),
  nodes: z.array(httpAddress).min(1),
  compatibility: z
    .union([z.literal('auto'), z.literal([7, 8, 9]), z.enum(['7', '8', '9'])])
    .describe("The server's major version; auto asks it")
    .default('auto'),
  auth: z
    .strictObject({
      api_key: z.string().optional(),
      api_key_file: z.string().optional(),
      basic: z
        .strictObject({ username: z.string(), password: z.string().optional(), password_file: z.string().optional() })
        .optional(),
    })
    .optional(),
  index: z.string().min(1).describe('Indices, data streams or patterns, joined by commas'),
  kibana: z
    .strictObject({ url: httpAddress, space: z.string().optional(), data_view: z.string().optional() })
    .describe('Where links in messages lead')
    .optional(),
  fields: z
    .union([
      z.enum(['auto', 'ecs', 'fluentbit', 'otel', 'logstash']),
      z.partialRecord(
        z.enum(['time', 'message', 'level', 'service', 'host', 'pod', 'workload', 'namespace', 'stack', 'trace']),
        z.string().min(1),
      ),
    ])
    .describe('Which field holds what: a profile, or a map of fields')
    .default('auto'),
  scope: logScope,
  budget: logBudget,
  redact_addresses: redactAddresses,
  ...dialling,
});

/** `logs: [{ kind: opensearch, … }]`: the same but for the login; its version of the API is one for all. */
export const opensearchSettings = elasticsearchSettings.omit({ compatibility: true }).extend({
  kind: z.literal('opensearch'),
  auth: z
    .strictObject({
      basic: z
        .strictObject({ username: z.string(), password: z.string().optional(), password_file: z.string().optional() })
        .optional(),
    })
    .optional(),
});

export type ElasticsearchSettings = z.output<typeof elasticsearchSettings>;
export type OpensearchSettings = z.output<typeof opensearchSettings>;
/** What both have in common. */
export type SearchSettings = Omit<ElasticsearchSettings, 'kind'> & { readonly kind: 'elasticsearch' | 'opensearch' };

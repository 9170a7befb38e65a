import { z } from 'zod';
import { dialling, httpAddress, httpLogin, matchers, name } from '../../config/fields.ts';
import { logBudget, logScope, redactAddresses } from '../common-settings.ts';

/** `logs: [{ kind: loki, … }]`. */
export const lokiSettings = z.strictObject({
  name,
  kind: z.literal('loki'),
  matchers: matchers.default([]),
  url: httpAddress,
  auth: httpLogin.optional(),
  grafana: z
    .strictObject({ url: httpAddress, data_source: z.string().min(1).describe('The uid of this Loki there') })
    .describe('Links in messages open Explore there')
    .optional(),
  scope: logScope,
  budget: logBudget,
  redact_addresses: redactAddresses,
  ...dialling,
});
export type LokiSettings = z.output<typeof lokiSettings>;

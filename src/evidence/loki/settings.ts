import { z } from 'zod';
import { dialling, httpAddress, httpLogin, matchers, name } from '../../config/fields.ts';
import { logBudget, logScope } from '../common-settings.ts';

/** `logs: [{ kind: loki, … }]`. */
export const lokiSettings = z.strictObject({
  name,
  kind: z.literal('loki'),
  matchers: matchers.default([]),
  url: httpAddress,
  auth: httpLogin.optional(),
  /** Links open Explore there; `data_source` is the uid of this Loki in it. */
  grafana: z.strictObject({ url: httpAddress, data_source: z.string().min(1) }).optional(),
  scope: logScope,
  budget: logBudget,
  ...dialling,
});
export type LokiSettings = z.output<typeof lokiSettings>;

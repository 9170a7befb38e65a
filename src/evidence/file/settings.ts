import { z } from 'zod';
import { matchers, name } from '../../config/fields.ts';
import { logBudget, logScope, redactAddresses } from '../common-settings.ts';

/** `logs: [{ kind: file, … }]`. */
export const fileSettings = z.strictObject({
  name,
  kind: z.literal('file'),
  matchers: matchers.default([]),
  paths: z.array(z.string().min(1)).min(1).describe('Files, or patterns such as /var/log/*.log'),
  scope: logScope,
  budget: logBudget,
  redact_addresses: redactAddresses,
});
export type FileSettings = z.output<typeof fileSettings>;

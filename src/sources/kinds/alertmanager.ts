import { z } from 'zod';
import { duration, matchers, name, size } from '../../config/fields.ts';
import { defineSource } from '../source.ts';

export const config = z.strictObject({
  name,
  kind: z.literal('alertmanager'),
  auth: z
    .strictObject({
      bearer_token: z.string().min(1).optional(),
      bearer_token_files: z.array(z.string()).min(1).optional(),
    })
    .optional(),
  labels: z.record(z.string(), z.string()).default({}),
  max_body: size.optional(),
  heartbeat: z.strictObject({ matchers, interval: duration.default(300_000) }).optional(),
});

/** Alertmanager's webhook, version "4". */
export const alertmanager = defineSource({
  kind: 'alertmanager',
  config,
  create() {
    throw new Error('being built');
  },
});

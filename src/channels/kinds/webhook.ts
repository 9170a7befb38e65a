import { z } from 'zod';
import { dialling, httpAddress, name } from '../../config/fields.ts';
import { defineChannel } from '../channel.ts';

const config = z.strictObject({
  name,
  kind: z.literal('webhook'),
  url: httpAddress,
  /** `whsec_` and the base64 of the key, as Standard Webhooks have it. */
  secret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, 'whsec_ followed by base64')
    .optional(),
  observe: z.boolean().default(false),
  ...dialling,
});

/** Standard Webhooks. */
export const webhook = defineChannel({
  kind: 'webhook',
  config,
  create() {
    throw new Error('being built');
  },
});

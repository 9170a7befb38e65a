import { z } from 'zod';
import { dialling, name } from '../../config/fields.ts';
import { defineChannel } from '../channel.ts';

const config = z.strictObject({
  name,
  kind: z.literal('email'),
  /** `smtp://user:password@host:port` or `smtps://…`. */
  smtp_url: z.url({ protocol: /^smtps?$/, error: 'an address that begins with smtp:// or smtps://' }),
  from: z.string().min(3),
  to: z.array(z.string().min(3)).min(1),
  observe: z.boolean().default(false),
  tls_config: dialling.tls_config,
});

/** Mail over SMTP. */
export const email = defineChannel({
  kind: 'email',
  config,
  create() {
    throw new Error('being built');
  },
});

import { z } from 'zod';
import { dialling, httpAddress, name, observe } from '../../config/fields.ts';
import { defineChannel } from '../channel.ts';
import { createHttpCaller } from '../http-caller.ts';
import { stableId } from '../stable-id.ts';
import { webhookHeaders } from '../standard-webhooks.ts';
import { webhookBody } from '../webhook-body.ts';

const config = z.strictObject({
  name,
  kind: z.literal('webhook'),
  url: httpAddress,
  secret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, 'whsec_ followed by base64')
    .describe('whsec_ and the base64 of the key, as Standard Webhooks have it')
    .optional(),
  observe,
  ...dialling,
});

/**
 * A signed POST to any receiver, as Standard Webhooks describe it. Files cannot travel in it: the body names each one,
 * its digest, and where it lies. The address is a secret and stands in no result.
 */
export const webhook = defineChannel({
  kind: 'webhook',
  config,
  create({ name, url, secret, headers, tls_config }) {
    const caller = createHttpCaller({ url, headers, tls: tls_config, secrets: secret === undefined ? [] : [secret] });
    return {
      name,
      kind: 'webhook',
      send(notice, signal) {
        const body = webhookBody(notice);
        // The time of this attempt, so that a receiver that refuses old signatures takes a late retry.
        const signed = webhookHeaders(stableId(notice.id, 'header'), Date.now(), body, secret);
        return caller.post(body, { 'content-type': 'application/json', ...signed }, signal);
      },
      check: (signal) => caller.reach(signal),
      close() {
        caller.close();
        return Promise.resolve();
      },
    };
  },
});

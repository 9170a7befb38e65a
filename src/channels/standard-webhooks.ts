import { createHmac } from 'node:crypto';

/**
 * The headers of Standard Webhooks (https://www.standardwebhooks.com, version 1): the signature is
 * `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body` under the key that follows `whsec_` in base64.
 * @param id the same over retries, without a full stop, which parts what is signed
 * @param atMs epoch milliseconds of this attempt
 * @param body exactly what is sent
 */
export function webhookHeaders(
  id: string,
  atMs: number,
  body: string,
  secret: string | undefined,
): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1000));
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (secret === undefined) return headers;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64');
  return { ...headers, 'webhook-signature': `v1,${signature}` };
}

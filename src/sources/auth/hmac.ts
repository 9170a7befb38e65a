import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { exactlyOne } from '../../config/fields.ts';
import { headerName } from './header.ts';
import {
  anyEqual,
  NEEDS_BODY,
  oneHeader,
  PROVEN,
  UNPROVEN,
  type AuthContext,
  type AuthMethod,
  type Proof,
} from './method.ts';
import { createSecrets } from './secret-file.ts';

export const hmac = exactlyOne(
  z.strictObject({
    secret: z.string().min(1).optional(),
    secret_file: z.string().min(1).optional(),
    header: headerName.describe('The header with the signature').default('X-Grafana-Alerting-Signature'),
    timestamp_header: headerName
      .describe(
        'The header with the time of signing; without it a recorded request can be played again by whoever saw it',
      )
      .optional(),
  }),
  ['secret', 'secret_file'],
  'either secret or secret_file',
);

/** How far a signed time may lie from ours, either way (safety.md, Security 1). */
export const SIGNATURE_AGE_MAX_MS = 300_000;
const SIGNATURE = /^[0-9a-f]{64}$/;
/** GitHub writes the name of the digest before it. https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
const GITHUB_HEADER = 'x-hub-signature-256';
const GITHUB_PREFIX = /^sha256=/;
const UNIX_SECONDS = /^\d{1,12}$/;

/**
 * Grafana's signature: the HMAC-SHA256 in lower-case hex over the raw body, or over `<unix seconds>:` and the body where a
 * timestamp header is configured. Only then can a replay be told from a repeat: such a proof counts once.
 * Source: the HMAC round tripper of grafana/alerting; its requests are captured in test/fixtures/grafana.
 */
export function createHmacAuth(settings: z.output<typeof hmac>, context: AuthContext): AuthMethod {
  const { secret, secret_file: file } = settings;
  const secrets = createSecrets(secret === undefined ? [] : [secret], file === undefined ? [] : [file], context);
  const signatureHeader = settings.header.toLowerCase();
  const timeHeader = settings.timestamp_header?.toLowerCase();
  return {
    challenge: 'Signature realm="tierbell", algorithm="hmac-sha256"',
    check(headers, body) {
      const written = oneHeader(headers, signatureHeader);
      const signature = signatureHeader === GITHUB_HEADER ? (written?.replace(GITHUB_PREFIX, '') ?? null) : written;
      if (signature === null || !SIGNATURE.test(signature)) return UNPROVEN;
      const seconds = timeHeader === undefined ? '' : oneHeader(headers, timeHeader);
      if (seconds === null || (timeHeader !== undefined && !UNIX_SECONDS.test(seconds))) return UNPROVEN;
      if (body === null) return NEEDS_BODY;
      const presented = Buffer.from(signature, 'hex');
      const signed = (key: Buffer | null): Buffer | null =>
        key &&
        createHmac('sha256', key)
          .update(timeHeader === undefined ? '' : `${seconds}:`)
          .update(body)
          .digest();
      const genuine = secrets.try(
        () => anyEqual(presented, secrets.values().map(signed)),
        (answer) => !answer,
      );
      if (!genuine) return UNPROVEN;
      return timeHeader === undefined ? PROVEN : inTime(Number(seconds) * 1000, context.now(), signature);
    },
  };
}

function inTime(at: number, now: number, signature: string): Proof {
  const offMs = now - at;
  return Math.abs(offMs) > SIGNATURE_AGE_MAX_MS ? { state: 'stale', offMs } : { state: 'proven', once: signature };
}

import { createHmac, timingSafeEqual } from 'node:crypto';

/** Values that travel through a browser or a mail and come back: `body.mac`. `purpose` keeps one kind from serving as another. */

/** 192 bits of an HMAC-SHA-256, as base64url. */
export function mac(secret: Buffer, purpose: string, body: string): string {
  return createHmac('sha256', secret).update(`${purpose}\n${body}`).digest('base64url').slice(0, 32);
}

/** The body behind a signed value, or null where it was not made here for this purpose. */
export function unsign(secret: Buffer, purpose: string, signed: string): string | null {
  const dot = signed.lastIndexOf('.');
  if (dot < 0 || signed.length > 4096) return null;
  const body = signed.slice(0, dot);
  return sameText(signed.slice(dot + 1), mac(secret, purpose, body)) ? body : null;
}

/** A link in an old mail decides nothing. */
const LINK_TTL_MS = 7 * 86_400_000;
const HOUR_MS = 3_600_000;

/** A token for a link: readable, signed, the same for the same hour, so that retried mails carry the same link. */
export function signLink(secret: Buffer, purpose: string, fields: object, now: number): string {
  const x = Math.ceil((now + LINK_TTL_MS) / HOUR_MS) * HOUR_MS;
  const body = Buffer.from(JSON.stringify({ ...fields, x })).toString('base64url');
  return `${body}.${mac(secret, purpose, body)}`;
}

/** The fields behind a link's token; null where it was not made here for this purpose, `expired` where it is too old. */
export function readLink(secret: Buffer, purpose: string, token: string, now: number): object | 'expired' | null {
  const body = unsign(secret, purpose, token);
  if (body === null) return null;
  const fields = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as { readonly x: number };
  return fields.x < now ? 'expired' : fields;
}

/** Compares in a time that tells nothing about the right text. */
export function sameText(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

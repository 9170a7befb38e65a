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

/** Compares in a time that tells nothing about the right text. */
export function sameText(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

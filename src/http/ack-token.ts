import { LEVELS, type Level } from '../domain/incident.ts';
import { mac, unsign } from './signed.ts';

/** What an acknowledge link stands for. `reader` is the person that it was sent to, who will be on record. */
export interface AckLink {
  readonly number: number;
  readonly uid: string;
  readonly reader: string;
  /** Whose turn it was when it was sent; null in links of older versions. */
  readonly level: Level | null;
}

/** A link in an old mail acknowledges nothing. */
export const LINK_TTL_MS = 7 * 86_400_000;
/** The form must be sent within this time of its being shown (contract: 10 min). */
const CONFIRM_TTL_MS = 600_000;

/** A token for `/ack/<token>`: readable, signed, the same for the same hour, so that retried mails carry the same link. */
export function signAckToken(secret: Buffer, link: AckLink, now: number): string {
  const until = Math.ceil((now + LINK_TTL_MS) / 3_600_000) * 3_600_000;
  const { number: n, uid: u, reader: r, level: l } = link;
  const body = Buffer.from(JSON.stringify({ n, u, r, ...(l === null ? {} : { l }), x: until })).toString('base64url');
  return `${body}.${mac(secret, 'ack', body)}`;
}

/** The link behind a token; null where it was not made here, `expired` where it is too old. */
export function readAckToken(secret: Buffer, token: string, now: number): AckLink | 'expired' | null {
  const body = unsign(secret, 'ack', token);
  if (body === null) return null;
  const { n, u, r, l, x } = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as {
    n: number;
    u: string;
    r: string;
    l?: string;
    x: number;
  };
  return x < now ? 'expired' : { number: n, uid: u, reader: r, level: LEVELS.find((level) => level === l) ?? null };
}

/** A one-time value for the form behind a token: good for 10 min, and for that token only. */
export function signConfirm(secret: Buffer, token: string, nonce: string, now: number): string {
  const body = `${nonce}-${(now + CONFIRM_TTL_MS).toString(36)}`;
  return `${body}.${mac(secret, `confirm ${token}`, body)}`;
}

/** The one-time key and until when it must be remembered as used; null where it is not of this token, or too old. */
export function readConfirm(
  secret: Buffer,
  token: string,
  confirm: string,
  now: number,
): { key: string; until: number } | null {
  const body = unsign(secret, `confirm ${token}`, confirm);
  if (body === null) return null;
  const until = parseInt(body.split('-')[1] ?? '', 36);
  return until >= now ? { key: `confirm:${body}`, until } : null;
}

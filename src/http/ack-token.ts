import { LEVELS, type Level } from '../domain/incident.ts';
import { mac, readLink, signLink, unsign } from './signed.ts';

/** What an acknowledge link stands for. `reader` is the person that it was sent to, who will be on record. */
export interface AckLink {
  readonly number: number;
  readonly uid: string;
  readonly reader: string;
  /** Whose turn it was when it was sent; null in links of older versions. */
  readonly level: Level | null;
}

/** The form must be sent within this time of its being shown (contract: 10 min). */
const CONFIRM_TTL_MS = 600_000;

/** A token for `/ack/<token>`. */
export function signAckToken(secret: Buffer, link: AckLink, now: number): string {
  const { number: n, uid: u, reader: r, level: l } = link;
  return signLink(secret, 'ack', { n, u, r, ...(l === null ? {} : { l }) }, now);
}

interface AckFields {
  readonly n: number;
  readonly u: string;
  readonly r: string;
  readonly l?: string;
}

/** The link behind a token; null where it was not made here, `expired` where it is too old. */
export function readAckToken(secret: Buffer, token: string, now: number): AckLink | 'expired' | null {
  const fields = readLink(secret, 'ack', token, now);
  if (fields === null || fields === 'expired') return fields;
  const { n, u, r, l } = fields as AckFields;
  return { number: n, uid: u, reader: r, level: LEVELS.find((level) => level === l) ?? null };
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

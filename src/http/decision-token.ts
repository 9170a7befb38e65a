import { LEVELS, type Level } from '../domain/incident.ts';
import { LINK_TTL_MS } from './ack-token.ts';
import { mac, unsign } from './signed.ts';

/**
 * What a link to approve or turn down a proposed fix stands for. It is for one attempt and for the hash of exactly what
 * would run; it gives nobody a right, and whoever follows it must be an approver.
 */
export interface DecisionLink {
  readonly number: number;
  readonly uid: string;
  readonly attempt: string;
  /** SHA-256 in hex of what would run. */
  readonly hash: string;
  /** Whom it was sent to. */
  readonly reader: string;
  /** Whose turn it was when it was sent. */
  readonly level: Level;
}

/** A token for `/fix/<token>`: readable, signed, the same for the same hour, so that retried mails carry the same link. */
export function signDecisionToken(secret: Buffer, link: DecisionLink, now: number): string {
  const x = Math.ceil((now + LINK_TTL_MS) / 3_600_000) * 3_600_000;
  const { number: n, uid: u, attempt: a, hash: h, reader: r, level: l } = link;
  const body = Buffer.from(JSON.stringify({ n, u, a, h, r, l, x })).toString('base64url');
  return `${body}.${mac(secret, 'fix', body)}`;
}

/** The link behind a token; null where it was not made here, `expired` where it is too old. */
export function readDecisionToken(secret: Buffer, token: string, now: number): DecisionLink | 'expired' | null {
  const body = unsign(secret, 'fix', token);
  if (body === null) return null;
  const { n, u, a, h, r, l, x } = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as {
    readonly [K in 'u' | 'a' | 'h' | 'r' | 'l']: string;
  } & { readonly n: number; readonly x: number };
  const level = LEVELS.find((one) => one === l);
  if (level === undefined) return null;
  return x < now ? 'expired' : { number: n, uid: u, attempt: a, hash: h, reader: r, level };
}

import { LEVELS, type Level } from '../domain/incident.ts';
import { readLink, signLink } from './signed.ts';

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

/** A token for `/fix/<token>`. */
export function signDecisionToken(secret: Buffer, link: DecisionLink, now: number): string {
  const { number: n, uid: u, attempt: a, hash: h, reader: r, level: l } = link;
  return signLink(secret, 'fix', { n, u, a, h, r, l }, now);
}

interface DecisionFields extends Readonly<Record<'u' | 'a' | 'h' | 'r' | 'l', string>> {
  readonly n: number;
}

/** The link behind a token; null where it was not made here, `expired` where it is too old. */
export function readDecisionToken(secret: Buffer, token: string, now: number): DecisionLink | 'expired' | null {
  const fields = readLink(secret, 'fix', token, now);
  if (fields === null || fields === 'expired') return fields;
  const { n, u, a, h, r, l } = fields as DecisionFields;
  const level = LEVELS.find((one) => one === l);
  return level === undefined ? null : { number: n, uid: u, attempt: a, hash: h, reader: r, level };
}

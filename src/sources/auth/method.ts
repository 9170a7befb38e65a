import { hash, timingSafeEqual } from 'node:crypto';
import type { RequestHeaders, SourceContext } from '../source.ts';

/**
 * What a request proves. `once` is the signature of a request that must have its effect only once, else null.
 * `stale`: signed correctly, but too long ago or for too far ahead.
 */
export type Proof =
  | { readonly state: 'proven'; readonly once: string | null }
  | { readonly state: 'unproven' }
  | { readonly state: 'stale'; readonly offMs: number }
  /** The headers look right; only the body can tell. */
  | { readonly state: 'needs_body' };

export const PROVEN: Proof = { state: 'proven', once: null };
export const UNPROVEN: Proof = { state: 'unproven' };
export const NEEDS_BODY: Proof = { state: 'needs_body' };

/** One way in which a sender proves itself: a file in this folder each. */
export interface AuthMethod {
  /** For `WWW-Authenticate`: what a stranger is asked for, without any secret. */
  readonly challenge: string;
  /** Constant-time. @param body the raw bytes, or null while they have not been read */
  check(headers: RequestHeaders, body: Uint8Array | null): Proof;
}

/** What a method is made with. */
export interface AuthContext extends SourceContext {
  /** The source's name, for warnings. */
  readonly source: string;
}

/** Digests have one length, so comparing them tells nothing of the secret's. */
export function digest(secret: string | Uint8Array): Buffer {
  return hash('sha256', secret, 'buffer');
}

/** Compares with every one, so that the time does not tell which it was. */
export function anyEqual(presented: Buffer, known: readonly (Buffer | null)[]): boolean {
  let found = false;
  for (const one of known) if (one !== null && timingSafeEqual(one, presented)) found = true;
  return found;
}

/** The bytes that a header had on the wire: node reads them as Latin-1. */
export function headerBytes(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}

/** A header that came once; null where it is absent. */
export function oneHeader(headers: RequestHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

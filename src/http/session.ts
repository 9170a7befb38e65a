import type { Request, Response } from 'express';
import { mac, unsign } from './signed.ts';

/** A browser that signed in with a token: its cookie holds the token's hash, so that revoking the token ends it. */
export interface Session {
  readonly tokenHash: string;
  /** Epoch milliseconds. */
  readonly until: number;
}

export const SESSION_COOKIE = 'tierbell_session';
const SESSION_MS = 12 * 3_600_000;
const SHAPE = /^([0-9a-f]{64})-([0-9a-z]{1,11})$/;

/** The session of a request's cookie, or null where there is none, a forged one, or one that is over. */
export function readSession(secret: Buffer, req: Request, now: number): Session | null {
  const body = unsign(secret, 'session', readCookie(req, SESSION_COOKIE));
  const match = body === null ? null : SHAPE.exec(body);
  if (match === null) return null;
  const until = parseInt(match[2] ?? '', 36);
  return until >= now ? { tokenHash: match[1] ?? '', until } : null;
}

export function startSession(secret: Buffer, req: Request, res: Response, tokenHash: string, now: number): void {
  const body = `${tokenHash}-${(now + SESSION_MS).toString(36)}`;
  setCookie(req, res, SESSION_COOKIE, `${body}.${mac(secret, 'session', body)}`, SESSION_MS);
}

export function endSession(req: Request, res: Response): void {
  setCookie(req, res, SESSION_COOKIE, '', 0);
}

/** The cookie's value, '' where there is none. */
export function readCookie(req: Request, name: string): string {
  for (const part of (req.headers.cookie ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) return decode(part.slice(equals + 1).trim());
  }
  return '';
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return ''; // not written by us
  }
}

/** For this site only and out of the reach of scripts; over TLS it goes over TLS only. */
export function setCookie(req: Request, res: Response, name: string, value: string, maxAgeMs: number): void {
  const secure = req.secure || req.headers['x-forwarded-proto'] === 'https';
  res.cookie(name, value, { httpOnly: true, sameSite: 'strict', path: '/', maxAge: maxAgeMs, secure });
}

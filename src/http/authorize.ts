import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { allows, type Role } from '../domain/role.ts';
import type { TokenHolder } from '../store/access.ts';
import { guardLocal } from './local-guard.ts';
import { HttpProblem } from './http-problem.ts';
import { readSession } from './session.ts';

/** Who may come in; answered from the store. */
export interface Accounts {
  /** Whether there is any account or token. */
  any(): Promise<boolean>;
  find(token: string): Promise<TokenHolder | null>;
  /** By the token's hash, which is what a session keeps. */
  findByHash(hash: string): Promise<TokenHolder | null>;
}

/** How long the answer of `any` may be old: a new token closes the open door within this time. */
const REMEMBER_MS = 1_000;

/** Says who a request is of: `open` where there is no account at all, null where it does not say or is not known. */
export interface Door {
  isOpen(): Promise<boolean>;
  byToken(req: Request): Promise<TokenHolder | null>;
  bySession(req: Request): Promise<TokenHolder | null>;
}

export function createDoor(accounts: Accounts, secret: Buffer, now: () => number): Door {
  let known = { any: true, at: Number.NEGATIVE_INFINITY };
  return {
    async isOpen() {
      if (now() - known.at > REMEMBER_MS) known = { any: await accounts.any(), at: now() };
      return !known.any;
    },
    async byToken(req) {
      const token = bearerOf(req);
      return token === undefined ? null : accounts.find(token);
    },
    async bySession(req) {
      const session = readSession(secret, req, now());
      return session === null ? null : accounts.findByHash(session.tokenHash);
    },
  };
}

/**
 * With a token in the store, a request must carry one whose role is enough: viewer to look, responder to act. Looking is
 * also for browsers that signed in; acting is not, as a cookie alone does not show that the person meant it. Without any
 * token, everything is open on loopback, and only there (see {@link guardLocal}).
 */
export function authorize(door: Door): RequestHandler {
  return async (req, res, next) => {
    if (await door.isOpen()) return guardLocal(req, res, next);
    const looks = req.method === 'GET' || req.method === 'HEAD';
    const identify = async (): Promise<TokenHolder | null> =>
      (await door.byToken(req)) ?? (looks && bearerOf(req) === undefined ? door.bySession(req) : null);
    const holder = await identify();
    if (holder === null) throw unknown(req);
    res.locals['still'] = async () => (await identify()) !== null;
    const needed: Role = looks ? 'viewer' : 'responder';
    if (!allows(holder.role, needed)) throw forbidden(holder, needed);
    res.locals['actor'] = holder;
    next();
  };
}

/** The token's holder, or null where the door is open to all. */
export function actorOf(res: Response): TokenHolder | null {
  return (res.locals['actor'] as TokenHolder | undefined) ?? null;
}

/** Whether whoever opened this answer may still see it: for answers that last, as a token may be taken back. */
export function stillAllowed(res: Response): Promise<boolean> {
  const still = res.locals['still'] as (() => Promise<boolean>) | undefined;
  return still === undefined ? Promise.resolve(true) : still();
}

/** For routes that need more than their method says. */
export function requireRole(needed: Role): RequestHandler {
  return (_req: Request, res: Response, next: NextFunction) => {
    const holder = actorOf(res);
    if (holder !== null && !allows(holder.role, needed)) throw forbidden(holder, needed);
    next();
  };
}

function bearerOf(req: Request): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
}

function unknown(req: Request): HttpProblem {
  return new HttpProblem({
    status: 401,
    title: 'Who are you?',
    detail:
      bearerOf(req) === undefined
        ? 'Send an API token as "Authorization: Bearer …"; `tierbell token create` makes one.'
        : 'This token is not known, or was revoked.',
    headers: { 'WWW-Authenticate': 'Bearer realm="tierbell"' },
  });
}

function forbidden(holder: TokenHolder, needed: Role): HttpProblem {
  return new HttpProblem({
    status: 403,
    title: 'Not allowed',
    detail: `${holder.name} is ${holder.role}; this needs ${needed}.`,
  });
}

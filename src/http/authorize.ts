import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { allows, type Role } from '../domain/role.ts';
import type { TokenHolder } from '../store/access.ts';
import { guardLocal } from './local-guard.ts';
import { HttpProblem } from './http-problem.ts';

/** Who may come in; answered from the store. */
export interface Accounts {
  /** Whether there is any account or token. */
  any(): Promise<boolean>;
  find(token: string): Promise<TokenHolder | null>;
}

/** How long the answer of `any` may be old: a new token closes the open door within this time. */
const REMEMBER_MS = 1_000;

/**
 * With a token in the store, a request must carry one whose role is enough: viewer to look, responder to act. Without
 * any, everything is open on loopback, and only there (see {@link guardLocal}).
 */
export function authorize(accounts: Accounts, now: () => number): RequestHandler {
  let known = { any: true, at: Number.NEGATIVE_INFINITY };
  return async (req, res, next) => {
    if (now() - known.at > REMEMBER_MS) known = { any: await accounts.any(), at: now() };
    if (!known.any) return guardLocal(req, res, next);
    const holder = await identify(accounts, req);
    const needed: Role = req.method === 'GET' || req.method === 'HEAD' ? 'viewer' : 'responder';
    if (!allows(holder.role, needed)) throw forbidden(holder, needed);
    res.locals['actor'] = holder;
    next();
  };
}

/** The token's holder, or null where the door is open to all. */
export function actorOf(res: Response): TokenHolder | null {
  return (res.locals['actor'] as TokenHolder | undefined) ?? null;
}

/** For routes that need more than their method says. */
export function requireRole(needed: Role): RequestHandler {
  return (_req: Request, res: Response, next: NextFunction) => {
    const holder = actorOf(res);
    if (holder !== null && !allows(holder.role, needed)) throw forbidden(holder, needed);
    next();
  };
}

async function identify(accounts: Accounts, req: Request): Promise<TokenHolder> {
  const token = /^Bearer\s+(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
  const holder = token === undefined ? null : await accounts.find(token);
  if (holder !== null) return holder;
  throw new HttpProblem({
    status: 401,
    title: 'Who are you?',
    detail:
      token === undefined
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

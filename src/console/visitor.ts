import { randomBytes } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { allows, type Role } from '../domain/role.ts';
import { cleanLine } from '../domain/text.ts';
import type { Door } from '../http/authorize.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { guardLocal } from '../http/local-guard.ts';
import { readCookie, setCookie } from '../http/session.ts';
import { mac, sameText } from '../http/signed.ts';
import { bouncePage } from './sign-in-page.ts';

/** Who looks at the console. */
export interface Visitor {
  /** The name that will be on record; '' where nobody said one yet. */
  readonly name: string;
  /** Null while there are no accounts at all. */
  readonly role: Role | null;
  readonly mayAct: boolean;
  /** Goes into every form: only pages of ours, in this browser, have it. */
  readonly csrf: string;
}

const BROWSER_COOKIE = 'tierbell_browser';
const NAME_COOKIE = 'tierbell_name';
const YEAR_MS = 365 * 86_400_000;
const NAME_MAX = 128;

/** Says for each request who it is of. Somebody who is not known is a visitor without a role who may not even look. */
export function recognise(door: Door, secret: Buffer): RequestHandler {
  return async (req, res, next) => {
    if (cameFromElsewhere(req)) return void res.set('Refresh', '0').type('html').send(bouncePage());
    const browser = browserOf(req, res);
    if (await door.isOpen()) return guardLocal(req, res, welcome(req, res, secret, browser, next));
    const holder = (await door.byToken(req)) ?? (await door.bySession(req));
    const csrf = mac(secret, 'csrf', `${browser}\n${holder?.name ?? ''}`);
    const visitor: Visitor | null =
      holder === null ? null : { name: holder.name, role: holder.role, mayAct: allows(holder.role, 'responder'), csrf };
    res.locals['visitor'] = visitor;
    res.locals['csrf'] = csrf;
    next();
  };
}

/** While nobody has an account, people say their names, for the record; the browser remembers it. */
function welcome(req: Request, res: Response, secret: Buffer, browser: string, next: NextFunction): NextFunction {
  return (error?: unknown) => {
    if (error !== undefined) return next(error);
    const csrf = mac(secret, 'csrf', `${browser}\n`);
    const name = cleanLine(readCookie(req, NAME_COOKIE), NAME_MAX);
    res.locals['visitor'] = { name, role: null, mayAct: true, csrf } satisfies Visitor;
    res.locals['csrf'] = csrf;
    next();
  };
}

/** Null where there are accounts and this is none of theirs. */
export function visitorOf(res: Response): Visitor | null {
  return (res.locals['visitor'] as Visitor | null | undefined) ?? null;
}

/** Whether a visitor may decide about known fixes: an approver, or anybody while there are no accounts. */
export function mayApprove({ role }: Visitor): boolean {
  return role === null || allows(role, 'approver');
}

export function csrfOf(res: Response): string {
  return String(res.locals['csrf']);
}

export function rememberName(req: Request, res: Response, name: string): void {
  setCookie(req, res, NAME_COOKIE, cleanLine(name, NAME_MAX), YEAR_MS);
}

/** Every form of the console carries the value that its page was given. @throws HttpProblem 403 */
export function requireOurForm(req: Request, res: Response, next: NextFunction): void {
  const given = (req.body as { csrf?: unknown } | undefined)?.csrf;
  if (typeof given === 'string' && sameText(given, csrfOf(res))) return next();
  if (visitorOf(res) === null && req.path !== '/sign-in')
    throw new HttpProblem({
      status: 401,
      title: 'Signed out',
      detail: 'Nothing was done: your sign-in has ended. Sign in again in another tab, then send this once more.',
    });
  throw new HttpProblem({
    status: 403,
    title: 'Not our form',
    detail: 'Nothing was done: this form was not made for you here, or you signed in anew since. Load the page again.',
    field: 'csrf',
  });
}

function browserOf(req: Request, res: Response): string {
  const known = readCookie(req, BROWSER_COOKIE);
  if (/^[\w-]{24}$/.test(known)) return known;
  const fresh = randomBytes(18).toString('base64url');
  setCookie(req, res, BROWSER_COOKIE, fresh, YEAR_MS);
  return fresh;
}

/**
 * A link in a chat or a mail: cookies for this site only do not come with it, so it would look like a stranger's. Such a
 * request is answered by a page that opens the same address again, now from here.
 */
function cameFromElsewhere(req: Request): boolean {
  return (
    req.method === 'GET' &&
    req.headers['sec-fetch-site'] === 'cross-site' &&
    req.headers['sec-fetch-mode'] === 'navigate'
  );
}

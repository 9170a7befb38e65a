import type { NextFunction, Request, Response } from 'express';
import { HttpProblem } from './http-problem.ts';

const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * While there is no account, API and pages are open on loopback, and only there: a page of somebody else's in the same
 * browser must not reach them, neither by a name that resolves to us (Host) nor across origins (Origin).
 */
export function guardLocal(req: Request, _res: Response, next: NextFunction): void {
  if (!LOCAL.test(req.headers.host ?? '')) {
    throw new HttpProblem({
      status: 403,
      title: 'Not from here',
      detail: 'Without accounts, Tierbell answers only to localhost, 127.0.0.1 and [::1].',
    });
  }
  const origin = req.headers.origin;
  if (origin !== undefined && !isLocalOrigin(origin)) {
    throw new HttpProblem({ status: 403, title: 'Foreign origin', detail: 'This page may not talk to Tierbell.' });
  }
  next();
}

/** Whether a page of this machine sent it. @param origin as browsers say it with every POST */
export function isLocalOrigin(origin: string): boolean {
  return URL.canParse(origin) && LOCAL.test(new URL(origin).host);
}

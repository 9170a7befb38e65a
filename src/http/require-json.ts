import type { NextFunction, Request, Response } from 'express';
import { HttpProblem } from './http-problem.ts';

/**
 * A body of another type would be overlooked, and the command carried out without what it says: `curl -d '{"by":"ada"}'`
 * sends a form. Forms and texts are also what a foreign page may send without asking.
 */
export function requireJson(req: Request, _res: Response, next: NextFunction): void {
  const empty = req.headers['content-length'] === '0';
  if (!empty && req.is('application/json') === false) {
    const detail = 'Send the body as JSON, with the header `Content-Type: application/json`.';
    throw new HttpProblem({ status: 415, title: 'Unsupported media type', detail });
  }
  next();
}

import type { NextFunction, Request, Response } from 'express';
import { isStoreTrouble } from '../store/store-trouble.ts';
import type { Logger } from '../telemetry/logger.ts';
import { sendProblem, type Problem } from './problem.ts';

/** A problem that ends a request, thrown where it is found and written by {@link handleErrors}. */
export class HttpProblem extends Error {
  readonly problem: Problem;
  readonly extra: Readonly<Record<string, unknown>>;

  /** @param extra more members of the problem document, such as the present state */
  constructor(problem: Problem, extra: Readonly<Record<string, unknown>> = {}) {
    super(problem.detail);
    this.problem = problem;
    this.extra = extra;
  }
}

const STORE_AWAY: Problem = {
  status: 503,
  title: 'The store cannot be used now',
  detail: 'Nothing was done. Try again in a moment; /-/ready and the log tell more.',
};

type Tell = (problem: Problem, extra?: Readonly<Record<string, unknown>>) => void;

/** From here on problems of this request are told so, rather than as JSON: by a page, to people. */
export function tellProblemsBy(res: Response, tell: Tell): void {
  res.locals['tellProblem'] = tell;
}

/** The one error handler: problems as they are; everything else is ours, logged, and told without details. */
export function handleErrors(log: Logger): (error: unknown, req: Request, res: Response, next: NextFunction) => void {
  return (error, req, res, next) => {
    if (res.headersSent) return next(error);
    const told = res.locals['tellProblem'] as Tell | undefined;
    const tell: Tell = told ?? ((problem, extra) => sendProblem(res, problem, extra));
    if (error instanceof HttpProblem) return tell(error.problem, error.extra);
    const status = (error as { status?: unknown }).status;
    if (typeof status === 'number' && status >= 400 && status < 500) {
      return tell({
        status,
        title: 'Bad request',
        detail: 'The request cannot be read.',
      });
    }
    log.error('a request broke', {
      path: req.path,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    if (isStoreTrouble(error)) return tell(STORE_AWAY);
    tell({
      status: 500,
      title: 'Internal error',
      detail: 'Tierbell broke while it answered; its log tells more. Nothing was half done.',
    });
  };
}

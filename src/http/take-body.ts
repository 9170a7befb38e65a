import type { RequestHandler } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse } from 'node:querystring';
import { HttpProblem } from './http-problem.ts';
import { discardRest, readBody, type Budget } from './read-body.ts';
import { SHREDDED } from './webhook-problems.ts';

/** For all forms and commands together; a form has a few hundred bytes. */
const BUDGET: Budget = { used: 0, max: 64_000_000 };
const FIELDS_MAX = 50;

/**
 * The bytes of a request's body, which may have been cut into chunks of any size: express's own readers keep each chunk.
 * @throws HttpProblem 413, 415, 503
 */
export async function takeBody(req: IncomingMessage, res: ServerResponse, maxBytes: number): Promise<Buffer> {
  const encoding = req.headers['content-encoding'] ?? 'identity';
  const read = await readBody(req, res, maxBytes, BUDGET);
  if (read.ok && encoding === 'identity') return read.body;
  if (!req.complete) discardRest(req);
  if (read.ok) throw PACKED;
  if (read.why === 'shredded') throw new HttpProblem(SHREDDED);
  throw read.why === 'too_large' ? tooLarge(maxBytes) : BUSY;
}

/** In place of `express.urlencoded`: the fields of a form as `req.body`; of other types nothing is read. */
export function takeForm(maxBytes: number): RequestHandler {
  return async (req, res, next) => {
    if (typeof req.is('application/x-www-form-urlencoded') === 'string') {
      const text = (await takeBody(req, res, maxBytes)).toString('utf8');
      req.body = { ...parse(text, '&', '=', { maxKeys: FIELDS_MAX }) };
    }
    next();
  };
}

/** In place of `express.json`: the object as `req.body`, undefined where nothing was sent. @throws HttpProblem 400 too */
export function takeJson(maxBytes: number): RequestHandler {
  return async (req, res, next) => {
    if (typeof req.is('application/json') === 'string') {
      const text = (await takeBody(req, res, maxBytes)).toString('utf8');
      req.body = text.trim() === '' ? undefined : objectOf(text);
    }
    next();
  };
}

function objectOf(text: string): object {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // told below
  }
  throw new HttpProblem({ status: 400, title: 'Bad request', detail: 'The body is not JSON.' });
}

function tooLarge(maxBytes: number): HttpProblem {
  const detail = `The body is larger than ${maxBytes / 1_000} kB.`;
  return new HttpProblem({ status: 413, title: 'Body too large', detail });
}

const PACKED = new HttpProblem({
  status: 415,
  title: 'Unsupported encoding',
  detail: 'Send the body as it is, without Content-Encoding.',
});

const BUSY = new HttpProblem({
  status: 503,
  title: 'Busy',
  detail: 'Too many large bodies at once; please send it again.',
  headers: { 'Retry-After': '5' },
});

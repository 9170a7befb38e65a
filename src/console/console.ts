import { Router, type NextFunction, type Request, type Response } from 'express';
import { cleanLine } from '../domain/text.ts';
import type { Accounts, Door } from '../http/authorize.ts';
import { tellProblemsBy } from '../http/http-problem.ts';
import { endSession, startSession } from '../http/session.ts';
import { takeForm } from '../http/take-body.ts';
import { hashToken } from '../store/access.ts';
import { ICON, SCRIPT, STYLE } from './assets.ts';
import { createDecisionRoutes } from './decision-route.ts';
import { formFields } from './form-body.ts';
import { freezeRoute } from './freeze-route.ts';
import { createIncidentRoutes, type IncidentRouteParts } from './incident-routes.ts';
import { localPath } from './local-path.ts';
import { listRoute } from './list-route.ts';
import { shadowRoute } from './shadow-route.ts';
import { problemPage, signInPage } from './sign-in-page.ts';
import { csrfOf, recognise, rememberName, requireOurForm, visitorOf } from './visitor.ts';

export interface ConsoleParts extends IncidentRouteParts {
  readonly accounts: Accounts;
  readonly door: Door;
  readonly secret: Buffer;
}

/** The pages for people: `GET /`, `GET /incidents/INC-n`, what their forms post to, and signing in. */
export function createConsole(parts: ConsoleParts): Router {
  const router = Router();
  const { accounts, door, secret, now } = parts;
  for (const { path, type, body } of [STYLE, SCRIPT, ICON]) {
    router.get(
      path.replace(/\?.*/, ''),
      (_req, res) => void res.type(type).set('Cache-Control', 'max-age=31536000, immutable').send(body),
    );
  }
  const pages = Router();
  pages.use(forPeople, recognise(door, secret));
  pages.use(takeForm(FORM_MAX));
  pages.post(/.*/, requireOurForm);
  pages.post('/sign-in', async (req, res) => {
    const { token = '', next = '' } = formFields(req.body);
    const holder = await accounts.find(token.trim());
    if (holder === null) return askForToken(res, localPath(next), 'This token is not known, or was revoked.');
    startSession(secret, req, res, hashToken(token.trim()), now());
    res.redirect(303, localPath(next));
  });
  pages.post('/sign-out', (req, res) => {
    endSession(req, res);
    res.redirect(303, '/');
  });
  pages.use((req, res, next) => {
    if (visitorOf(res) !== null) return next();
    askForToken(res, req.method === 'GET' ? req.originalUrl : '/', '');
  });
  pages.post('/name', (req, res) => {
    const { by = '', next = '' } = formFields(req.body);
    if (cleanLine(by) !== '') rememberName(req, res, by);
    res.redirect(303, localPath(next));
  });
  pages.post(['/freeze', '/unfreeze'], freezeRoute(parts));
  pages.get('/', listRoute(parts));
  pages.get('/shadow', shadowRoute(parts));
  pages.use('/fix', createDecisionRoutes(parts));
  pages.use('/incidents', createIncidentRoutes(parts));
  router.use((req, res, next) => (OURS.test(req.path) ? pages(req, res, next) : next()));
  return router;
}

const FORM_MAX = 256_000;

const OURS = /^\/(|sign-in|sign-out|name|freeze|unfreeze|shadow|fix\/.*|incidents\/.*)$/;

/**
 * Pages are never kept by browsers, and tell other sites nothing; a form's origin stays visible to us. Their problems are
 * pages too, whatever went wrong.
 */
function forPeople(_req: Request, res: Response, next: NextFunction): void {
  res.set('Cache-Control', 'no-store').set('Referrer-Policy', 'same-origin');
  tellPeople(res);
  next();
}

/** What goes wrong from here on is told by a page. */
export function tellPeople(res: Response): void {
  tellProblemsBy(res, ({ status, title, detail }) => {
    res.status(status).type('html').send(problemPage(title, detail));
  });
}

function askForToken(res: Response, next: string, problem: string): void {
  res.status(401).set('WWW-Authenticate', 'Bearer realm="tierbell"');
  res.type('html').send(signInPage(csrfOf(res), next, problem));
}

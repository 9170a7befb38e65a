import type { RequestHandler } from 'express';
import { cleanLine } from '../domain/text.ts';
import type { Engine } from '../engine/engine.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { formFields } from './form-body.ts';
import { localPath } from './local-path.ts';
import { mayApprove, rememberName, visitorOf } from './visitor.ts';

/** `POST /freeze` and `/unfreeze`: the kill switch, then back to the page it was pressed on. */
export function freezeRoute({ engine }: { readonly engine: Pick<Engine, 'fix'> }): RequestHandler {
  return async (req, res) => {
    const visitor = visitorOf(res);
    if (visitor === null || !mayApprove(visitor))
      throw new HttpProblem({ status: 403, title: 'Not allowed', detail: 'This needs an approver.' });
    const fields = formFields(req.body);
    const by = visitor.name || cleanLine(fields['by'] ?? '', 128);
    if (by === '')
      throw new HttpProblem({
        status: 400,
        title: 'Who are you?',
        detail: 'Nothing was done. Go back and say who you are: the name goes on record.',
      });
    if (visitor.role === null) rememberName(req, res, by);
    const action = req.path === '/freeze' ? 'freeze' : 'unfreeze';
    await engine.fix({ action, by, reason: cleanLine(fields['reason'] ?? '', 500) });
    const path = localPath(fields['next'] ?? '/');
    res.redirect(303, `${path}${path.includes('?') ? '&' : '?'}done=${action}`);
  };
}

import { Router, type Request, type Response } from 'express';
import { cleanLine } from '../domain/text.ts';
import type { Engine } from '../engine/engine.ts';
import { readDecisionToken, type DecisionLink } from '../http/decision-token.ts';
import { requireDetails, type Confidential } from '../http/details.ts';
import { HttpProblem } from '../http/http-problem.ts';
import type { ReadModel } from '../store/read-model.ts';
import { closedBecause, decisionPage } from './decision-page.ts';
import { formFields } from './form-body.ts';
import { rememberName, visitorOf, type Visitor } from './visitor.ts';

export interface DecisionRouteParts {
  readonly read: ReadModel;
  readonly engine: Pick<Engine, 'fix'>;
  readonly secret: Buffer;
  readonly now: () => number;
  readonly confidential: Confidential;
}

type Asked = Request<{ token: string }>;

/**
 * `/fix/<token>`, the link in a message about a proposed fix. Mail is read by scanners and passed on, so the link gives no
 * right: whoever follows it signs in, must be an approver, and is on record under the own name. It is used up with the
 * decision, as it is for one attempt and the hash of what would run.
 */
export function createDecisionRoutes(parts: DecisionRouteParts): Router {
  const router = Router();
  router.get('/:token', async (req: Asked, res) => {
    const { link, visitor } = open(parts, req, res);
    await show(parts, res, link, visitor, '');
  });
  router.post('/:token', (req: Asked, res) => decide(parts, req, res));
  return router;
}

async function decide(parts: DecisionRouteParts, req: Asked, res: Response): Promise<void> {
  const { link, visitor } = open(parts, req, res);
  const fields = formFields(req.body);
  const again = (status: number, note: string): Promise<void> => show(parts, res.status(status), link, visitor, note);
  const by = visitor.name || cleanLine(fields['by'] ?? '', 128);
  const { decision: action } = fields;
  if (by === '') return again(400, 'Say who you are first: the name goes on record.');
  if (action !== 'approve' && action !== 'deny') return again(400, 'Nothing was done: press one of the buttons.');
  const incident = await incidentOf(parts, link);
  const closed = closedBecause({ incident, link, visitor });
  if (closed !== '') return again(409, 'Nothing was done.');
  if (visitor.role === null) rememberName(req, res, by);
  const said = cleanLine(fields['reason'] ?? '', 4000);
  const sentTo = `over the link that was sent to ${link.reader}`;
  const answer = await parts.engine.fix({
    ...{ action, by, number: link.number, attempt: link.attempt, hash: link.hash },
    reason: said === '' ? sentTo : `${said} (${sentTo})`,
  });
  if (answer.outcome !== 'done') return again(answer.outcome === 'refused' ? 409 : 404, `Not done. ${answer.detail}`);
  await again(200, action === 'approve' ? 'Approved. It runs now, if every guard still lets it.' : 'Turned down.');
}

/** @throws HttpProblem 404, 410 */
function open(
  { secret, now }: DecisionRouteParts,
  req: Asked,
  res: Response,
): { link: DecisionLink; visitor: Visitor } {
  const link = readDecisionToken(secret, req.params.token, now());
  const visitor = visitorOf(res);
  if (link === 'expired')
    throw new HttpProblem({
      status: 410,
      title: 'This link is too old',
      detail: 'Links in messages are good for 7 days. Open the incident by its number instead.',
    });
  if (link === null || visitor === null)
    throw new HttpProblem({
      status: 404,
      title: 'This link is not ours',
      detail: 'It may have been cut in the message. Copy the whole address, or open the incident by its number.',
    });
  return { link, visitor };
}

async function incidentOf({ read }: DecisionRouteParts, link: DecisionLink) {
  const incident = await read.byUid(link.uid);
  if (incident !== null) return incident;
  throw new HttpProblem({ status: 404, title: 'Not found', detail: `INC-${link.number} is gone.` });
}

async function show(
  parts: DecisionRouteParts,
  res: Response,
  link: DecisionLink,
  visitor: Visitor,
  note: string,
): Promise<void> {
  const incident = await incidentOf(parts, link);
  requireDetails(incident, visitor, parts.confidential);
  res.type('html').send(decisionPage({ link, incident, visitor, note }));
}

import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Engine } from '../engine/engine.ts';
import type { FixAnswer } from '../engine/messages.ts';
import type { KnownFix } from '../config/rules-schema.ts';
import type { CompiledFix } from '../fixes/fix.ts';
import { incidentId, type Incident } from '../domain/incident.ts';
import { moment } from '../domain/moment.ts';
import { incidentView } from '../incidents/incident-view.ts';
import type { ReadModel } from '../store/read-model.ts';
import { find, withActor } from './api.ts';
import { actorOf, requireRole } from './authorize.ts';
import { mayReadDetails, type Confidential } from './details.ts';
import { HttpProblem } from './http-problem.ts';
import { by, reason } from './verbs.ts';

export interface FixApiParts {
  readonly read: ReadModel;
  readonly engine: Pick<Engine, 'fix'>;
  /** As the configuration has them now. */
  readonly fixes: () => readonly CompiledFix[];
  readonly confidential: Confidential;
}

/** How many entries of the kill switch's record an answer holds. */
const FREEZES_SHOWN = 20;

const ALERTS_SHOWN = 500;
/** How many attempts of each fix a list holds. */
const ATTEMPTS_SHOWN = 5;

const wishBody = z.strictObject({ by, reason });
/** `hash`: of the attempt that was looked at; without it the id says which. */
const decisionBody = z.strictObject({ by, reason, hash: z.string().max(64).nullable().default(null) });
const freezeBody = z.strictObject({ frozen: z.boolean(), by, reason });

/** People's control over known fixes, below `/api/v1`; before `createApi`, which answers 404 for the rest. */
export function createFixApi({ read, engine, fixes, confidential }: FixApiParts): Router {
  const api = Router();
  api.get('/freeze', async (_req, res) => void res.json(await freezeView(read)));
  api.post('/freeze', requireRole('approver'), async (req, res) => {
    const body = readBody(freezeBody, req, res);
    demand(await engine.fix({ action: body.frozen ? 'freeze' : 'unfreeze', by: body.by, reason: body.reason }));
    res.json(await freezeView(read));
  });

  api.get('/fixes', async (_req, res) => {
    const hides = (team: string): boolean => confidential({ team }) && !mayReadDetails(actorOf(res));
    res.json({ items: await Promise.all(fixes().map(({ fix }) => fixView(read, fix, hides))) });
  });
  api.post('/fixes/:fix/reset', requireRole('approver'), async (req, res) => {
    const { by: who, reason: why } = readBody(wishBody, req, res);
    const id = String(req.params['fix']);
    demand(await engine.fix({ action: 'reset', by: who, reason: why, fix: id }));
    const found = fixes().find(({ fix }) => fix.id === id);
    res.json(found === undefined ? {} : await fixView(read, found.fix, () => false));
  });

  const decide = (action: 'approve' | 'deny') => async (req: Request, res: Response) => {
    const { by: who, reason: why, hash } = readBody(decisionBody, req, res);
    const incident = await find(read, String(req.params['id']));
    const attempt = String(req.params['attempt']);
    demand(await engine.fix({ action, by: who, reason: why, hash, attempt, number: incident.number }));
    await answer(res, incident);
  };
  api.post('/incidents/:id/attempts/:attempt/approve', requireRole('approver'), decide('approve'));
  api.post('/incidents/:id/attempts/:attempt/deny', requireRole('approver'), decide('deny'));

  api.post('/incidents/:id/fixes/:fix/run', requireRole('approver'), async (req, res) => {
    const { by: who, reason: why } = readBody(wishBody, req, res);
    const incident = await find(read, String(req.params['id']));
    const fix = String(req.params['fix']);
    demand(await engine.fix({ action: 'run', by: who, reason: why, fix, number: incident.number }));
    await answer(res, incident);
  });

  const answer = async (res: Response, { uid }: Incident): Promise<void> => {
    const incident = await find(read, uid);
    res.json(incidentView(incident, { alerts: await read.alerts(uid, ALERTS_SHOWN), links: [], full: true }));
  };
  return api;
}

/** A fix with its breaker and its newest attempts; targets of confidential incidents are for those who may read them. */
async function fixView(read: ReadModel, fix: KnownFix, hides: (team: string) => boolean): Promise<unknown> {
  const { id, title, mode, overrides, executor = null, target } = fix;
  const { breaker, attempts } = await read.fixRecord(id, ATTEMPTS_SHOWN);
  const last = attempts.map(({ number, team, at, startedAt, finishedAt, ...one }) => ({
    ...{ ...one, target: hides(team) ? '' : one.target, incident: incidentId({ number }), at: moment(at) },
    ...{ startedAt: moment(startedAt), finishedAt: moment(finishedAt) },
  }));
  const resetAt = breaker.resetAt === 0 ? null : moment(breaker.resetAt);
  return { id, title, mode, overrides, executor, target, breaker: { ...breaker, resetAt }, attempts: last };
}

/** How the kill switch stands, and who threw and released it, the newest first. */
async function freezeView(read: ReadModel): Promise<unknown> {
  const frozen = await read.frozen();
  const history = (await read.freezes(FREEZES_SHOWN)).map(({ at, action, by: who, reason: why }) => ({
    ...{ at: moment(at), frozen: action === 'fixes_frozen', by: who, reason: why },
  }));
  return {
    ...{ frozen: frozen !== null, by: frozen?.by ?? null, since: moment(frozen?.at ?? null) },
    ...{ reason: frozen?.reason ?? '', history },
  };
}

/** @throws HttpProblem 400 with the wrong field */
function readBody<S extends z.ZodType>(schema: S, req: Request, res: Response): z.output<S> {
  const parsed = schema.safeParse(withActor(req.body, actorOf(res)));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = (issue?.path ?? []).map(String).join('.');
  const field = path || (issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : '');
  throw new HttpProblem({
    status: 400,
    title: 'Bad body',
    detail: `${issue?.message ?? 'The body does not fit'}.`,
    field,
  });
}

/** @throws HttpProblem 404, 409 where it was not done */
function demand(answer: FixAnswer): void {
  if (answer.outcome === 'not_found') throw new HttpProblem({ status: 404, title: 'Not found', detail: answer.detail });
  if (answer.outcome === 'refused')
    throw new HttpProblem({ status: 409, title: 'Does not apply', detail: answer.detail });
}

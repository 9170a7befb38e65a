import { Router, type Request, type Response } from 'express';
import type { Category } from '../domain/category.ts';
import { incidentId, type Incident } from '../domain/incident.ts';
import { cleanLine } from '../domain/text.ts';
import type { CompiledFix } from '../fixes/fix.ts';
import type { Engine } from '../engine/engine.ts';
import type { FixRequest } from '../engine/messages.ts';
import { find } from '../http/api.ts';
import { mayReadDetails, requireDetails, type Confidential } from '../http/details.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { isVerb, VERBS, type Verb } from '../http/verbs.ts';
import { procedureOf } from '../incidents/procedure.ts';
import type { ProcedureStep } from '../incidents/rules.ts';
import { NO_SERVICES } from '../incidents/services.ts';
import type { Services } from '../domain/service.ts';
import { seenBy, type ShadowReport } from '../shadow/report.ts';
import type { ReadModel } from '../store/read-model.ts';
import { readSituation } from '../store/situations.ts';
import { localPath } from './local-path.ts';
import { formFields, verbBody } from './form-body.ts';
import type { KeptForm } from './forms.ts';
import { incidentPage } from './incident-page.ts';
import { restingFixes, runnableFixes } from './offered-fixes.ts';
import { ALERTS_SHOWN, ENTRIES_SHOWN } from './incident-record.ts';
import { readSaid } from './said.ts';
import type { Said } from './shell.ts';
import { mayApprove, rememberName, visitorOf, type Visitor } from './visitor.ts';

export interface IncidentRouteParts {
  readonly read: ReadModel;
  readonly engine: Pick<Engine, 'command' | 'fix'>;
  readonly procedure: (category: Category) => readonly ProcedureStep[];
  /** The catalogue; without it nothing is known of services. */
  readonly services?: () => Services;
  /** Known fixes as the configuration has them now; without it none is offered. */
  readonly fixes?: () => readonly CompiledFix[];
  /** The rules that run beside; null where there are none. */
  readonly shadow?: () => ShadowReport | null;
  readonly now: () => number;
  readonly confidential: Confidential;
}

/** What differs from the page as anybody sees it. */
interface Shown {
  readonly said: Said | null;
  readonly kept: KeptForm | null;
  readonly before: number | null;
}

/** `/incidents/INC-n`: the page of an incident, and its verbs as forms. */
export function createIncidentRoutes(parts: IncidentRouteParts): Router {
  const router = Router();
  router.get('/:id', async (req, res) => {
    const incident = await find(parts.read, req.params.id);
    const before =
      typeof req.query['before'] === 'string' && /^\d{1,9}$/.test(req.query['before'])
        ? Number(req.query['before'])
        : null;
    await show(parts, res, incident, { said: readSaid(req.query['done'], ''), kept: null, before });
  });
  router.post('/:id/attempts/:attempt/:decision', (req: Request<AttemptPath>, res) => decide(parts, req, res));
  router.post('/:id/fixes/:fix/reset', (req: Request<{ id: string; fix: string }>, res) =>
    controlFix(parts, req, res, ({ by, reason }) => ({
      ...{ action: 'reset', by, reason, fix: req.params.fix },
    })),
  );
  router.post('/:id/run-fix', (req: Request<{ id: string }>, res) =>
    controlFix(parts, req, res, ({ fields, number, ...asked }) => ({
      ...{ ...asked, action: 'run', number, fix: fields['fix'] ?? '' },
    })),
  );
  router.post('/:id/:verb', (req: Request<{ id: string; verb: string }>, res) => act(parts, req, res));
  return router;
}

/** Does one verb through the same command as the API; back to the page, or the page at once with what was wrong. */
async function act(
  parts: IncidentRouteParts,
  req: Request<{ id: string; verb: string }>,
  res: Response,
): Promise<void> {
  const incident = await find(parts.read, req.params.id);
  const { verb } = req.params;
  const visitor = requireActor(res);
  if (!isVerb(verb))
    throw new HttpProblem({ status: 404, title: 'No such verb', detail: 'An incident has no such verb.' });
  const fields = formFields(req.body);
  const by = visitor.name || cleanLine(fields['by'] ?? '', 128);
  const kept = { verb, fields };
  const typed = fields['note'] ?? fields['reason'] ?? '';
  const wrong = (status: number, text: string): Promise<void> => {
    res.status(status);
    return find(parts.read, req.params.id).then((now) =>
      show(parts, res, now, { said: { text, bad: true, typed }, kept, before: null }),
    );
  };
  if (by === '') return wrong(400, 'Say who you are first: the name goes on record.');
  if (visitor.role === null) rememberName(req, res, by);
  const asked = VERBS[verb].read(verbBody(fields, by));
  if (!asked.ok) return wrong(400, `Not done. ${asked.field === '' ? '' : `${asked.field}: `}${asked.detail}`);
  const result = await parts.engine.command({ number: incident.number, command: asked.command, spend: null });
  if (result.outcome === 'refused') return wrong(409, notDone(result.detail));
  res.redirect(303, backTo(fields['back'] ?? '', incidentId(incident), verb));
}

type AttemptPath = {
  id: string;
  attempt: string;
  decision: string;
};

/** Approves or turns down a proposed fix, as the API does. */
function decide(parts: IncidentRouteParts, req: Request<AttemptPath>, res: Response): Promise<void> {
  const { attempt, decision: action } = req.params;
  if (action !== 'approve' && action !== 'deny')
    throw new HttpProblem({ status: 404, title: 'No such decision', detail: 'A fix is approved or denied.' });
  return controlFix(parts, req, res, ({ fields, number, ...asked }) => ({
    ...{ ...asked, action, number, attempt, hash: fields['hash'] ?? null },
  }));
}

/** What a form about fixes says. */
interface AskedOfFixes {
  readonly by: string;
  readonly reason: string;
  readonly number: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** Does what an approver asks of known fixes; back to their part of the page, or the page at once with what was wrong. */
async function controlFix(
  parts: IncidentRouteParts,
  req: Request<{ id: string }>,
  res: Response,
  toRequest: (asked: AskedOfFixes) => FixRequest,
): Promise<void> {
  const { number } = await find(parts.read, req.params.id);
  const visitor = visitorOf(res);
  if (visitor === null || !mayApprove(visitor))
    throw new HttpProblem({ status: 403, title: 'Not allowed', detail: 'This needs an approver.' });
  const fields = formFields(req.body);
  const by = visitor.name || cleanLine(fields['by'] ?? '', 128);
  const kept = { verb: req.path.split('/').slice(2).join('/'), fields };
  const wrong = async (status: number, text: string): Promise<void> => {
    res.status(status);
    const said = { text: `Not done. ${text}`, bad: true };
    await show(parts, res, await find(parts.read, req.params.id), { said, kept, before: null });
  };
  if (by === '') return wrong(400, 'Say who you are first: the name goes on record.');
  if (visitor.role === null) rememberName(req, res, by);
  const request = toRequest({ by, reason: cleanLine(fields['reason'] ?? '', 4000), number, fields });
  const answer = await parts.engine.fix(request);
  if (answer.outcome !== 'done') return wrong(answer.outcome === 'refused' ? 409 : 404, answer.detail);
  res.redirect(303, `/incidents/INC-${number}?done=${request.action}#fixes`);
}

/** The API's hint on how to take over is not how a person does it here. */
function notDone(detail: string): string {
  return `Not done. ${detail.replace(/; take it over with .*$/, '; you can take it over below')}.`;
}

function backTo(back: string, id: string, verb: Verb): string {
  if (back === '') return `/incidents/${id}?done=${verb}`;
  const path = localPath(back);
  return `${path}${path.includes('?') ? '&' : '?'}done=${verb}&of=${id}`;
}

/** @throws HttpProblem 403 for viewers */
function requireActor(res: Response): Visitor {
  const visitor = visitorOf(res);
  if (visitor !== null && visitor.mayAct) return visitor;
  throw new HttpProblem({ status: 403, title: 'Not allowed', detail: 'Viewers may look; this needs a responder.' });
}

async function show(parts: IncidentRouteParts, res: Response, incident: Incident, shown: Shown): Promise<void> {
  const { read, procedure, now } = parts;
  const visitor = visitorOf(res);
  if (visitor === null) return;
  requireDetails(incident, visitor, parts.confidential);
  const { uid } = incident;
  const fixes = mayApprove(visitor) ? (parts.fixes?.() ?? []) : [];
  const [alerts, entries, priority, bundle, frozen, resting] = await Promise.all([
    read.alerts(uid, ALERTS_SHOWN),
    read.recentEntries(uid, ENTRIES_SHOWN, shown.before),
    read.lastEntry(uid, 'prioritised'),
    read.bundle(uid, null),
    read.frozen(),
    restingFixes(read, fixes, incident),
  ]);
  const services = parts.services?.() ?? NO_SERVICES;
  const situation = await readSituation({ read, services, holds: parts.confidential }, incident);
  const steps = procedureOf(procedure(incident.classification.category), incident);
  const priorityReasons = (priority?.data as { reasons?: readonly string[] } | undefined)?.reasons ?? [];
  const shadow = seenBy(parts.shadow?.() ?? null, parts.confidential, mayReadDetails(visitor));
  const page = incidentPage({
    ...{ incident, alerts, entries, bundle, priorityReasons, frozen, visitor, ...shown },
    ...{ procedure: steps, situation, service: services.named(incident.service) },
    ...{ runnable: runnableFixes(fixes, incident), resting, now: now() },
    shadow: shadow?.findings.find(({ number }) => number === incident.number) ?? null,
  });
  res.type('html').send(page);
}

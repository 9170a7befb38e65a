import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { CATEGORIES, type Category } from '../domain/category.ts';
import { SEVERITIES } from '../domain/alert.ts';
import { LEVELS, incidentId, type Incident } from '../domain/incident.ts';
import { PRIORITIES } from '../domain/priority.ts';
import type { Engine } from '../engine/engine.ts';
import { conceal } from '../incidents/confidential.ts';
import { alertView, incidentView, type IncidentLink } from '../incidents/incident-view.ts';
import { procedureOf } from '../incidents/procedure.ts';
import type { ProcedureStep } from '../incidents/rules.ts';
import { NO_SERVICES } from '../incidents/services.ts';
import type { Service, Services } from '../domain/service.ts';
import { readSituation, readSituations } from '../store/situations.ts';
import type { TokenHolder } from '../store/access.ts';
import type { Blobs } from '../store/blobs.ts';
import { isStoreTrouble } from '../store/store-trouble.ts';
import type { ReadModel } from '../store/read-model.ts';
import { actorOf } from './authorize.ts';
import { mayReadDetails, requireDetails, type Confidential } from './details.ts';
import { HttpProblem } from './http-problem.ts';
import { nearest } from '../domain/nearest.ts';
import type { Stream } from './stream.ts';
import { VERBS, isVerb } from './verbs.ts';
import { visiblePage } from './visible-page.ts';

export interface ApiParts {
  readonly read: ReadModel;
  readonly blobs: Blobs;
  readonly engine: Pick<Engine, 'command'>;
  /** The steps of the procedure for a category. */
  readonly procedure: (category: Category) => readonly ProcedureStep[];
  /** The catalogue; without it nothing is known of services. */
  readonly services?: () => Services;
  readonly stream: Pick<Stream, 'serve'>;
  readonly confidential: Confidential;
}

const ALERTS_SHOWN = 500;
const many = <T extends readonly [string, ...string[]]>(values: T) =>
  z.preprocess(toList, z.array(z.enum(values)).optional());
const texts = z.preprocess(toList, z.array(z.string().max(256)).optional());

const listQuery = z.strictObject({
  status: many(['triggered', 'acknowledged', 'resolved', 'closed']),
  level: many(LEVELS),
  category: many(CATEGORIES),
  severity: many(SEVERITIES),
  priority: many(PRIORITIES),
  team: texts,
  service: texts,
  owner: texts,
  q: z.string().max(256).optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
});

function toList(value: unknown): unknown {
  return value === undefined || Array.isArray(value) ? value : [value];
}

/** `/api/v1`: what programs, the CLI and the console read and do. */
export function createApi(parts: ApiParts): Router {
  const { read, blobs, engine, procedure, stream, confidential } = parts;
  const api = Router();
  const services = (): Services => parts.services?.() ?? NO_SERVICES;
  const hides = (incident: Incident, res: Response): boolean => confidential(incident) && !mayReadDetails(actorOf(res));
  /** For what is nothing but details. @throws HttpProblem 403, 404 */
  const findOpen = async (id: string, res: Response): Promise<Incident> => {
    const incident = await find(read, id);
    requireDetails(incident, actorOf(res), confidential);
    return incident;
  };
  const view = async (incident: Incident, res: Response): Promise<unknown> => {
    if (hides(incident, res)) return incidentView(conceal(incident), { alerts: [], links: [], full: true });
    const alerts = await read.alerts(incident.uid, ALERTS_SHOWN);
    const steps = procedureOf(procedure(incident.classification.category), incident);
    const situation = await readSituation({ read, services: services(), holds: confidential }, incident);
    const links = linksOf(services().named(incident.service));
    return incidentView(incident, { alerts, links, procedure: steps, situation, full: true });
  };

  api.get('/incidents', async (req, res) => {
    const query = readQuery(req);
    const { limit, cursor, since, ...filter } = query;
    const narrowed = { ...filter, ...(since === undefined ? {} : { since: Date.parse(since) }) };
    const from = cursor === undefined ? null : Number(cursor);
    const readAfter = (most: number, after: Incident | null): Promise<Incident[]> =>
      read.incidents(withoutUndefined(narrowed), most, after === null ? from : after.number);
    const incidents =
      asksForDetails(filter) && !mayReadDetails(actorOf(res))
        ? await visiblePage(readAfter, confidential, limit)
        : await readAfter(limit + 1, null);
    const page = incidents.slice(0, limit);
    const alerts = await read.firstAlerts(page.map(({ uid }) => uid));
    const situations = await readSituations({ read, services: services(), holds: confidential });
    const items = page.map((incident) => {
      if (hides(incident, res)) return incidentView(conceal(incident), { alerts: [], links: [], full: false });
      const first = alerts.get(incident.uid);
      const situation = situations.get(incident.number) ?? null;
      const links = linksOf(services().named(incident.service));
      return incidentView(incident, { alerts: first === undefined ? [] : [first], links, situation, full: false });
    });
    res.json({ items, nextCursor: incidents.length > limit ? String(page.at(-1)?.number) : null });
  });

  api.get('/incidents/:id', async (req, res) => {
    const incident = await find(read, req.params.id);
    res.json(await view(incident, res));
  });

  api.get('/incidents/:id/timeline', async (req, res) => {
    const incident = await findOpen(req.params.id, res);
    res.json({ items: await read.timeline(incident.uid) });
  });

  api.get('/incidents/:id/alerts', async (req, res) => {
    const incident = await findOpen(req.params.id, res);
    const alerts = await read.alerts(incident.uid, 5_000);
    res.json({ items: alerts.map((alert) => alertView(alert)) });
  });

  api.get('/incidents/:id/evidence', async (req, res) => {
    const incident = await findOpen(req.params.id, res);
    const shown = incidentView(incident, { alerts: [], links: [], full: true });
    res.json({ items: shown['evidence'] });
  });

  api.get('/incidents/:id/handover.zip', async (req, res) => {
    const incident = await findOpen(req.params.id, res);
    const n = req.query['n'];
    if (n !== undefined && !(typeof n === 'string' && /^\d{1,9}$/.test(n))) {
      throw new HttpProblem({ status: 400, title: 'Bad query', detail: 'n is the number of a bundle.', field: 'n' });
    }
    const bundle = await read.bundle(incident.uid, n === undefined ? null : Number(n));
    if (bundle === null) {
      throw new HttpProblem({
        status: 404,
        title: 'No such bundle',
        detail:
          n === undefined
            ? `${incidentId(incident)} was not handed over yet; POST to handover packs a bundle now.`
            : `${incidentId(incident)} was not handed over under this number.`,
      });
    }
    const content = await blobs.get(bundle.sha256).catch((error: unknown) => {
      if (incident.status !== 'closed' || isStoreTrouble(error)) throw error;
      throw new HttpProblem({
        status: 410,
        title: 'No longer kept',
        detail: `The bundle of ${incidentId(incident)} is past its retention. Its SHA-256 was ${bundle.sha256}.`,
      });
    });
    const name = `${incidentId(incident)}-handover-${bundle.n}.zip`;
    res
      .type('application/zip')
      .set('Content-Disposition', `attachment; filename="${name}"`)
      .set('Digest', `sha-256=${Buffer.from(bundle.sha256, 'hex').toString('base64')}`);
    res.send(Buffer.from(content));
  });

  api.post('/incidents/:id/:verb', async (req, res) => {
    const incident = await find(read, req.params.id);
    const { verb } = req.params;
    if (!isVerb(verb)) {
      const meant = nearest(verb, Object.keys(VERBS));
      const hint = meant === null ? `Verbs: ${Object.keys(VERBS).join(', ')}.` : `Did you mean ${meant}?`;
      throw new HttpProblem({ status: 404, title: 'No such verb', detail: `An incident has no such verb. ${hint}` });
    }
    const asked = VERBS[verb].read(withActor(req.body, actorOf(res)));
    if (!asked.ok) throw new HttpProblem({ status: 400, title: 'Bad body', detail: asked.detail, field: asked.field });
    const result = await engine.command({ number: incident.number, command: asked.command, spend: null });
    const after = await find(read, req.params.id);
    if (result.outcome === 'refused') {
      const { status, level, acknowledgedBy } = after;
      throw new HttpProblem(
        { status: 409, title: 'Does not apply', detail: result.detail },
        { incident: incidentId(after), state: status, level, acknowledgedBy },
      );
    }
    res.json(await view(after, res));
  });

  api.get('/stream', (req, res) => stream.serve(req, res));

  api.get('/procedures/:category', (req, res) => {
    const category = CATEGORIES.find((one) => one === req.params.category);
    if (category === undefined) {
      throw new HttpProblem({
        status: 404,
        title: 'No such category',
        detail: `Categories: ${CATEGORIES.join(', ')}.`,
      });
    }
    res.json({ category, items: procedure(category) });
  });

  api.use((req) => {
    throw new HttpProblem({
      status: 404,
      title: 'Not found',
      detail: `The API has nothing for ${req.method} at this address.`,
    });
  });
  return api;
}

function linksOf(service: Service | null): IncidentLink[] {
  return service === null || service.runbook === ''
    ? []
    : [{ title: `Runbook of ${service.name}`, url: service.runbook }];
}

/** What is found by these filters would tell what it is about. */
function asksForDetails({ q, category, severity, service }: Partial<z.output<typeof listQuery>>): boolean {
  return [q, category, severity, service].some((one) => one !== undefined);
}

/** Who acts is who holds the token; only where the door is open to all may the body say it. */
export function withActor(body: unknown, holder: TokenHolder | null): unknown {
  const given = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
  return holder === null ? (body ?? {}) : { ...given, by: holder.name };
}

/** By `INC-7` or by uid. @throws HttpProblem 404 */
export async function find(read: ReadModel, id: string): Promise<Incident> {
  const number = /^INC-(\d{1,15})$/i.exec(id)?.[1];
  const incident = number === undefined ? await read.byUid(id) : await read.byNumber(Number(number));
  if (incident === null)
    throw new HttpProblem({
      status: 404,
      title: 'No such incident',
      detail: 'There is no incident of this id; write it as INC-7.',
    });
  return incident;
}

function readQuery(req: Request): z.output<typeof listQuery> {
  const parsed = listQuery.safeParse(req.query);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : String(issue?.path[0] ?? '');
  throw new HttpProblem({
    status: 400,
    title: 'Bad query',
    detail: `${issue?.message ?? 'The query does not fit'}.`,
    field,
  });
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

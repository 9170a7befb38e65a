import express, { type Express, type Request } from 'express';
import helmet from 'helmet';
import type { Kysely } from 'kysely';
import { createConsole, tellPeople } from '../console/console.ts';
import type { Engine } from '../engine/engine.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Blobs } from '../store/blobs.ts';
import type { ReadModel } from '../store/read-model.ts';
import type { Tables } from '../store/schema.ts';
import { isStoreTrouble } from '../store/store-trouble.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ShadowReport } from '../shadow/report.ts';
import type { ReceivingMetrics, StoreMetrics } from '../telemetry/metrics.ts';
import { readStoreGauges } from '../telemetry/read-store-gauges.ts';
import { shadowText } from '../telemetry/shadow-text.ts';
import { createAckPages } from './ack-pages.ts';
import { createApi, type ApiParts } from './api.ts';
import type { Confidential } from './details.ts';
import { createFixApi, type FixApiParts } from './fix-api.ts';
import { handleErrors, HttpProblem } from './http-problem.ts';
import { requireJson } from './require-json.ts';
import { createShadowApi } from './shadow-api.ts';
import { createSlackInteractions, type SlackInteractions } from './slack-interactions.ts';
import { takeJson } from './take-body.ts';
import { authorize, createDoor, requireRole, type Accounts } from './authorize.ts';

export interface HttpParts {
  readonly read: ReadModel;
  readonly readDb: Kysely<Tables>;
  readonly blobs: Blobs;
  readonly engine: Engine;
  readonly inbox: Inbox;
  readonly secret: Buffer;
  readonly metrics: ReceivingMetrics;
  readonly gauges: StoreMetrics;
  readonly processMetrics: () => Promise<string>;
  readonly accounts: Accounts;
  readonly procedure: ApiParts['procedure'];
  readonly services: NonNullable<ApiParts['services']>;
  readonly stream: ApiParts['stream'];
  /** @throws Error with every problem of the new configuration */
  readonly reload: () => Promise<void>;
  /** What Slack sends when somebody presses a button. */
  readonly slack: Omit<SlackInteractions, 'now'>;
  readonly team: (name: string) => string;
  readonly confidential: Confidential;
  readonly fixes: FixApiParts['fixes'];
  /** The rules that run beside; null where there are none. */
  readonly shadow?: () => ShadowReport | null;
  readonly log: Logger;
  readonly now: () => number;
}

const BODY_MAX = 256_000;

/** Everything over HTTP but the webhooks, which stand in front of it. */
export function createHttpApp(parts: HttpParts): Express {
  const app = express();
  const door = createDoor(parts.accounts, parts.secret, parts.now);
  app.disable('x-powered-by');
  app.set('query parser', 'extended');
  app.use(
    helmet({ contentSecurityPolicy: { useDefaults: false, directives: POLICY }, strictTransportSecurity: false }),
  );
  app.use(measure(parts.metrics));
  app.get('/-/healthy', (_req, res) => void res.type('text').send('Tierbell is healthy.\n'));
  app.get('/-/ready', async (_req, res) => {
    const health = await parts.inbox.healthy();
    const trouble = parts.engine.trouble();
    if (health.ok && trouble === null) res.type('text').send('Tierbell is ready.\n');
    else if (health.ok) res.status(503).type('text').send(`Tierbell cannot work on what it has stored: ${trouble}.\n`);
    else res.status(503).type('text').send(`Tierbell cannot store deliveries: ${health.why}.\n`);
  });
  app.post('/-/reload', authorize(door), requireRole('admin'), async (_req, res) => {
    try {
      await parts.reload();
      res.type('text').send('Configuration reloaded.\n');
    } catch (error) {
      res
        .status(500)
        .type('text')
        .send(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  });
  app.get('/metrics', async (_req, res) => {
    res.type('text/plain; version=0.0.4').send(await allMetrics(parts));
  });
  app.use('/ack', createAckPages(parts));
  app.use(createConsole({ ...parts, door }));
  app.use('/integrations/slack', createSlackInteractions({ ...parts.slack, now: parts.now }));
  app.use('/api/v1', authorize(door), requireJson, takeJson(BODY_MAX));
  app.use('/api/v1', createFixApi(parts), createShadowApi(parts), createApi(parts));
  app.use((req, res) => {
    if (req.accepts(['json', 'html']) === 'html') tellPeople(res);
    throw new HttpProblem({
      status: 404,
      title: 'Not found',
      detail: 'There is nothing here. The console is at /, the API begins at /api/v1/incidents.',
    });
  });
  app.use(handleErrors(parts.log));
  return app;
}

const POLICY = {
  'default-src': ["'none'"],
  'style-src': ["'self'"],
  'script-src': ["'self'"],
  'connect-src': ["'self'"],
  'img-src': ["'self'"],
  'form-action': ["'self'"],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
};

async function allMetrics(parts: HttpParts): Promise<string> {
  const known = await readStoreGauges(parts.readDb, parts.gauges, parts.team, parts.now()).then(
    () => true,
    (error: unknown) => {
      if (!isStoreTrouble(error)) throw error;
      return false; // gauges of a store that cannot be read have no sample; everything else has
    },
  );
  const texts = [
    parts.metrics.registry.metrics(),
    ...(known ? [parts.gauges.registry.metrics()] : []),
    parts.engine.metrics(),
    shadowText(parts.shadow?.() ?? null),
    parts.processMetrics(),
  ];
  return (await Promise.all(texts)).join('\n');
}

const ROUTES: readonly (readonly [RegExp, string])[] = [
  [/^\/api\/v1\/incidents\/[^/]+\/([a-z.]+)$/, '/api/v1/incidents/{id}/{verb}'],
  [/^\/api\/v1\/incidents\/[^/]+$/, '/api/v1/incidents/{id}'],
  [/^\/api\/v1\/incidents$/, '/api/v1/incidents'],
  [/^\/api\/v1\/incidents\/[^/]+\/fixes\/[^/]+\/run$/, '/api/v1/incidents/{id}/fixes/{fix}/run'],
  [/^\/api\/v1\/incidents\/[^/]+\/attempts\/[^/]+\/(approve|deny)$/, '/api/v1/incidents/{id}/attempts/{attempt}'],
  [/^\/api\/v1\/fixes$/, '/api/v1/fixes'],
  [/^\/api\/v1\/fixes\/[^/]+\/reset$/, '/api/v1/fixes/{fix}/reset'],
  [/^\/api\/v1\/freeze$/, '/api/v1/freeze'],
  [/^\/ack\//, '/ack/{token}'],
  [/^\/fix\//, '/fix/{token}'],
  [/^\/incidents\/[^/]+\/fixes\/[^/]+\/(run|reset)$/, '/incidents/{id}/fixes/{fix}'],
  [/^\/integrations\/slack$/, '/integrations/slack'],
  [/^\/$/, '/'],
  [/^\/incidents\/[^/]+$/, '/incidents/{id}'],
  [/^\/incidents\/[^/]+\/[a-z]+$/, '/incidents/{id}/{verb}'],
  [/^\/(sign-in|sign-out|name)$/, '/sign-in'],
  [/^\/incidents\/[^/]+\/attempts\/[^/]+\/(approve|deny)$/, '/incidents/{id}/attempts/{attempt}'],
  [/^\/(freeze|unfreeze)$/, '/freeze'],
  [/^\/api\/v1\/shadow$/, '/api/v1/shadow'],
  [/^\/shadow$/, '/shadow'],
  [/^\/metrics$/, '/metrics'],
  [/^\/-\/\w+$/, '/-/'],
  [/^\/assets\//, '/assets/'],
];

/** A closed set of route names: paths hold ids and tokens. */
function routeOf(req: Request): string {
  return ROUTES.find(([shape]) => shape.test(req.path))?.[1] ?? 'other';
}

function measure(metrics: ReceivingMetrics): express.RequestHandler {
  const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']);
  return (req, res, next) => {
    const end = metrics.httpDuration.startTimer({
      route: routeOf(req),
      method: methods.has(req.method) ? req.method : 'other',
    });
    res.on('finish', () => end({ code: String(res.statusCode) }));
    next();
  };
}

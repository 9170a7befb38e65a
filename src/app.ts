import type { Server } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createSlackDoor, type SlackDoor } from './channels/slack/door.ts';
import type { Config } from './config/schema.ts';
import type { Category } from './domain/category.ts';
import type { Services } from './domain/service.ts';
import type { Engine } from './engine/engine.ts';
import { prepareEngine, type EngineThread } from './engine/start-engine.ts';
import type { Confidential } from './http/details.ts';
import { boundClients } from './http/bounded-clients.ts';
import { createHttpApp } from './http/http-app.ts';
import { keepRetention, type Retention } from './retention/keep-retention.ts';
import { Stream } from './http/stream.ts';
import type { WebConfig } from './http/web-config.ts';
import { createWebServer } from './http/web-server.ts';
import { createWebhookHandler } from './http/webhooks.ts';
import type { Inbox } from './inbox/inbox.ts';
import { compileConfidentiality } from './incidents/confidential.ts';
import { compileProcedures } from './incidents/procedure.ts';
import { compileServices } from './incidents/services.ts';
import type { ProcedureStep } from './incidents/rules.ts';
import { createShadow } from './shadow/start-shadow.ts';
import type { Source } from './sources/source.ts';
import { createSource } from './sources/registry.ts';
import { accountsOf, hasAccounts, roleOf } from './store/access.ts';
import { allows } from './domain/role.ts';
import type { CompiledFix } from './fixes/fix.ts';
import { compileFixes } from './fixes/select-fix.ts';
import { entriesAfter, ledgerHead } from './store/ledger.ts';
import { openReceivingStorage } from './store/open-storage.ts';
import { createReadModel, type ReadModel } from './store/read-model.ts';
import type { Logger, LogOptions } from './telemetry/logger.ts';
import { seldom } from './telemetry/seldom.ts';
import { receivingMetrics, storeMetrics, teamLabel, type ReceivingMetrics } from './telemetry/metrics.ts';

export interface AppSettings {
  readonly config: Config;
  /** Reads the configuration again. @throws Error that lists every problem */
  readonly loadAgain: () => Promise<Config>;
  readonly folder: string;
  /** `postgres://…`; without it everything lies in the folder. */
  readonly storageUrl?: string | null;
  readonly host: string;
  readonly port: number;
  /** TLS and client certificates; plain HTTP where it is left out. */
  readonly web?: WebConfig;
  /** Without a trailing slash; null: messages carry no links. */
  readonly externalUrl: string | null;
  readonly logOptions: LogOptions;
  /** Whether only this machine can reach the address: without accounts nothing else is allowed. */
  readonly loopback: boolean;
  /** Becomes the first token of an empty store. */
  readonly adminToken: string | null;
  readonly version: string;
  readonly nodeVersion: string;
  /** A thread that is loading already; one is started where there is none. */
  readonly thread?: EngineThread;
  /** Called when the store worker ends by itself: without it nothing would be acted upon. */
  readonly onDeath: (why: string) => void;
}

export interface App {
  readonly url: string;
  /** Exchanges the configuration, all of it or nothing. @throws Error with every problem; then nothing changed */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** Times after which a slow client is cut off (safety.md: headers 10 s, request 30 s). */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** How soon what another replica committed is told to those who listen here. */
const LISTEN_EVERY_MS = 1_000;

const PLAIN: WebConfig = { tls: null, headers: {} };

/** The composition root: configuration → a running bridge. Opens the store first, listens last. */
export async function startApp(settings: AppSettings, log: Logger): Promise<App> {
  const { config, folder, externalUrl, logOptions } = settings;
  const address = { folder, url: settings.storageUrl ?? null };
  const storage = await openReceivingStorage(address);
  const { inbox, blobs } = storage;
  const thread = settings.thread ?? prepareEngine();
  const { adminToken } = settings;
  const engine = await thread.open(
    { config, storage: address, externalUrl, adminToken, log: logOptions },
    settings.onDeath,
  );
  inbox.onCommit(() => engine.deliveries());
  const readDb = storage.openReader();
  if (!settings.loopback && !(await hasAccounts(readDb))) throw new OpenDoor(settings.host);
  const metrics = receivingMetrics(config.sources.map(({ name }) => name));
  tellBuild(metrics, settings);
  const seen = await inbox.lastSeen();
  for (const { name } of config.sources) {
    const at = seen.get(name);
    if (at !== undefined) metrics.sourceLastSeen.set({ source: name }, at / 1000);
  }
  const read = createReadModel(readDb);
  if (await inbox.continueAfter(await read.inboxNumber()))
    log.warn('inbox.sqlite is new or older than tierbell.sqlite; it goes on where the store stands', {
      storage: folder,
    });
  const web = settings.web ?? PLAIN;
  const certified = web.tls?.clientAuth === 'RequireAndVerifyClientCert';
  const mayApprove = async (name: string): Promise<boolean> =>
    allows((await roleOf(readDb, name)) ?? 'viewer', 'approver');
  const tellUnstored = seldom(log.error);
  const front = openFront(config, { read, engine, log, certified, mayApprove });
  const webhooks = createWebhookHandler({
    ...{ inbox, certified, now: () => Date.now() },
    get sources() {
      return front.current.sources;
    },
    log: {
      warn: (message) => log.warn(message),
      error: (message, cause) => tellUnstored(message, { error: String(cause) }),
    },
    metrics: {
      requests: (source, status, sent, seconds) => {
        const code = String(status);
        const method = sent === 'POST' || sent === 'PUT' ? sent : 'other';
        metrics.webhookRequests.inc({ source, code });
        metrics.httpDuration.observe({ route: '/webhooks/{source}', method, code }, seconds);
      },
      lastSeen: (source, ms) => metrics.sourceLastSeen.set({ source }, ms / 1000),
    },
  });
  const retention = keepRetention({
    ...{ inbox, blobs, db: readDb, log, now: () => Date.now() },
    taken: () => read.deliveriesTaken(),
    retention: () => front.current.retention,
  });
  const shadow = createShadow({ storage: address, log, now: () => Date.now() });
  const reload = oneAtATime(async () => {
    try {
      const next = await settings.loadAgain();
      const opened = createFront(next, { read, engine, log, certified, mayApprove });
      await engine.reload(next);
      const old = front.current;
      front.current = opened;
      shadow.use(next);
      await old.slack.close();
      opened.slack.open();
      tellReload(metrics, true);
      await retention.reconsider();
      log.info('configuration reloaded');
    } catch (error) {
      tellReload(metrics, false);
      log.error('the configuration was not reloaded; the running one stays', { error: String(error) });
      throw error;
    }
  });
  const stream = new Stream({
    after: (n, limit) => entriesAfter(readDb, n, limit),
    newest: async () => (await ledgerHead(readDb)).n,
    failed: (error) => log.error('the stream could not be told', { error: String(error) }),
    confidential: async (uids) => {
      const teams = [...(await read.teamsOf(uids))];
      return new Set(teams.flatMap(([uid, team]) => (front.current.confidential({ team }) ? [uid] : [])));
    },
  });
  engine.onCommitted(() => stream.committed());
  const listening = storage.shared ? setInterval(() => stream.committed(), LISTEN_EVERY_MS) : undefined;
  const app = createHttpApp({
    ...{ readDb, engine, inbox, metrics, log, now: () => Date.now(), gauges: storeMetrics() },
    read,
    blobs,
    secret: await engine.secret(),
    processMetrics: processMetrics(),
    accounts: accountsOf(readDb),
    procedure: (category) => front.current.procedure(category),
    services: () => front.current.services,
    reload: () => reload(),
    slack: {
      signingSecrets: () => front.current.slack.signingSecrets(),
      answer: (...press) => front.current.slack.answer(...press),
    },
    stream,
    team: (name) => front.current.team(name),
    confidential: (incident) => front.current.confidential(incident),
    fixes: () => front.current.fixes,
    shadow: () => shadow.report(),
  });
  const pages = boundClients(app);
  const server = await createWebServer(
    web,
    (req, res) => {
      if (!webhooks(req, res)) pages(req, res);
    },
    { now: () => performance.now(), log },
  );
  const port = await listen(server, settings.host, settings.port);
  front.current.slack.open();
  await retention.reconsider();
  shadow.use(config);
  return {
    url: `${web.tls === null ? 'http' : 'https'}://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`,
    reload,
    async stop() {
      clearInterval(listening);
      stream.close();
      await shadow.stop();
      await retention.stop();
      await front.current.slack.close();
      await closeAll(server, engine, inbox);
      await readDb.destroy();
      await storage.release();
    },
  };
}

/** Without an account, API and pages are open: then only this machine may reach them. */
export class OpenDoor extends Error {
  override readonly name = 'OpenDoor';
  constructor(host: string) {
    super(
      `refusing to listen on ${host} without accounts, as everybody could act: make the first one with "tierbell token create NAME --role admin", or give TIERBELL_ADMIN_TOKEN_FILE`,
    );
  }
}

/** In the order in which nothing is lost: no new requests, what is under way is answered, then work, then the files. */
async function closeAll(server: Server, engine: Engine, inbox: Inbox): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), 5_000);
  await closed;
  clearTimeout(timer);
  await engine.stop();
  await inbox.close();
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** What follows from the configuration in the receiving thread: exchanged whole by a reload. */
interface Front {
  readonly sources: ReadonlyMap<string, Source>;
  readonly procedure: (category: Category) => readonly ProcedureStep[];
  readonly services: Services;
  readonly team: (name: string) => string;
  readonly confidential: Confidential;
  readonly fixes: readonly CompiledFix[];
  readonly slack: SlackDoor;
  readonly retention: Retention;
}

interface FrontParts {
  /** Whether only senders with a good certificate get through at all. */
  readonly certified: boolean;
  /** Whether the account of this name may approve fixes. */
  readonly mayApprove: (name: string) => Promise<boolean>;
  readonly read: ReadModel;
  readonly engine: Engine;
  readonly log: Logger;
}

function openFront(config: Config, parts: FrontParts): { current: Front } {
  return { current: createFront(config, parts) };
}

function createFront(config: Config, parts: FrontParts): Front {
  const { log } = parts;
  const context = { now: () => Date.now(), warn: (message: string) => log.warn(message) };
  const sources = new Map(config.sources.map((source) => [source.name, createSource(source, context)]));
  if (!parts.certified) warnOfOpenSources(sources, log);
  const team = teamLabel(config.teams.map(({ name }) => name));
  const confidential = compileConfidentiality(config.teams).holds;
  return {
    ...{ sources, team, confidential, procedure: procedureLookUp(config), slack: slackDoor(config, parts) },
    services: compileServices(config.services),
    fixes: compileFixes(config.known_fixes),
    retention: config.retention,
  };
}

/** Presses of buttons in Slack become the same commands as everybody's. */
function slackDoor({ channels, people }: Config, { read, engine, log, mayApprove }: FrontParts): SlackDoor {
  return createSlackDoor(
    channels.filter((channel) => channel.kind === 'slack'),
    {
      ...{ people, mayApprove },
      decide: (request) => engine.fix(request),
      findIncident: (uid) => read.byUid(uid),
      acknowledge: (request) => engine.command(request),
      log: (level, message, fields) => log[level](message, fields),
      now: () => Date.now(),
      random: Math.random,
    },
  );
}

/** Calls that come while one runs wait for it, then run in their turn. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => (last = last.catch(() => {}).then(work));
}

function tellReload(metrics: ReceivingMetrics, good: boolean): void {
  metrics.reloadSuccessful.set(good ? 1 : 0);
  if (good) metrics.reloadSuccess.set(Date.now() / 1000);
}

function procedureLookUp(config: Config): (category: Category) => readonly ProcedureStep[] {
  const procedures = compileProcedures(config.procedures);
  return (category) => procedures.get(category) ?? [];
}

function tellBuild(metrics: ReceivingMetrics, { version, nodeVersion }: AppSettings): void {
  metrics.buildInfo.set({ version, node: nodeVersion }, 1);
  tellReload(metrics, true);
}

function processMetrics(): () => Promise<string> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Gauges named like counters, which promtool rightly refuses.
  for (const name of ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'])
    registry.removeSingleMetric(name);
  return () => registry.metrics();
}

function warnOfOpenSources(sources: ReadonlyMap<string, Source>, log: Logger): void {
  for (const source of sources.values()) {
    if (!source.authenticated)
      log.warn('this source has no auth, so it takes alerts from this machine only; give it auth', {
        source: source.name,
      });
  }
}

import type { Kysely } from 'kysely';
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Config } from '../config/schema.ts';
import { incidentId, proposedAttempt } from '../domain/incident.ts';
import { createRedactor } from '../evidence/redact.ts';
import { signAckToken } from '../http/ack-token.ts';
import { signDecisionToken } from '../http/decision-token.ts';
import { createPipeline, type House, type Pipeline } from '../pipeline.ts';
import { hasAccounts, storeToken } from '../store/access.ts';
import { keepCorrection } from '../store/corrections.ts';
import { openWorkerStorage } from '../store/open-storage.ts';
import { createReadModel } from '../store/read-model.ts';
import type { ClockStep } from '../store/clock.ts';
import type { Tables } from '../store/schema.ts';
import { openStore, readSecret, type Store } from '../store/store.ts';
import { countCommitted } from '../telemetry/count-committed.ts';
import type { Logger, LogLine } from '../telemetry/logger.ts';
import { seldom } from '../telemetry/seldom.ts';
import { pipelineMetrics, type MetricNames, type PipelineMetrics } from '../telemetry/metrics.ts';
import type { MessageLinks } from '../jobs/notify-parts.ts';
import { controlFixes } from '../jobs/control-fixes.ts';
import { AnswersFirst } from '../jobs/answers-first.ts';
import { BatchSize, WANTED_MS, WANTED_SHARED_MS } from '../jobs/batch-size.ts';
import { DeadlyDeliveries } from '../jobs/deadly-deliveries.ts';
import { StormGate } from '../jobs/storm-gate.ts';
import { LastingTrouble } from './lasting-trouble.ts';
import { openPlugins } from './plugins.ts';
import type { CommandRequest, CommandResult, EngineSettings, FixAnswer, FixRequest } from './messages.ts';

/** The store worker: writes the store, advances deliveries and acts on due work. */
export interface Engine {
  /** New deliveries are on disk. */
  deliveries(): void;
  command(request: CommandRequest): Promise<CommandResult>;
  /** What a person asks of the known fixes. */
  fix(request: FixRequest): Promise<FixAnswer>;
  /** Called after commits that added to a timeline; several may share one call. */
  onCommitted(listener: () => void): void;
  /** Why nothing has been worked on for a while, deliveries or what is due, though it is on disk; null while it is. */
  trouble(): string | null;
  /** Called when {@link trouble} begins and when it ends. */
  onTrouble(listener: (why: string | null) => void): void;
  metrics(): Promise<string>;
  secret(): Promise<Buffer>;
  /** Exchanges everything that follows from the configuration. @throws Error where it cannot be; then nothing changed */
  reload(config: Config): Promise<void>;
  stop(): Promise<void>;
}

/** How often it looks for deliveries even when nobody rang. */
const LOOK_EVERY_MS = 1_000;

/** Trouble that is over sooner is in the log only. */
const TROUBLE_AFTER_MS = 15_000;

/** After a reload, work under way may still use what was exchanged; it is closed after this. */
const CLOSE_OLD_AFTER_MS = 60_000;

/** Opens store and plugins and begins to work. The inbox must exist. */
export async function openEngine(settings: EngineSettings, log: Logger): Promise<Engine> {
  const tell = seldom(log.error);
  const { db, inbox, blobs, clock, replicas, leave } = await openWorkerStorage(settings.storage);
  const metrics = pipelineMetrics(namesOf(settings.config));
  const secret = await readSecret(db, () => randomBytes(32));
  const redact = createRedactor(secret);
  let plugins = openPlugins(settings.config, secret, log);
  let pipeline: Pipeline | null = null;
  const listeners: (() => void)[] = [];
  const store = await openStore({
    db,
    rules: () => plugins.rules,
    ...{ clock, replicas },
    onCommitted(committed, recorded, queued) {
      for (const one of committed) countCommitted(metrics, one);
      if (queued.length > 0) pipeline?.wake(queued);
      if (committed.length + recorded === 0) return;
      for (const listener of listeners) listener();
    },
    onClockStep: (step) => tellClockStep(log, step),
  });
  if (settings.adminToken !== null) await makeFirstToken(db, settings.adminToken, store.now());
  const links = linksFrom(settings.externalUrl, secret, () => store.now());
  const answersFirst = new AnswersFirst(inbox, availableParallelism(), () => clock.wall());
  const house: House = {
    ...{ store, inbox, redact, links, metrics },
    batch: new BatchSize(replicas === null ? WANTED_MS : WANTED_SHARED_MS),
    deadly: new DeadlyDeliveries(
      replicas === null ? undefined : { self: replicas.self, isGone: (holder) => replicas.isGone(db, holder) },
    ),
    answersFirst,
    ...{ read: createReadModel(db), blobs, wall: () => clock.wall(), random: Math.random, storms: new StormGate() },
    ...{ rules: () => plugins.rules, readerOf: (...of) => plugins.readerOf(...of) },
    mayCarry: (...of) => plugins.mayCarry(...of),
    holds: (...of) => plugins.holds(...of),
    // Looked up at each use, so that a reload takes effect at once.
    get fixes() {
      return plugins.fixes;
    },
    get sources() {
      return plugins.sources;
    },
    get channels() {
      return plugins.channels;
    },
    get logs() {
      return plugins.logs;
    },
    get executors() {
      return plugins.executors;
    },
    get metricsSources() {
      return plugins.metricsSources;
    },
    get providers() {
      return plugins.providers;
    },
    linksOf: (incident) => (links === null ? [] : [{ title: incidentId(incident), url: links.incident(incident) }]),
    log: tell,
    seen(taken) {
      countTaken(metrics, taken);
      answersFirst.took(taken);
    },
  };
  pipeline = createPipeline(house);
  pipeline.start();
  const trouble = new LastingTrouble(TROUBLE_AFTER_MS);
  const advancing = keepAdvancing(pipeline, tell, trouble);
  return {
    deliveries: () => advancing.ring(),
    command: (request) => runCommand(store, request),
    fix: (request) => controlFixes(house, request),
    onCommitted: (listener) => void listeners.push(listener),
    trouble: () => trouble.why,
    onTrouble: (listener) => trouble.onChange(listener),
    metrics: () => metrics.registry.metrics(),
    secret: async () => secret,
    async reload(config) {
      const old = plugins;
      plugins = openPlugins(config, secret, log);
      metrics.rename(namesOf(config));
      setTimeout(() => void old.close(), CLOSE_OLD_AFTER_MS).unref();
      pipeline?.serve(plugins.channels.keys());
      advancing.ring();
      pipeline?.wake(null);
    },
    async stop() {
      await advancing.stop();
      await pipeline?.stop();
      await plugins.close();
      await inbox.close();
      await leave();
      await store.close();
    },
  };
}

/** In an empty store; of replicas that start at once the first one makes it. */
async function makeFirstToken(db: Kysely<Tables>, token: string, now: number): Promise<void> {
  if (await hasAccounts(db)) return;
  await storeToken(db, 'admin', 'admin', token, now).catch(async (error: unknown) => {
    if (!(await hasAccounts(db))) throw error;
  });
}

/** The closed sets of label values. */
function namesOf(config: Config): MetricNames {
  return {
    sources: config.sources.map(({ name }) => name),
    channels: config.channels.map(({ name }) => name),
    stores: config.logs.map(({ name }) => name),
    fixes: config.known_fixes.map(({ id }) => id),
    teams: config.teams.map(({ name }) => name),
  };
}

function tellClockStep(log: Logger, { kind, byMs }: ClockStep): void {
  const what = kind === 'stepped' ? 'the clock was stepped; keeping our own pace' : 'the stepped clock is believed now';
  log.warn(what, { byMs: Math.round(byMs) });
}

/** One advance at a time: rung by the receiving thread, and looked for each second in any case. */
function keepAdvancing(
  pipeline: Pipeline,
  tell: LogLine,
  trouble: LastingTrouble,
): { ring(): void; stop(): Promise<void> } {
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  const run = async (): Promise<void> => {
    do {
      again = false;
      await pipeline
        .advance(() => stopped)
        .then(() => {
          const why = pipeline.trouble();
          if (why === null) trouble.over();
          else trouble.met(why);
        })
        .catch((error: unknown) => {
          trouble.met(error instanceof Error ? error.message : String(error));
          tell('taking deliveries failed; trying again', { error: String(error) });
        });
    } while (again && !stopped);
    running = null;
  };
  const ring = (): void => {
    if (stopped) return;
    again = true;
    running ??= run();
  };
  const timer = setInterval(ring, LOOK_EVERY_MS);
  ring();
  return {
    ring,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

async function runCommand(store: Store, { number, command, spend }: CommandRequest): Promise<CommandResult> {
  return store.transact(async (unit) => {
    const row = await unit.tx.selectFrom('incidents').select('uid').where('number', '=', number).executeTakeFirst();
    if (row === undefined) return { outcome: 'not_found' };
    if (spend !== null && !(await unit.spend(spend.key, spend.until))) return { outcome: 'spent' };
    const before = await unit.incident(row.uid);
    const decision = unit.run(row.uid, command);
    if (command.type === 'reclassify' && before !== null && !('refused' in decision)) {
      await keepCorrection(unit.tx, before, { ...command, by: command.by.name }, unit.now);
    }
    return 'refused' in decision ? { outcome: 'refused', detail: decision.detail } : { outcome: 'done' };
  });
}

function countTaken(
  metrics: PipelineMetrics,
  taken: {
    alerts: readonly { source: string; status: string; count: number }[];
    repeats: readonly { source: string; count: number }[];
  },
): void {
  for (const { count, ...labels } of taken.alerts) metrics.alertsReceived.inc(labels, count);
  for (const { count, source } of taken.repeats) metrics.alertsDeduplicated.inc({ source }, count);
}

function linksFrom(externalUrl: string | null, secret: Buffer, now: () => number): MessageLinks | null {
  if (externalUrl === null) return null;
  return {
    ack: ({ number, uid }, reader, level) =>
      `${externalUrl}/ack/${signAckToken(secret, { number, uid, reader, level }, now())}`,
    decide(incident, reader, level) {
      const proposed = proposedAttempt(incident);
      if (proposed === null) return null;
      const { number, uid } = incident;
      const link = { number, uid, attempt: proposed.id, hash: proposed.hash, reader, level };
      return `${externalUrl}/fix/${signDecisionToken(secret, link, now())}`;
    },
    incident: (incident) => `${externalUrl}/incidents/${incidentId(incident)}`,
    list: () => `${externalUrl}/?status=triggered`,
    bundle: (incident, n) => `${externalUrl}/api/v1/incidents/${incidentId(incident)}/handover.zip?n=${n}`,
  };
}

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createChannel } from '../channels/registry.ts';
import type { Config } from '../config/schema.ts';
import { incidentId } from '../domain/incident.ts';
import { createRedactor } from '../evidence/redact.ts';
import { createLogStore } from '../evidence/registry.ts';
import { createExecutor } from '../fixes/registry.ts';
import { compileFixes } from '../fixes/select-fix.ts';
import { signAckToken } from '../http/ack-token.ts';
import { openInboxReader } from '../inbox/inbox-reader.ts';
import { createMetricsSource } from '../metrics/registry.ts';
import { createPipeline, type Pipeline } from '../pipeline.ts';
import { compileRules } from '../rules.ts';
import { createSource } from '../sources/registry.ts';
import { hasAccounts, storeToken } from '../store/access.ts';
import { openBlobs } from '../store/blobs.ts';
import { createReadModel } from '../store/read-model.ts';
import { openSqlite } from '../store/sqlite.ts';
import { openStore, type Store } from '../store/store.ts';
import { countCommitted } from '../telemetry/count-committed.ts';
import type { Logger } from '../telemetry/logger.ts';
import { pipelineMetrics, type PipelineMetrics } from '../telemetry/metrics.ts';
import type { MessageLinks } from '../work/notify.ts';
import { reportTrouble } from '../work/report-trouble.ts';
import type { CommandRequest, CommandResult, EngineSettings, RefusedDelivery } from './messages.ts';

/** The store worker: owns `tierbell.sqlite`, advances deliveries and acts on due work. */
export interface Engine {
  /** New deliveries are on disk. */
  deliveries(): void;
  /** A proven sender was refused: people hear of it, as an alert may be lost. */
  refused(refused: RefusedDelivery): void;
  command(request: CommandRequest): Promise<CommandResult>;
  /** Called after commits that added to a timeline; several may share one call. */
  onCommitted(listener: () => void): void;
  metrics(): Promise<string>;
  secret(): Promise<Buffer>;
  stop(): Promise<void>;
}

/** How often it looks for deliveries even when nobody rang. */
const LOOK_EVERY_MS = 1_000;

/** Opens store and plugins and begins to work. The inbox must exist. */
export async function openEngine(settings: EngineSettings, log: Logger): Promise<Engine> {
  const { config, folder } = settings;
  const metrics = pipelineMetrics({
    sources: config.sources.map(({ name }) => name),
    channels: config.channels.map(({ name }) => name),
    stores: config.logs.map(({ name }) => name),
    fixes: config.known_fixes.map(({ id }) => id),
    teams: config.teams.map(({ name }) => name),
  });
  const fixes = compileFixes(config.known_fixes);
  const rules = compileRules(config, fixes);
  const db = await openSqlite(folder);
  const listeners: (() => void)[] = [];
  const pipelineRef: { current: Pipeline | null } = { current: null };
  const store = await openStore({
    db,
    rules: () => rules,
    clock: { wall: () => Date.now(), monotonic: () => performance.now() },
    newSecret: () => randomBytes(32),
    onCommitted(committed) {
      for (const one of committed) countCommitted(metrics, one);
      if (committed.length === 0) return;
      pipelineRef.current?.wake();
      for (const listener of listeners) listener();
    },
    onClockStep: ({ kind, byMs }) =>
      log.warn(
        kind === 'stepped' ? 'the clock was stepped; keeping our own pace' : 'the stepped clock is believed now',
        { byMs: Math.round(byMs) },
      ),
  });
  if (settings.adminToken !== null && !(await hasAccounts(db)))
    await storeToken(db, 'admin', 'admin', settings.adminToken, store.now());
  const secret = await store.secret();
  const redact = createRedactor(secret);
  const inbox = openInboxReader(join(folder, 'inbox.sqlite'));
  const channels = new Map(config.channels.map((channel) => [channel.name, createChannel(channel)]));
  const logs = config.logs.map((one) => createLogStore(one));
  const links = linksFrom(settings.externalUrl, secret, () => store.now());
  const pipeline = createPipeline({
    ...{ store, inbox, redact, channels, logs, links, metrics, fixes },
    read: createReadModel(db),
    blobs: openBlobs(folder),
    sources: new Map(config.sources.map((source) => [source.name, createSource(source)])),
    executors: config.executors.map((one) => createExecutor(one, { redact })),
    metricsSources: config.metrics.map((one) => createMetricsSource(one)),
    rules: () => rules,
    random: Math.random,
    readerOf: readerFrom(config),
    linksOf: (incident) => (links === null ? [] : [{ title: incidentId(incident), url: links.incident(incident) }]),
    log: (message, fields) => log.error(message, fields),
    seen: (taken) => countTaken(metrics, taken),
  });
  pipelineRef.current = pipeline;
  pipeline.start();
  const advancing = keepAdvancing(pipeline, log);
  return {
    deliveries: () => advancing.ring(),
    refused: ({ source, reason }) => {
      const summary = `${source} sent what had to be refused (${reason}), so an alert may be lost. Mend its configuration; the body is kept in the inbox.`;
      const trouble = { name: 'TierbellDeliveryRefused', source, summary, raw: '' } as const;
      store
        .transact((unit) => reportTrouble(unit, trouble, rules.groupingBy))
        .catch((error: unknown) =>
          log.error('a refused delivery could not be reported', { source, error: String(error) }),
        );
    },
    command: (request) => runCommand(store, request),
    onCommitted: (listener) => void listeners.push(listener),
    metrics: () => metrics.registry.metrics(),
    secret: async () => secret,
    async stop() {
      await advancing.stop();
      await pipeline.stop();
      await Promise.allSettled([...channels.values(), ...logs].map((part) => part.close()));
      inbox.close();
      await store.close();
    },
  };
}

/** One advance at a time: rung by the receiving thread, and looked for each second in any case. */
function keepAdvancing(pipeline: Pipeline, log: Logger): { ring(): void; stop(): Promise<void> } {
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  const run = async (): Promise<void> => {
    do {
      again = false;
      await pipeline
        .advance()
        .catch((error: unknown) => log.error('taking deliveries failed; trying again', { error: String(error) }));
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
    await unit.incident(row.uid);
    const decision = unit.run(row.uid, command);
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

/** Mail goes to addresses: those are who acknowledges by its link. Elsewhere the name in the policy is all there is. */
function readerFrom(config: Config): (channel: string, recipient: string) => string {
  const mail = new Map(
    config.channels.flatMap((channel) =>
      channel.kind === 'email' ? [[channel.name, channel.to.join(', ')] as const] : [],
    ),
  );
  return (channel, recipient) => mail.get(channel) ?? recipient;
}

function linksFrom(externalUrl: string | null, secret: Buffer, now: () => number): MessageLinks | null {
  if (externalUrl === null) return null;
  return {
    ack: (incident, reader) =>
      `${externalUrl}/ack/${signAckToken(secret, { number: incident.number, uid: incident.uid, reader }, now())}`,
    incident: (incident) => `${externalUrl}/incidents/${incidentId(incident)}`,
    bundle: (incident, n) => `${externalUrl}/api/v1/incidents/${incidentId(incident)}/handover.zip?n=${n}`,
  };
}

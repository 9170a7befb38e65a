import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startApp, type App } from '../app.ts';
import { loadConfig } from '../config/load.ts';
import { renderProblem } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { createLogger } from '../telemetry/logger.ts';
import { BridgeClient, type Delivered, type Sender } from './bridge-client.ts';
import { freePort, startDemoServer } from './demo-server.ts';
import { installServices, probeService, type Probe } from './little-service.ts';
import { People } from './people.ts';
import { playLogs, readAlert } from './recording.ts';

/** The demo's own rules, recorded alerts, logs and fix; beside `src` as well as beside `dist`. */
const RULES = fileURLToPath(new URL('../../rules/demo', import.meta.url));
const HOST = '127.0.0.1';

/** A running bridge with everything around it that the tour needs. */
export interface Stage {
  readonly bridge: BridgeClient;
  readonly people: People;
  /** Fresh, and left behind for whoever wants to look. */
  readonly folder: string;
  readonly probe: Probe;
  /** Posts `rules/demo/alerts/<name>.json`, dated to now, as its sender would. */
  play(name: string, sender?: Sender): Promise<Delivered>;
  stop(): Promise<void>;
}

export interface StageSettings {
  readonly version: string;
  readonly nodeVersion: string;
  writeError(text: string): void;
  /** The bridge's worker ended by itself. */
  onDeath(why: string): void;
}

/** Sets everything up in a fresh temporary folder and starts the bridge on a free port of loopback. */
export async function setStage(settings: StageSettings): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'tierbell-demo-'));
  const services = join(folder, 'services');
  await installServices(services);
  await playLogs(join(RULES, 'logs'), join(folder, 'logs'), Date.now());
  const keys = { token: randomBytes(18).toString('hex'), grafana: randomBytes(24).toString('hex') };
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const people = new People(secret);
  const probe: Probe = (instance) => probeService(services, instance);
  const around = await startDemoServer(people, probe);
  const env = {
    TIERBELL_DEMO_FOLDER: folder,
    TIERBELL_DEMO_RULES: RULES,
    TIERBELL_DEMO_URL: around.url,
    TIERBELL_DEMO_TOKEN: keys.token,
    TIERBELL_DEMO_GRAFANA_SECRET: keys.grafana,
    TIERBELL_DEMO_SECRET: secret,
  };
  const app = await startBridge(() => load(env), join(folder, 'store'), settings);
  const bridge = new BridgeClient(app.url, keys);
  return {
    people,
    folder,
    probe,
    bridge,
    async play(name, sender = 'alertmanager') {
      return bridge.deliver(sender, await readAlert(join(RULES, 'alerts', `${name}.json`), Date.now()));
    },
    async stop() {
      await app.stop();
      await around.stop();
    },
  };
}

async function load(env: Readonly<Record<string, string>>): Promise<Config> {
  const loaded = await loadConfig({ file: join(RULES, 'tierbell.yaml'), env });
  if (loaded.ok) return loaded.config;
  throw new Error(`the demo's configuration is wrong\n${loaded.problems.map(renderProblem).join('\n')}`);
}

/** Its address stands in the messages, so the port is chosen before it listens. */
async function startBridge(loadAgain: () => Promise<Config>, folder: string, settings: StageSettings): Promise<App> {
  const { version, nodeVersion } = settings;
  const onDeath = (why: string): void => settings.onDeath(why);
  const logOptions = { level: 'warn', format: 'logfmt' } as const;
  const log = createLogger(logOptions, (line) => settings.writeError(line));
  const port = await freePort();
  const address = { host: HOST, port, externalUrl: `http://${HOST}:${port}`, loopback: true };
  const rules = { config: await loadAgain(), loadAgain };
  return startApp({ ...address, ...rules, folder, logOptions, version, nodeVersion, onDeath, adminToken: null }, log);
}

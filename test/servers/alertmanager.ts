import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../helpers/wait-for.ts';
import { temporaryFolder } from './cleanup.ts';
import { fetchJson, post } from './http-client.ts';
import { findAlertmanager } from './programs.ts';
import { startProcess } from './start-process.ts';

export interface AlertmanagerOptions {
  /** The one receiver, named `tierbell`, where `config` names none. */
  readonly webhook?: {
    readonly url: string;
    readonly bearerToken?: string;
    /** Any other parts of `webhook_configs`, e.g. `max_alerts`. */
    readonly more?: Readonly<Record<string, unknown>>;
  };
  /** Parts of the root route that differ from: group_by alertname, group_wait 0 s, group_interval 1 s. */
  readonly route?: Readonly<Record<string, unknown>>;
  /** Any other parts of alertmanager.yml, e.g. `receivers`, `inhibit_rules`. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** As Alertmanager's API takes it; times are RFC 3339. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly endsAt?: string;
  readonly generatorURL?: string;
}

export interface HeldAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly fingerprint: string;
  readonly startsAt: string;
  readonly status: { readonly state: string; readonly silencedBy: readonly string[] };
  readonly receivers: readonly { readonly name: string }[];
}

export interface Alertmanager {
  readonly url: string;
  readonly pid: number;
  readonly readyAfterMs: number;
  output(): string;
  /** What it holds (`GET /api/v2/alerts`). */
  alerts(): Promise<readonly HeldAlert[]>;
  /** Hands it alerts as a Prometheus would. */
  send(alerts: readonly PostedAlert[]): Promise<void>;
  /** Takes these settings in place of those it has. */
  reload(options: AlertmanagerOptions): Promise<void>;
  stop(): Promise<void>;
}

/** An Alertmanager of its own (Debian: `prometheus-alertmanager`) on a free port, without a cluster. */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<Alertmanager> {
  const folder = temporaryFolder('alertmanager');
  const configFile = join(folder.path, 'alertmanager.yml');
  const write = (settings: AlertmanagerOptions): void =>
    writeFileSync(configFile, JSON.stringify(alertmanagerConfig(settings)), { mode: 0o600 }); // JSON is YAML
  write(options);
  const running = await startProcess({
    name: 'Alertmanager',
    command: findAlertmanager() ?? 'prometheus-alertmanager',
    args: [
      `--config.file=${configFile}`,
      `--storage.path=${join(folder.path, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
      '--cluster.listen-address=',
    ],
    ready: /msg="Listening on" address=(\S+)/,
  });
  const url = `http://${running.ready[1]}`;
  await waitFor('Alertmanager to be ready', async () => (await fetch(`${url}/-/ready`)).ok, { timeoutMs: 60_000 });
  return {
    url,
    pid: running.pid,
    readyAfterMs: running.readyAfterMs,
    output: running.output,
    alerts: () => fetchJson<HeldAlert[]>(`${url}/api/v2/alerts`),
    send: async (alerts) => void (await post(`${url}/api/v2/alerts`, alerts)),
    reload: async (settings) => {
      write(settings);
      await post(`${url}/-/reload`);
    },
    stop: async () => {
      await running.stop();
      folder.remove();
    },
  };
}

function alertmanagerConfig({ webhook, route, config }: AlertmanagerOptions): unknown {
  const authorization =
    webhook?.bearerToken === undefined ? {} : { authorization: { credentials: webhook.bearerToken } };
  const receiver = {
    name: 'tierbell',
    webhook_configs:
      webhook === undefined
        ? []
        : [{ url: webhook.url, send_resolved: true, http_config: authorization, ...webhook.more }],
  };
  return {
    route: {
      receiver: 'tierbell',
      group_by: ['alertname'],
      group_wait: '0s',
      group_interval: '1s',
      repeat_interval: '4h',
      ...route,
    },
    receivers: [receiver],
    ...config,
  };
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../helpers/wait-for.ts';
import { temporaryFolder } from './cleanup.ts';
import { fetchJson, post } from './http-client.ts';
import { findPrometheus } from './programs.ts';
import { startProcess } from './start-process.ts';

/** An alerting rule as in Prometheus' own rule files. */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface PrometheusOptions {
  readonly rules?: readonly AlertingRule[];
  readonly scrape?: readonly {
    readonly job: string;
    /** `host:port`, or a URL of which host and port are taken. */
    readonly targets: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
  }[];
  readonly alertmanagerUrl?: string;
  /** Also how often it scrapes. Default 1 s. */
  readonly evaluationIntervalMs?: number;
  readonly externalLabels?: Readonly<Record<string, string>>;
  /** Any other parts of prometheus.yml, e.g. `alerting` in place of `alertmanagerUrl`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** More flags, e.g. `--rules.alert.resend-delay=1s`: it vouches for an alert over four times that (default 1 min). */
  readonly flags?: readonly string[];
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  readonly url: string;
  readonly pid: number;
  readonly readyAfterMs: number;
  output(): string;
  /** An instant query; the series with their values. */
  query(promql: string): Promise<readonly Sample[]>;
  /** The alerts that its rules hold at the moment. */
  alerts(): Promise<readonly { readonly labels: Record<string, string>; readonly state: 'pending' | 'firing' }[]>;
  /** Takes these rules in place of those it has. */
  reload(rules: readonly AlertingRule[]): Promise<void>;
  stop(): Promise<void>;
  /** `kill -9`: it tells nobody anything any more. */
  kill9(): Promise<void>;
}

interface PrometheusAnswer<T> {
  readonly data: T;
}

/**
 * A Prometheus of its own (Debian: `prometheus`) on a free port.
 * The answer takes some 5 s where there are targets or an Alertmanager: its service discovery looks no earlier, and
 * an alert that fires before is only sent a minute later. So start it beside what else is slow.
 */
export async function startPrometheus(options: PrometheusOptions = {}): Promise<Prometheus> {
  const startedAt = performance.now();
  const folder = temporaryFolder('prometheus');
  const configFile = join(folder.path, 'prometheus.yml');
  const rulesFile = join(folder.path, 'rules.yml');
  // JSON is YAML.
  const writeRules = (rules: readonly AlertingRule[]): void =>
    writeFileSync(rulesFile, JSON.stringify({ groups: [{ name: 'test', rules }] }));
  writeRules(options.rules ?? []);
  writeFileSync(configFile, JSON.stringify(prometheusConfig(options, rulesFile)));
  const running = await startProcess({
    name: 'Prometheus',
    command: findPrometheus() ?? 'prometheus',
    args: [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder.path, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
      '--web.enable-lifecycle',
      ...(options.flags ?? []),
    ],
    ready: /msg="Listening on" address=(\S+)/,
  });
  const url = `http://${running.ready[1]}`;
  await waitFor('Prometheus to know what it scrapes and whom it tells', () => isSetUp(url, options), {
    timeoutMs: 60_000,
  });
  return {
    url,
    pid: running.pid,
    readyAfterMs: performance.now() - startedAt,
    output: running.output,
    query: (promql) => query(url, promql),
    alerts: async () =>
      (
        await fetchJson<
          PrometheusAnswer<{ alerts: { labels: Record<string, string>; state: 'pending' | 'firing' }[] }>
        >(`${url}/api/v1/alerts`)
      ).data.alerts,
    reload: async (rules) => {
      writeRules(rules);
      await post(`${url}/-/reload`);
    },
    stop: async () => {
      await running.stop();
      folder.remove();
    },
    kill9: async () => {
      await running.kill9();
      folder.remove();
    },
  };
}

/**
 * Whether each target was scraped and the Alertmanager has been found. Asked of the series: the page of targets tells of a
 * scrape before its samples can be queried.
 */
async function isSetUp(url: string, options: PrometheusOptions): Promise<boolean> {
  if (!(await fetch(`${url}/-/ready`)).ok) return false;
  const { activeAlertmanagers } = (
    await fetchJson<PrometheusAnswer<{ activeAlertmanagers: unknown[] }>>(`${url}/api/v1/alertmanagers`)
  ).data;
  const expected = (options.scrape ?? []).reduce((sum, { targets }) => sum + targets.length, 0);
  const scraped = (await query(url, 'up')).length;
  return scraped >= expected && (options.alertmanagerUrl === undefined || activeAlertmanagers.length > 0);
}

function prometheusConfig(options: PrometheusOptions, rulesFile: string): unknown {
  const interval = `${options.evaluationIntervalMs ?? 1_000}ms`;
  return {
    global: {
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: interval,
      external_labels: options.externalLabels ?? {},
    },
    rule_files: [rulesFile],
    scrape_configs: (options.scrape ?? []).map(({ job, targets, labels }) => ({
      job_name: job,
      honor_labels: true, // the shop's own `instance` stays
      static_configs: [{ targets: targets.map(hostAndPort), labels: labels ?? {} }],
    })),
    ...(options.alertmanagerUrl === undefined
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [hostAndPort(options.alertmanagerUrl)] }] }] } }),
    ...options.config,
  };
}

function hostAndPort(target: string): string {
  return target.includes('://') ? new URL(target).host : target;
}

async function query(url: string, promql: string): Promise<readonly Sample[]> {
  type Vector = { metric: Record<string, string>; value: [number, string] }[];
  type Result = { resultType: 'vector'; result: Vector } | { resultType: 'scalar'; result: [number, string] };
  const answer = await fetchJson<PrometheusAnswer<Result>>(`${url}/api/v1/query?query=${encodeURIComponent(promql)}`);
  if (answer.data.resultType === 'scalar') return [{ metric: {}, value: Number(answer.data.result[1]) }];
  return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}

import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { mailChannels, twoLevels, writeConfiguration } from '../helpers/configuration.ts';
import { queriesOf, readDashboard, type TargetJson } from '../helpers/dashboard-file.ts';
import { deliver, waitForIncident } from '../helpers/incident-api.ts';
import { PATIENT } from '../helpers/log-house.ts';
import { alertmanagerPayload } from '../helpers/payload.ts';
import { describeWith } from '../helpers/requires.ts';
import { runProgram } from '../helpers/run-program.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { startPrometheus, type Prometheus, type Sample } from '../servers/prometheus.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell, type Tierbell } from '../servers/tierbell.ts';

jest.setTimeout(300_000);

const ALERT_RULES = fileURLToPath(new URL('../../dashboards/tierbell-alerts.yaml', import.meta.url));
const JOB = 'tierbell';

/** Puts in what Grafana puts in: the variables, the chosen range, and a window that fits scraping each second. */
function asGrafanaAsks(expr: string): string {
  const values: Readonly<Record<string, string>> = { job: JOB, __range: '600s', __rate_interval: '15s' };
  return expr.replaceAll(/\$(\w+)/g, (whole, name: string) => values[name] ?? whole);
}

const SHOP = {
  id: 'shop',
  category: 'software-installation-failure',
  any: [{ matchers: ['service="shop"'] }],
  weight: 3,
  reason: 'A part of the shop does not start',
};

/** A program of a known fix that ends with this status. */
function writeProgram(folder: string, name: string, status: number): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\necho "$1: ended with ${status}"\nexit ${status}\n`);
  chmodSync(path, 0o755);
  return path;
}

function knownFix(id: string, program: string, instance: string): unknown {
  return {
    id,
    title: `Try to ${id}`,
    applies_to: { matchers: [`instance="${instance}"`], sources: ['am'] },
    mode: 'automatic',
    executor: 'local',
    target: '{{ instance }}',
    action: {
      kind: 'command',
      argv: [program, '{{ instance }}'],
      parameters: { instance: { from: 'labels.instance', pattern: '[a-z0-9-]{1,63}' } },
      timeout: '20s',
    },
    verify: { kind: 'promql', query: `up{job="${JOB}"} == 1`, for: '1s', timeout: '60s' },
  };
}

/** Prometheus needs the bridge's port and the bridge Prometheus's: the target is told by a file once it is known. */
async function startBoth(): Promise<{ prometheus: Prometheus; bridge: Tierbell }> {
  const folder = temporaryFolder('dashboard').path;
  const targets = join(folder, 'targets.json');
  const tell = (found: readonly string[]): void => writeFileSync(targets, JSON.stringify([{ targets: found }]));
  tell([]);
  const discovery = { job_name: JOB, file_sd_configs: [{ files: [targets], refresh_interval: '1s' }] };
  const [prometheus, smtp, hook] = await Promise.all([
    startPrometheus({ config: { scrape_configs: [discovery], rule_files: [ALERT_RULES] } }),
    startSmtp(),
    startHttpSink(),
  ]);
  hook.answerNext(...Array.from({ length: 100 }, () => ({ status: 400 })));
  const logs = join(folder, 'shop.log');
  writeFileSync(logs, `${new Date().toISOString()} ERROR service=shop the ledger is gone\n`);
  const policies = [twoLevels('hasty', '1s', ['instance="shop-4"']), twoLevels('default', '15m')];
  const beside = writeConfiguration(smtp.url, {
    categories: [{ ...SHOP, category: 'network-downtime' }],
    policies,
  });
  const configFile = writeConfiguration(smtp.url, {
    main: {
      shadow: { rules: dirname(beside) },
      logs: [{ name: 'files', kind: 'file', paths: [logs], budget: PATIENT }],
      executors: [{ name: 'local', kind: 'command', allow: [`${folder}/`] }],
      metrics: [{ name: 'prom', kind: 'prometheus', url: prometheus.url }],
      channels: [
        ...mailChannels(smtp.url),
        { name: 'l3-hook', kind: 'webhook', url: hook.url, secret: 'whsec_dGVzdA==' },
      ],
      teams: [
        { name: 'level2', channels: ['l2-mail'] },
        { name: 'level3', channels: ['l3-mail', 'l3-hook'] },
      ],
      flap: { settle: '1s' },
    },
    categories: [SHOP],
    fixes: [
      knownFix('restart', writeProgram(folder, 'restart', 0), 'shop-1'),
      knownFix('reload', writeProgram(folder, 'reload', 3), 'shop-2'),
    ],
    policies,
  });
  const bridge = await startTierbell({ configFile });
  tell([new URL(bridge.url).host]);
  await waitFor(
    'Prometheus to scrape the bridge',
    async () => (await prometheus.query(`tierbell_build_info`)).length > 0,
  );
  return { prometheus, bridge };
}

/** What the bridge goes through: a cure that does not last, one that fails, a person, nobody, and a refused delivery. */
async function playStory(bridge: Tierbell): Promise<void> {
  const say = (n: number, status: 'firing' | 'resolved' = 'firing') => {
    const labels = { alertname: `Shop${n}Down`, severity: 'critical', instance: `shop-${n}`, service: 'shop' };
    return deliver(bridge, alertmanagerPayload([{ labels, status }]));
  };
  for (const n of [1, 2, 3, 4]) expect((await say(n)).status).toBe(200);
  expect((await say(3)).status).toBe(200);
  expect((await deliver(bridge, 'this is no JSON')).status).toBe(400);
  const { id } = await waitForIncident(bridge, { instance: 'shop-3' }, ({ evidence }) => evidence.length > 0);
  await say(3, 'resolved');
  await waitForIncident(bridge, { instance: 'shop-3' }, ({ alerts }) => alerts[0]?.status === 'resolved');
  for (const verb of ['acknowledge', 'resolve']) {
    const body = { by: 'ada', ...(verb === 'resolve' ? { reason: 'the ledger is back' } : {}) };
    expect((await bridge.api(`/api/v1/incidents/${id}/${verb}`, { body })).status).toBe(200);
  }
  const reasons =
    (...wanted: string[]) =>
    ({ escalations }: { escalations: readonly { reason: string }[] }): boolean =>
      wanted.every((reason) => escalations.some((one) => one.reason === reason));
  await waitForIncident(bridge, { instance: 'shop-1' }, reasons('reopened'));
  await waitForIncident(bridge, { instance: 'shop-2' }, reasons('fix_failed'));
  const escalated = await waitForIncident(bridge, { instance: 'shop-4' }, reasons('ack_timeout'));
  const body = { by: 'ada', category: 'network-downtime', reason: 'the switch' };
  expect((await bridge.api(`/api/v1/incidents/${escalated.id}/reclassify`, { body })).status).toBe(200);
  await waitForIncident(bridge, { alertname: 'TierbellDeliveryRefused' });
}

describeWith('prometheus', 'the dashboard over a bridge that went through something', () => {
  const queries = queriesOf(readDashboard());
  const title = 'Time to acknowledge (MTTA) by category';
  let prometheus: Prometheus;
  let bridge: Tierbell;
  beforeAll(async () => {
    ({ prometheus, bridge } = await startBoth());
    await playStory(bridge);
    const over = Date.now() / 1_000;
    const heard = async (condition: string): Promise<boolean> => (await prometheus.query(condition)).length > 0;
    await waitFor('Prometheus to hear of the end of it', async () => {
      const lost = await heard('sum(tierbell_notifications_total{channel="l3-hook",result="failed"}) >= 2');
      return lost && heard(`timestamp(tierbell_build_info) > ${over}`);
    });
  }, 300_000);
  afterAll(stopEverything, 300_000);

  function ask({ expr }: Pick<TargetJson, 'expr'>): Promise<readonly Sample[]> {
    return waitFor(`data for ${asGrafanaAsks(expr)}`, async () => {
      const samples = (await prometheus.query(asGrafanaAsks(expr))).filter(({ value }) => Number.isFinite(value));
      return samples.length > 0 && samples;
    });
  }

  /** By legend, as the panel shows it, counts as whole numbers. */
  async function shown(panelTitle: string): Promise<Readonly<Record<string, number>>> {
    const found: Record<string, number> = {};
    for (const { panel, target } of queries) {
      if (panel.title !== panelTitle) continue;
      for (const { metric, value } of await ask(target))
        found[target.legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_all, name: string) => metric[name] ?? '?')] =
          Math.round(value);
    }
    return found;
  }

  it.each(queries.map(({ panel, target }) => [panel.title, target.legendFormat, target] as const))(
    '"%s" shows data for "%s", with every label that its legend names',
    async (_title, legend, target) => {
      const samples = await ask(target);
      for (const [, label = ''] of legend.matchAll(/\{\{(\w+)\}\}/g))
        for (const { metric } of samples) expect(Object.keys(metric)).toContain(label);
    },
  );

  it('counts what happened, also what happened for the first time', async () => {
    expect(await shown('Open incidents by level')).toEqual({ 'Level 2': 2, 'Level 3': 2 });
    expect(await shown('Escalations by reason')).toEqual({ ack_timeout: 1, fix_failed: 1, reopened: 1 });
    expect(await shown('Outcomes')).toMatchObject({ verified: 1, failed: 1, unknown: 0 });
    expect(await shown('Fixes that did not help, or whose trouble came back')).toEqual({
      'reload: did not help': 1,
      'restart: did not help': 0,
      'reload: came back': 0,
      'restart: came back': 1,
    });
    expect(await shown('Categories that people changed')).toEqual({
      'software-installation-failure → network-downtime': 1,
    });
    expect(await shown('Category and priority that people kept')).toEqual({
      'Category kept': 1, // of the one that ada resolved
      'Priority kept': 1,
      Incidents: 1,
    });
    expect(await shown('Kill switch')).toEqual({ fixes: 0 });
    expect((await shown(title))['Incidents']).toBe(1);
    expect((await shown('Time to resolve (MTTR) by category'))['Incidents']).toBe(2);
  });

  it('its choice of bridges finds this one', async () => {
    const jobs = await prometheus.query('count by (job) (tierbell_build_info)');
    expect(jobs).toEqual([{ metric: { job: JOB }, value: 1 }]);
  });

  it('the alert rules tell of what went wrong, and of nothing else', async () => {
    const firingNow = await waitFor('the alerts', async () => {
      const names = (await prometheus.alerts())
        .filter(({ state }) => state === 'firing')
        .map(({ labels }) => labels['alertname']);
      return names.length >= 4 && names;
    });
    expect(firingNow.toSorted((a = '', b = '') => a.localeCompare(b))).toEqual([
      'TierbellDeadLetters', // the message that never arrived
      'TierbellDeliveryRefused',
      'TierbellFixDoesNotHelp',
      'TierbellNotificationsFail',
    ]);
  });

  it('promtool finds nothing to say against the metrics', async () => {
    const { text } = await bridge.api('/metrics');
    expect(await runProgram('promtool', ['check', 'metrics'], { input: text })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });
});

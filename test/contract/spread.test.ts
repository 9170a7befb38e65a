import type { Evidence } from '../../src/domain/incident.ts';
import { populationOf } from '../../src/evidence/beyond/spread.ts';
import { lookAtSpread } from '../../src/jobs/look-at-spread.ts';
import { createMetricsSource, metricsSourceConfig } from '../../src/metrics/registry.ts';
import { describeWith } from '../helpers/requires.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything } from '../servers/cleanup.ts';
import { startPrometheus, type Prometheus } from '../servers/prometheus.ts';

afterAll(stopEverything, 300_000);

describeWith('prometheus', 'local or everywhere, asked of a real Prometheus', () => {
  let prometheus: Prometheus;
  let url: string;
  beforeAll(async () => {
    const ports = (from: number): string[] => [0, 1, 2].map((n) => `127.0.0.1:${from + n}`);
    const zone = (name: string, targets: readonly string[]) => ({ targets, labels: { zone: name, env: 'prod' } });
    const job = { job_name: 'node "1"', scrape_interval: '1s', scrape_timeout: '1s' };
    prometheus = await startPrometheus({
      rules: [{ alert: 'Down', expr: 'up{zone="a"} == 0', labels: { severity: 'critical' } }],
      // Nobody listens there: every target of the job is down, and the rule fires for zone a.
      config: {
        scrape_configs: [{ ...job, static_configs: [zone('a', ports(2)), zone('b', ports(12)), zone('c', ports(22))] }],
      },
    });
    url = prometheus.url;
    // Zone a may fire before the other zones were scraped for the first time.
    for (const [query, series] of Object.entries({ up: 9, 'ALERTS{alertstate="firing"}': 3 }))
      await waitFor(`${series} of ${query}`, async () => (await prometheus.query(query)).length === series, {
        timeoutMs: 60_000,
      });
  }, 300_000);

  async function spreadOf(labels: Record<string, string>): Promise<readonly Evidence[]> {
    const source = createMetricsSource(metricsSourceConfig.parse({ name: 'prom', kind: 'prometheus', url }));
    const incident = { labels, impact: { alerts: 1, targets: 1 } };
    return lookAtSpread([source], incident, async () => [], { id: 'e', now: Date.now() }, new AbortController().signal);
  }
  const mine = { alertname: 'Down', job: 'node "1"', instance: '127.0.0.1:2', zone: 'a', env: 'prod' };

  it('counts the targets of the job by zone, and those that the alert fires for in whatever incident', async () => {
    expect(await spreadOf(mine)).toMatchObject([
      { state: 'complete', reason: '3 of 9 targets of job node "1", all in zone a: one zone.' },
    ]);
    expect(await spreadOf({ ...mine, alertname: 'Slow' })).toMatchObject([
      { reason: '1 of 9 targets of job node "1", in zone a: local.' },
    ]);
  });

  it('says that it knows none of them where they are of another environment, or of a job that it does not scrape', async () => {
    for (const other of [{ env: 'test' }, { job: 'nobody' }])
      expect(await spreadOf({ ...mine, ...other })).toMatchObject([
        {
          state: 'partial',
          reason: expect.stringContaining('of how many is not known. prom holds no `up` of them') as unknown,
        },
      ]);
  });

  it('asks for the pods of a workload in words that it understands', async () => {
    const pod = { alertname: 'CrashLoop', namespace: 'shop', pod: 'checkout-7d4b9c6f5d-x2x7k' };
    expect(await spreadOf(pod)).toMatchObject([
      {
        reason: expect.stringMatching(
          /^1 pod of checkout, of how many is not known\. prom holds no `kube_pod_info`/,
        ) as unknown,
      },
    ]);
  });

  it('understands the question for versions', async () => {
    const source = createMetricsSource(metricsSourceConfig.parse({ name: 'prom', kind: 'prometheus', url }));
    const pod = { alertname: 'CrashLoop', namespace: 'shop', pod: 'checkout-7d4b9c6f5d-x2x7k' };
    for (const labels of [mine, pod])
      expect(await source.query(populationOf(labels)?.builds ?? '', new AbortController().signal)).toEqual({
        ...{ ok: true, value: [] },
      });
  });
});

import type { Labels } from '../../../../src/domain/alert.ts';
import { failure, success } from '../../../../src/domain/result.ts';
import {
  describeSpread,
  populationOf,
  type Population,
  type SpreadAnswers,
} from '../../../../src/evidence/beyond/spread.ts';
import type { Sample } from '../../../../src/metrics/metrics-source.ts';

const PIECE = { id: 'p', now: 1_000 };
const node = (n: number, more: Labels = {}): Labels => ({
  ...{ alertname: 'NodeDown', job: 'node', instance: `n${n}:9100`, ...more },
});
const one = (value: number, labels: Labels = {}): Sample => ({ labels, value });

function found(alerts: readonly Labels[], answers: SpreadAnswers | null) {
  const labels = alerts[0] ?? {};
  const population = populationOf(labels) as Population;
  const facts = { labels, targets: alerts.length, population, store: 'prom' };
  const firing = alerts.map((of) => ({ status: 'firing' as const, labels: of }));
  return describeSpread({ ...facts, alerts: firing }, answers, PIECE);
}

const answers = (total: readonly Sample[], firing: readonly Sample[] = []): SpreadAnswers => ({
  total: success(total),
  firing: success(firing),
});

it('counts the targets that the alert fires for in any incident, against all of its job', () => {
  expect(found([node(1)], answers([one(40)], [one(3)]))).toMatchObject({
    ...{ kind: 'metric', about: 'spread', state: 'complete', store: 'prom' },
    reason: '3 of 40 targets of job node: local.',
    spread: { affected: 3, total: 40, targets: 1 },
  });
});

it('counts those of the incident itself where the metrics source does not know the alert', () => {
  expect(found([node(1), node(2), node(2)], answers([one(40)]))?.reason).toBe('2 of 40 targets of job node: local.');
  const blind = { total: success([one(40)]), firing: failure('timed_out', 'prom did not answer within 5 s') };
  expect(found([node(1)], blind)).toMatchObject({
    state: 'partial',
    reason: '1 of 40 targets of job node: local. Only those of this incident were counted as hit.',
  });
});

it('says whether it is one zone or all of them', () => {
  const all = ['a', 'b', 'c'].map((zone) => one(10, { zone }));
  const mine = [node(1, { zone: 'b' }), node(2, { zone: 'b' })];
  expect(found(mine, answers(all, [one(5, { zone: 'b' })]))?.reason).toBe(
    '5 of 30 targets of job node, all in zone b: one zone.',
  );
  expect(found(mine, answers(all, all.slice(0, 3)))?.reason).toBe(
    '30 of 30 targets of job node, in all 3 zones: everywhere.',
  );
  // Where the alert does not say where its target lies, nothing is claimed.
  expect(found([node(1)], answers(all))?.reason).toBe('1 of 30 targets of job node: local.');
});

it('leaves out those of another cluster, namespace or environment', () => {
  const total = [one(4, { namespace: 'prod' }), one(50, { namespace: 'staging' }), one(2)];
  const alerts = [node(1, { namespace: 'prod' })];
  expect(found(alerts, answers(total, [one(30, { namespace: 'staging' })]))?.reason).toBe(
    '1 of 6 targets of job node: local.',
  );
});

it('says why the others could not be counted, and what to do', () => {
  expect(found([node(1)], answers([]))).toMatchObject({
    state: 'partial',
    reason: expect.stringMatching(
      /^1 target of job node, of how many is not known\. prom holds no `up` of them: does it scrape them\?/,
    ) as unknown,
  });
  const away = { total: failure('refused', 'prom cannot be reached'), firing: failure('refused', 'prom is away') };
  expect(found([node(1)], away)?.reason).toContain('They could not be counted: prom cannot be reached.');
});

it('without a metrics source says only what the alerts tell of where they are', () => {
  expect(found([node(1)], null)).toBeNull();
  const mine = [1, 2, 3].map((n) => node(n, { region: n === 3 ? 'eu' : 'us' }));
  expect(found(mine, null)).toMatchObject({
    state: 'partial',
    reason: expect.stringMatching(
      /^3 targets of job node, in 2 regions, of how many is not known\. Configure a Prometheus/,
    ) as unknown,
  });
});

describe('the population of an alert', () => {
  it('is its job, or the pods of its workload where an exporter speaks for others', () => {
    expect(populationOf(node(1))?.of).toBe('targets of job node');
    const pod = { namespace: 'shop', pod: 'checkout-7d4b9c6f5d-x2x7k', alertname: 'CrashLoop' };
    const spoken = { ...pod, job: 'kube-state-metrics', instance: '10.0.0.9:8080' };
    expect(populationOf(spoken)).toMatchObject({ of: 'pods of checkout', name: 'pod' });
    expect(populationOf(spoken)?.total).toContain(
      'kube_pod_info{namespace="shop",pod=~"checkout-([a-z0-9]{6,10}-)?[a-z0-9]{1,5}"}',
    );
    expect(populationOf({ alertname: 'Errors', service: 'checkout' })).toBeNull();
    expect(populationOf({ alertname: 'Errors', job: 'checkout' })).toBeNull();
  });

  it('never lets the text of an alert become a query', () => {
    const hostile = populationOf({ alertname: 'a"} or up{x="', job: 'b"} or vector(1) #', instance: 'c' });
    expect(hostile?.total).toContain(String.raw`up{job="b\"} or vector(1) #"}`);
    expect(hostile?.firing).toContain(String.raw`alertname="a\"} or up{x=\""`);
  });
});

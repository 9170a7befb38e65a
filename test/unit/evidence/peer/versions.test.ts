import type { Labels } from '../../../../src/domain/alert.ts';
import { failure, success } from '../../../../src/domain/result.ts';
import { describePeer } from '../../../../src/evidence/beyond/healthy-peer.ts';
import { populationOf, type Population } from '../../../../src/evidence/beyond/spread.ts';
import { namesOf } from '../../../../src/evidence/peer/names.ts';
import { compareVersions } from '../../../../src/evidence/peer/versions.ts';

const alert: Labels = { alertname: 'Slow', job: 'checkout', instance: 'shop-1.example.org:8080' };
const build = (
  instance: string,
  version: string,
  metric = 'checkout_build_info',
): { labels: Labels; value: number } => ({
  labels: { __name__: metric, instance: `${instance}:8080`, version },
  value: 1,
});

function compare(
  samples: Parameters<typeof success<readonly ReturnType<typeof build>[]>>[0],
  alerting: readonly Labels[] = [],
) {
  const population = populationOf(alert) as Population;
  const peers = { own: namesOf([alert]), alerting: namesOf(alerting) };
  return compareVersions(peers, { population, store: 'prom' }, success(samples));
}

it('tells a version that only the failing one runs', () => {
  const found = compare([build('shop-1.example.org', '4.2.1'), build('shop-2', '4.2.0'), build('shop-3', '4.2.0')]);
  expect(found).toMatchObject({
    state: 'complete',
    reason: 'What runs differs from 2 healthy ones (shop-2:8080, shop-3:8080).',
  });
  expect(found.facts.map(({ text }) => text)).toEqual([
    'version 4.2.1 here, 4.2.0 on 2 healthy ones (shop-2:8080, shop-3:8080) (checkout_build_info)',
  ]);
});

it('says that it runs the same, which is worth knowing too', () => {
  const found = compare([build('shop-1', '4.2.0'), build('shop-2', '4.2.0'), build('shop-2', '9', 'other_build_info')]);
  expect([found.facts, found.reason]).toEqual([[], 'It runs the same as a healthy one (shop-2:8080): version 4.2.0.']);
});

it('does not compare with those that have alerts, and says where nothing is told', () => {
  const all = [build('shop-1', '4.2.1'), build('shop-2', '4.2.0')];
  const also = { alertname: 'Slow', job: 'checkout', instance: 'shop-2:8080' };
  expect(compare(all, [also])).toMatchObject({
    state: 'unavailable',
    reason: 'prom tells no versions of healthy targets of job checkout: what runs could not be compared.',
  });
  expect(compare([]).reason).toMatch(/^prom tells no versions of it/);
});

it('compares images of pods container by container', () => {
  const pod = { alertname: 'CrashLoop', namespace: 'shop', pod: 'checkout-7d4b9c6f5d-x2x7k' };
  const info = (name: string, container: string, image: string) => ({
    labels: { __name__: 'kube_pod_container_info', pod: name, container, image },
    value: 1,
  });
  const population = populationOf(pod) as Population;
  const found = compareVersions(
    { own: namesOf([pod]), alerting: namesOf([]) },
    { population, store: 'prom' },
    success([
      info(pod.pod, 'checkout', 'shop/checkout:4.2.1'),
      info(pod.pod, 'proxy', 'envoy:1.30'),
      info('checkout-7d4b9c6f5d-zzzzz', 'checkout', 'shop/checkout:4.2.0'),
      info('checkout-7d4b9c6f5d-zzzzz', 'proxy', 'envoy:1.30'),
    ]),
  );
  expect(found.facts.map(({ text }) => text)).toEqual([
    'image shop/checkout:4.2.1 here, shop/checkout:4.2.0 on a healthy one (checkout-7d4b9c6f5d-zzzzz) (checkout)',
  ]);
});

describe('both ways of comparing as one piece', () => {
  const PIECE = { id: 'p', now: 1 };
  const finding = {
    state: 'complete',
    reason: 'Compared.',
    store: 'elk',
    facts: [{ at: null, text: 'f', url: '' }],
  } as const;
  const none = compareVersions(
    { own: namesOf([alert]), alerting: namesOf([]) },
    { population: populationOf(alert) as Population, store: 'prom' },
    failure('timed_out', 'prom did not answer within 5 s'),
  );

  it('is complete, in part, not available, or not there at all', () => {
    expect(describePeer([null, finding], PIECE)).toMatchObject({
      kind: 'healthy_peer',
      state: 'complete',
      store: 'elk',
    });
    expect(describePeer([none, finding], PIECE)).toMatchObject({
      ...{ state: 'partial', store: 'prom, elk' },
      reason: 'Compared. Versions could not be compared: prom did not answer within 5 s.',
    });
    expect(describePeer([none, null], PIECE)).toMatchObject({ state: 'unavailable', facts: [] });
    expect(describePeer([null, null], PIECE)).toBeNull();
  });
});

it('names of a target: its pod, its host with and without the domain, and no exporter that speaks for others', () => {
  expect(namesOf([alert])).toEqual({ pods: [], hosts: ['shop-1.example.org', 'shop-1'] });
  expect(namesOf([{ job: 'kube-state-metrics', instance: '10.0.0.9:8080', pod: 'Api-1', node: 'n1' }])).toEqual({
    pods: ['api-1'],
    hosts: ['n1'],
  });
  expect(namesOf([{ service: 'checkout' }])).toEqual({ pods: [], hosts: [] });
});

import { labelSet, type Labels } from '../../../src/domain/alert.ts';
import { scopeLabels, scopeSteps, workloadOf } from '../../../src/evidence/scope.ts';

const steps = (labels: Labels, configured?: Parameters<typeof scopeLabels>[0]): readonly string[] =>
  scopeSteps(labels, scopeLabels(configured)).map(({ name, value }) => `${name}=${value}`);

describe('whose lines are read', () => {
  it('goes from the pod to the namespace', () => {
    expect(
      steps({
        namespace: 'shop',
        job: 'kube-state-metrics',
        pod: 'checkout-7d4b9c6f5d-x2x7k',
        service: 'checkout',
        node: 'node-3',
      }),
    ).toEqual([
      'pod=checkout-7d4b9c6f5d-x2x7k',
      'workload=checkout',
      'service=checkout',
      'service=kube-state-metrics',
      'host=node-3',
      'namespace=shop',
    ]);
  });

  it.each([
    ['db-1.example.org:9100', ['host=db-1.example.org', 'host=db-1']],
    ['db-1:9100', ['host=db-1']],
    ['10.0.0.7:9100', ['host=10.0.0.7']],
    ['[2001:db8::1]:9100', ['host=2001:db8::1']],
    ['2001:db8::1', ['host=2001:db8::1']],
    ['https://shop.example.org/health?x=1', ['host=shop.example.org', 'host=shop']],
    [':9100', []],
    ['  ', []],
  ])('the host of the instance %j is looked for as %j', (instance, expected) => {
    expect(steps({ instance })).toEqual(expected);
  });

  it.each([
    ['checkout-7d4b9c6f5d-x2x7k', 'checkout'],
    ['ts-basic-service-5dc8d4f9fd-46997', 'ts-basic-service'],
    ['node-exporter-x2x7k', 'node-exporter'],
    ['postgres-0', 'postgres'],
    ['standalone', ''],
    ['front-proxy', ''],
  ])('the workload of the pod %s is %j', (pod, expected) => {
    expect(workloadOf(pod)).toBe(expected);
  });

  it('asks nothing twice, and reads names such as __proto__ as what they are', () => {
    expect(steps({ service: 'shop', app: 'shop', job: 'shop' })).toEqual(['service=shop']);
    expect(steps(labelSet([['__proto__', 'x']]))).toEqual([]);
    expect(steps(labelSet([['__proto__', 'x']]), { service: ['__proto__'] })).toEqual(['service=x']);
  });

  it('takes a mapping that is configured as it stands: nothing else counts', () => {
    expect(steps({ service: 'shop', instance: 'a:1', component: 'cart' }, { service: ['component'] })).toEqual([
      'service=cart',
    ]);
    expect(steps({ service: 'shop', instance: 'a:1' }, {})).toEqual([]);
  });
});

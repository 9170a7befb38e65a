import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import type { Change } from '../../../src/domain/change.ts';
import { createSource, sourceConfig } from '../../../src/sources/registry.ts';

const NOW = Date.UTC(2026, 0, 5, 3);
const make = (more: object = {}) => createSource(sourceConfig.parse({ name: 'deploys', kind: 'change', ...more }));
const read = (json: unknown, more: object = {}): readonly Change[] => {
  const source = make(more);
  expect(source.check(json)).toBeNull();
  const parsed = source.parse(json, NOW);
  expect(parsed.groups).toEqual([]);
  return parsed.changes ?? [];
};

/** The fields that are read of the documented payloads. */
const deployment = {
  ...{ id: 42, ref: 'v4.2.1', sha: 'c'.repeat(40), environment: 'prod', description: 'Ship it', task: 'deploy' },
  ...{ creator: { login: 'ada' }, created_at: '2026-01-05T02:50:00Z' },
};
const repository = { name: 'checkout', full_name: 'shop/checkout', html_url: 'https://github.com/shop/checkout' };
const status = (state: string, created_at: string) => ({
  state,
  created_at,
  environment: 'prod',
  target_url: 'https://ci.example.org/7',
});
const application = {
  apiVersion: 'argoproj.io/v1alpha1',
  metadata: { name: 'ledger', namespace: 'argocd', labels: { env: 'staging' } },
  status: {
    sync: { revision: 'd'.repeat(40) },
    operationState: {
      ...{ phase: 'Failed', message: 'one or more objects failed to apply', startedAt: '2026-01-05T02:53:00Z' },
      ...{ finishedAt: '2026-01-05T02:54:00Z', syncResult: { revision: 'd'.repeat(40) } },
      operation: { initiatedBy: { username: 'ben' } },
    },
  },
};

it.each<[string, unknown, Partial<Change>]>([
  [
    'plain JSON',
    {
      kind: 'deployment',
      title: 'Release',
      service: 'checkout',
      version: 4.2,
      at: '2026-01-05T02:54:00Z',
      by: 'ada',
      url: 'https://ci.example.org',
    },
    {
      kind: 'deployment',
      title: 'Release',
      service: 'checkout',
      version: '4.2',
      at: NOW - 360_000,
      by: 'ada',
      state: 'done',
      url: 'https://ci.example.org',
    },
  ],
  [
    'a change of configuration',
    { kind: 'Config', host: 'db-1', state: 'failed' },
    { kind: 'configuration', host: 'db-1', at: NOW, state: 'failed' },
  ],
  ['epoch seconds', { title: 'x', at: NOW / 1000 - 60 }, { at: NOW - 60_000 }],
  [
    'a deployment of GitHub',
    { action: 'created', deployment, repository },
    {
      kind: 'deployment',
      service: 'checkout',
      version: 'v4.2.1',
      environment: 'prod',
      by: 'ada',
      title: 'Ship it',
      at: NOW - 600_000,
    },
  ],
  [
    'its status',
    { action: 'created', deployment, repository, deployment_status: status('failure', '2026-01-05T02:55:00Z') },
    { service: 'checkout', state: 'failed', at: NOW - 300_000, url: 'https://ci.example.org/7' },
  ],
  [
    'an Application of Argo CD',
    application,
    {
      kind: 'deployment',
      service: 'ledger',
      environment: 'staging',
      version: 'dddddddddd',
      by: 'ben',
      state: 'failed',
      at: NOW - 360_000,
    },
  ],
  [
    'the same as `app`',
    { app: application, url: 'https://argo.example.org' },
    { service: 'ledger', url: 'https://argo.example.org' },
  ],
  [
    'an annotation of Grafana',
    { dashboardUID: 'x', time: NOW - 60_000, text: 'Deployed v7', tags: ['deploy', 'service:search', 'env=prod'] },
    { kind: 'deployment', title: 'Deployed v7', service: 'search', environment: 'prod', at: NOW - 60_000 },
  ],
])('%s is read', (_what, json, expected) => {
  expect(read(json)).toEqual([expect.objectContaining(expected)]);
});

it('a later status of a deployment is the same change, and so is the same body sent again', () => {
  const keys = [
    { deployment, repository },
    { deployment, repository, deployment_status: status('in_progress', '2026-01-05T02:51:00Z') },
    { deployment, repository, deployment_status: status('success', '2026-01-05T02:52:00Z') },
  ].flatMap((json) => read(json).map(({ key }) => key));
  expect(new Set(keys).size).toBe(1);
  const plain = { service: 'a', at: '2026-01-05T02:00:00Z' };
  expect(read(plain)).toEqual(read(plain));
  expect(read(plain)[0]?.key).not.toBe(read({ ...plain, version: '2' })[0]?.key);
  expect(read({ ...plain, id: 7, version: '1' })[0]?.key).toBe(read({ ...plain, id: 7, version: '2' })[0]?.key);
});

it('takes lists, says what of them tells nothing, adds the labels of the source, and welcomes a ping', () => {
  const { changes, setAside } = make().parse([{ service: 'a' }, { nothing: 1 }], NOW);
  expect([changes?.length, setAside.map(({ field }) => field)]).toEqual([1, ['changes[1]']]);
  expect(
    read({ changes: [{ service: 'a' }, { service: 'b', environment: 'dev' }] }, { labels: { environment: 'prod' } }),
  ).toMatchObject([{ environment: 'prod' }, { environment: 'dev' }]);
  expect(read({ zen: 'Keep it logically awesome.', hook_id: 1, hook: {} })).toEqual([]);
});

it.each([
  null,
  1,
  'x',
  [],
  {},
  { changes: [] },
  { ref: 'refs/heads/main', commits: [] },
  { alerts: [{ labels: {} }] },
  [[]],
])('refuses %j, which tells no change', (json) => {
  expect(make().check(json)?.problem).toMatch(/change/);
});

it('hostile texts are made harmless, and dates far ahead are the time of receipt', () => {
  const [change] = read({
    title: `a\u0000\u202eb\n${'x'.repeat(9999)}`,
    service: '\u2028c',
    url: 'javascript:alert(1)',
    at: '2099-01-01T00:00:00Z',
  });
  expect(change).toMatchObject({ service: 'c', url: '', at: NOW });
  expect(change?.title).toMatch(/^a b x+…$/);
  expect(change?.title.length).toBeLessThanOrEqual(300);
});

it('takes any JSON without throwing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      make().check(json);
      make().parse(json, NOW);
    }),
  );
});

it('the signature of GitHub opens, with its prefix, and a wrong one does not', () => {
  const source = make({ auth: { hmac: { secret: 'k', header: 'X-Hub-Signature-256' } } });
  const body = Buffer.from('{}');
  const hex = createHmac('sha256', 'k').update(body).digest('hex');
  const state = (value: string) => source.authenticate({ 'x-hub-signature-256': value }, body).state;
  expect([state(`sha256=${hex}`), state(hex)]).toEqual(['proven', 'proven']);
  expect([state(`sha256=${'0'.repeat(64)}`), state(`sha256=sha256=${hex}`), state(`sha1=${hex}`), state('')]).toEqual(
    Array(4).fill('unproven'),
  );
});

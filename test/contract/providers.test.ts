import { readdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeProvider } from '../../src/evidence/beyond/provider-status.ts';
import { statuspage } from '../../src/providers/kinds/statuspage.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { createProvider, providerConfig, providerKinds } from '../../src/providers/registry.ts';
import { countAwakeMs } from '../helpers/awake-time.ts';

/** A status page as Statuspage serves it: one path, GET, and nothing else. */
type Answer =
  { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> } | 'hang' | 'cut';
let answer: Answer;
const asked: string[] = [];
const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  asked.push(`${request.method} ${request.url}`);
  if (answer === 'hang') return;
  if (answer === 'cut') return void request.socket.resetAndDestroy();
  const isSummary = request.method === 'GET' && request.url === '/api/v2/summary.json';
  const { status, body, headers } = isSummary ? answer : { status: 404, body: 'Not found', headers: {} };
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => void asked.splice(0));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const signal = new AbortController().signal;
const page = { id: 'x', name: 'Cloud', url: 'https://status.example.org', updated_at: '2026-01-05T03:00:00Z' };
const quiet = {
  page,
  status: { indicator: 'none', description: 'All Systems Operational' },
  components: [],
  incidents: [],
  scheduled_maintenances: [],
};
const trouble = {
  ...quiet,
  status: { indicator: 'major', description: 'Partial System Outage' },
  components: [
    { name: 'CDN', status: 'operational' },
    { name: 'DNS', status: 'partial_outage' },
    { name: 'Europe', status: 'major_outage', group: true },
  ],
  incidents: [
    {
      name: 'Slow dashboards',
      status: 'monitoring',
      impact: 'minor',
      created_at: '2026-01-05T02:00:00Z',
      shortlink: 'https://stspg.example/a',
    },
    {
      name: 'DNS fails',
      status: 'identified',
      impact: 'critical',
      started_at: '2026-01-05T02:48:00Z',
      shortlink: 'javascript:x',
    },
    { name: 'Old', status: 'resolved', impact: 'critical' },
  ],
  scheduled_maintenances: [
    { name: 'Later', status: 'scheduled' },
    { name: 'Now', status: 'in_progress', scheduled_for: null },
  ],
};
const make = (change: object = {}): Provider =>
  createProvider(providerConfig.parse({ name: 'cloud', kind: 'statuspage', url, ...change }));
const evidence = async (provider: Provider) =>
  describeProvider(provider, Date.UTC(2026, 0, 5, 3), await provider.status(signal), { id: 'p', now: 0 });

it('every provider in the folder is in the registry', () => {
  const files = readdirSync(new URL('../../src/providers/kinds/', import.meta.url));
  expect(files.map((file) => file.replace(/\.ts$/, ''))).toEqual(providerKinds.map(({ kind }) => kind));
});

describe('a provider with a status page', () => {
  it('that reports trouble is told with what, how bad, and since when, the worst first', async () => {
    answer = { status: 200, body: trouble };
    const found = await evidence(make());
    expect(found).toMatchObject({
      state: 'complete',
      store: 'cloud',
      reason: 'cloud reports trouble: Partial System Outage.',
    });
    expect(found.facts?.map(({ text, url: link }) => [text, link])).toEqual([
      ['cloud reports: DNS fails (critical, identified), since 12 min before the alert', ''],
      ['cloud reports: Slow dashboards (minor, monitoring), since 1 h before the alert', 'https://stspg.example/a'],
      ['cloud reports: Now (maintenance under way)', ''],
      ['cloud reports: DNS (partial outage)', ''],
    ]);
  });

  it('that reports none says so, and a worry without a name is told in its own words', async () => {
    answer = { status: 200, body: quiet };
    expect(await evidence(make())).toMatchObject({
      state: 'complete',
      facts: [],
      reason: 'cloud reports no trouble: All Systems Operational.',
    });
    answer = { status: 200, body: { status: { indicator: 'minor', description: 'Being\u0000 looked at' } } };
    expect((await evidence(make())).facts).toMatchObject([{ text: 'cloud reports: Being looked at' }]);
  });

  it.each<[string, () => Answer, RegExp]>([
    ['a page that is none', () => ({ status: 200, body: '<html>' }), /no summary of Statuspage: set url/],
    ['another JSON', () => ({ status: 200, body: { status: 'ok' } }), /no summary of Statuspage/],
    ['404', () => ({ status: 404, body: '' }), /answered 404: does its url lead to a page/],
    ['503', () => ({ status: 503, body: '' }), /answered 503/],
    [
      'a redirect',
      () => ({ status: 302, body: '', headers: { location: 'http://169.254.169.254/' } }),
      /redirect \(302\), which is not followed/,
    ],
    ['too much', () => ({ status: 200, body: 'x'.repeat(3_000_000) }), /in full within 3 s and 2 MB/],
    ['a cut connection', () => 'cut', /connection broke/],
    ['silence', () => 'hang', /no answer within the time allowed/],
  ])('that answers with %s is not available, with the next step', async (_what, given, reason) => {
    answer = given();
    const passed = countAwakeMs();
    const found = await evidence(make());
    expect(found).toMatchObject({ state: 'unavailable', reason: expect.stringMatching(reason) as string });
    expect(found.facts).toBeUndefined();
    expect(passed()).toBeLessThan(30_000);
  });

  it('is asked once for all alerts of a minute, also where it fails', async () => {
    answer = { status: 500, body: '' };
    const clock = { now: 0 };
    const config = statuspage.config.parse({ name: 'cloud', kind: 'statuspage', url: `${url}/` });
    const provider = statuspage.create(config, () => clock.now);
    await Promise.all(Array.from({ length: 50 }, () => provider.status(signal)));
    clock.now = 59_000;
    await provider.status(signal);
    expect(asked).toEqual(['GET /api/v2/summary.json']);
    clock.now = 60_000;
    answer = { status: 200, body: quiet };
    expect((await provider.status(signal)).ok).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it('is never dialled at a metadata address, and never shows its secrets', async () => {
    expect(await evidence(make({ url: 'http://169.254.169.254' }))).toMatchObject({
      state: 'unavailable',
      reason: expect.stringMatching(/link-local/) as string,
    });
    answer = 'cut';
    const secret = make({ url: url.replace('//', '//ada:hunter22@'), headers: { 'X-Key': 's3cr3t-key' } });
    expect(JSON.stringify([await evidence(secret), secret])).not.toMatch(/hunter22|s3cr3t/);
  });

  it('matters for the alerts that its matchers fit', () => {
    expect(make().serves({})).toBe(true);
    expect(make({ matchers: ['zone=~".+"'] }).serves({})).toBe(false);
    expect(make({ matchers: ['zone=~".+"'] }).serves({ zone: 'eu' })).toBe(true);
  });
});

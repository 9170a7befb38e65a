import express, { type Express } from 'express';
import request from 'supertest';
import { createApi } from '../../../src/http/api.ts';
import { handleErrors } from '../../../src/http/http-problem.ts';
import { compileServices } from '../../../src/incidents/services.ts';
import { observeGroup } from '../../../src/jobs/observe.ts';
import { openBlobs } from '../../../src/store/blobs.ts';
import { startConsoleApp, type ConsoleApp } from '../../helpers/console-app.ts';
import { alertOf, groupOf } from '../../helpers/incident-world.ts';
import { temporaryFolder } from '../../servers/cleanup.ts';

const entry = { matchers: [], depends_on: [], skills: [], contacts: [] };
const services = compileServices([
  {
    ...{
      ...entry,
      name: 'checkout',
      team: 'shop',
      tier: 1,
      depends_on: ['psp'],
      runbook: 'https://wiki.example.org/c',
    },
    contacts: ['#shop-help', 'https://chat.example.org/shop', 'javascript:alert(1)'],
  },
  { ...entry, name: 'psp' },
  { ...entry, name: 'mail' },
]);

let house: ConsoleApp;
let api: Express;

beforeAll(async () => {
  house = await startConsoleApp(services);
  const startsAt = house.now;
  await house.store.transact(async (unit) => {
    for (const [index, service] of ['checkout', 'psp', 'mail', 'psp'].entries()) {
      const labels = { service, ...(index === 3 ? { team: 'security' } : {}) };
      const alert = alertOf(`host-${index}`, { labels, startsAt: startsAt + index });
      await observeGroup(unit, 'd1', groupOf([alert]), ['instance']);
    }
  });
  house.now += 2_000;
  api = express();
  const engine = { command: async () => ({ outcome: 'done' }) as const };
  const parts = { read: house.read, engine, procedure: () => [], services: () => services };
  const rest = { blobs: openBlobs(temporaryFolder('blobs').path), stream: { async serve() {} } };
  api.use('/api/v1', createApi({ ...parts, ...rest, confidential: ({ team }) => team === 'security' }));
  api.use(handleErrors({ debug() {}, info() {}, warn() {}, error() {} }));
});
afterAll(() => house.close());

const page = async (path: string): Promise<string> =>
  (await request(house.app).get(path).set('Host', 'localhost')).text.replace(/\s+/g, ' ');

describe('what the catalogue of services knows', () => {
  it('is in the API: the situation, and the runbook among the links', async () => {
    const one = (await request(api).get('/api/v1/incidents/INC-1')).body as Record<string, unknown>;
    expect(one).toMatchObject({
      service: 'checkout',
      links: [{ title: 'Runbook of checkout', url: 'https://wiki.example.org/c' }],
      situation: { origin: 'INC-2', incidents: ['INC-1', 'INC-2'] },
    });
    const { items } = (await request(api).get('/api/v1/incidents')).body as {
      items: { id: string; situation: { origin: string } | null }[];
    };
    expect(items.map(({ id, situation }) => `${id} ${situation?.origin ?? '-'}`)).toEqual([
      ...['INC-4 -', 'INC-3 -', 'INC-2 INC-2', 'INC-1 INC-2'],
    ]);
  });

  it('is on the page: the service, whom to ask, the runbook, and the way to the others of the situation', async () => {
    const text = await page('/incidents/INC-1');
    expect(text).toContain('checkout, tier 1, of team shop');
    expect(text).toContain(
      '<a href="https://wiki.example.org/c" rel="noreferrer noopener" target="_blank">Runbook of checkout</a>',
    );
    expect(text).toContain('<a href="https://chat.example.org/shop"');
    expect(text).toContain('#shop-help');
    expect(text).not.toContain('href="javascript:');
    expect(text).toMatch(
      /Part of a situation with <a href="\/incidents\/INC-2">INC-2<\/a> psp; likeliest origin: <strong>psp<\/strong> \(<a href="\/incidents\/INC-2">INC-2<\/a>\)/,
    );
    expect(await page('/incidents/INC-2')).toContain('likeliest origin: <strong>psp</strong> (this one)');
    expect(await page('/incidents/INC-3')).not.toContain('situation');
  });

  it('is in the list, a line each, and nothing there tells of what another team keeps to itself', async () => {
    const text = await page('/');
    expect(text).toContain('part of a situation with INC-2; likeliest origin: psp (INC-2)');
    expect(text).toContain('part of a situation with INC-1; likeliest origin: psp (this one)');
    expect(text).not.toMatch(/situation with[^<]*INC-4/);
  });
});

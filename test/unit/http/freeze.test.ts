import express, { type Express } from 'express';
import request from 'supertest';
import type { Role } from '../../../src/domain/role.ts';
import { authorize, createDoor } from '../../../src/http/authorize.ts';
import { createFixApi } from '../../../src/http/fix-api.ts';
import { handleErrors } from '../../../src/http/http-problem.ts';
import { controlFixes } from '../../../src/jobs/control-fixes.ts';
import { accountsOf, createToken } from '../../../src/store/access.ts';
import { readStoreGauges } from '../../../src/telemetry/read-store-gauges.ts';
import { storeMetrics } from '../../../src/telemetry/metrics.ts';
import { startConsoleApp, type ConsoleApp } from '../../helpers/console-app.ts';
import { rulesOf } from '../../helpers/fake-rules.ts';

let house: ConsoleApp;
let api: Express;
const tokens: Partial<Record<Role, string>> = {};

beforeEach(async () => {
  house = await startConsoleApp();
  for (const [name, role] of [
    ['vera', 'viewer'],
    ['rob', 'responder'],
    ['ada', 'approver'],
    ['root', 'admin'],
  ] as const)
    tokens[role] = await createToken(house.db, name, role, house.now);
  house.now += 2_000;
  api = express();
  const door = createDoor(accountsOf(house.db), Buffer.alloc(32, 7), () => house.now);
  const parts = { store: house.store, rules: () => rulesOf({}), fixes: [], executors: [], metricsSources: [] };
  const fix = (asked: Parameters<typeof controlFixes>[1]) => controlFixes(parts, asked);
  api.use(
    '/api/v1',
    authorize(door),
    express.json(),
    createFixApi({ read: house.read, engine: { fix }, fixes: () => [], confidential: () => false }),
  );
  api.use(handleErrors({ debug() {}, info() {}, warn() {}, error() {} }));
});
afterEach(() => house.close());

const look = (role: Role) =>
  request(api).get('/api/v1/freeze').set('Host', 'localhost').set('Authorization', `Bearer ${tokens[role]}`);
const press = (role: Role, body: object) =>
  request(api)
    .post('/api/v1/freeze')
    .set('Host', 'localhost')
    .set('Authorization', `Bearer ${tokens[role]}`)
    .send(body);

describe('the kill switch', () => {
  it.each(['approver', 'admin'] as const)(
    '%s may throw and release it; who, when and why stay on record',
    async (role) => {
      const name = role === 'admin' ? 'root' : 'ada';
      const on = await press(role, { frozen: true, reason: 'a bad deploy' });
      const since = new Date(house.now).toISOString();
      expect(on.body).toMatchObject({ frozen: true, by: name, since, reason: 'a bad deploy' });
      expect(await press(role, { frozen: true, reason: 'again' }).then(({ body }) => body as unknown)).toEqual(on.body);
      house.now += 60_000;
      const off = await press(role, { frozen: false, reason: 'rolled back' });
      expect(off.body).toEqual({
        ...{ frozen: false, by: null, since: null, reason: '' },
        history: [
          { at: new Date(house.now).toISOString(), frozen: false, by: name, reason: 'rolled back' },
          { at: since, frozen: true, by: name, reason: 'a bad deploy' },
        ],
      });
    },
  );

  it.each(['viewer', 'responder'] as const)('%s may look at it only', async (role) => {
    expect((await press(role, { frozen: true })).status).toBe(403);
    expect((await look(role)).body).toMatchObject({ frozen: false, history: [] });
  });

  it.each([
    [{}, 'frozen'],
    [{ frozen: 'yes' }, 'frozen'],
    [{ frozen: true, froze: 1 }, 'froze'],
  ])('a body that does not fit is told with its field: %j', async (body, field) => {
    const answer = await press('admin', body);
    expect([answer.status, (answer.body as { field: string }).field]).toEqual([400, field]);
    expect(await house.read.frozen()).toBeNull();
  });

  it('shows as a metric, as a plain line with its button on the pages, and is pressed there', async () => {
    const gauge = async (): Promise<string> => {
      const gauges = storeMetrics();
      await readStoreGauges(house.db, gauges, (team) => team, house.now);
      return gauges.registry.getSingleMetricAsString('tierbell_fixes_frozen');
    };
    const agent = request.agent(house.app).set('Host', 'localhost').set('Authorization', `Bearer ${tokens.approver}`);
    const page = await agent.get('/');
    expect(page.text).toContain('Stop all automatic fixes');
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1];
    const send = (path: string, fields: object) =>
      agent
        .post(path)
        .type('form')
        .send({ csrf, next: '/?status=open', ...fields });
    expect((await send('/freeze', { csrf: 'x' })).status).toBe(403);
    const answer = await send('/freeze', { reason: '<b>bad</b> deploy' });
    expect([answer.status, answer.headers['location']]).toEqual([303, '/?status=open&done=freeze']);
    expect(await gauge()).toContain('tierbell_fixes_frozen 1');
    const frozen = (await agent.get('/')).text;
    expect(frozen).toMatch(/All automatic fixes are stopped<\/strong\s*>, by ada\s+since/);
    expect(frozen).toMatch(/: &(lt|#60|#x3c);b.*deploy/i);
    expect(frozen).not.toContain('<b>bad');
    expect(frozen).toContain('Allow fixes again');
    await send('/unfreeze', {});
    expect(await gauge()).toContain('tierbell_fixes_frozen 0');
  });

  it('responders see the line without the button, and a form of theirs is refused', async () => {
    await press('admin', { frozen: true });
    const agent = request.agent(house.app).set('Host', 'localhost').set('Authorization', `Bearer ${tokens.responder}`);
    const page = await agent.get('/');
    expect(page.text).toContain('All automatic fixes are stopped');
    expect(page.text).not.toContain('Allow fixes again');
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1];
    expect((await agent.post('/unfreeze').type('form').send({ csrf })).status).toBe(403);
    expect(await house.read.frozen()).not.toBeNull();
  });

  it('what stands in the store and cannot be read counts as thrown', async () => {
    await house.store.transact((unit) => unit.setMeta('frozen', '{"by":'));
    expect((await look('viewer')).body).toMatchObject({ frozen: true, by: '', reason: '' });
  });
});

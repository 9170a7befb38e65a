import express, { type Express } from 'express';
import request from 'supertest';
import { createConsole } from '../../../src/console/console.ts';
import { controlHistory } from '../../../src/store/fix-controls.ts';
import type { Role } from '../../../src/domain/role.ts';
import type { FixRequest } from '../../../src/engine/messages.ts';
import { authorize, createDoor } from '../../../src/http/authorize.ts';
import { createFixApi } from '../../../src/http/fix-api.ts';
import { handleErrors } from '../../../src/http/http-problem.ts';
import { controlFixes } from '../../../src/jobs/control-fixes.ts';
import { accountsOf, createToken } from '../../../src/store/access.ts';
import { openFixHouse, unitFails, type FixHouse } from '../../helpers/fix-house.ts';

let house: FixHouse;
let app: Express;
let id: string;
const tokens: Partial<Record<Role, string>> = {};

beforeEach(async () => {
  house = await openFixHouse({ mode: 'approval' });
  await unitFails(house);
  await house.work('fix');
  id = (await house.incident()).attempts[0]?.id ?? '';
  const { db } = house.store;
  for (const [name, role] of [
    ['rob', 'responder'],
    ['ada', 'approver'],
  ] as const)
    tokens[role] = await createToken(db, name, role, house.time.now);
  const accounts = accountsOf(db);
  const secret = Buffer.alloc(32, 7);
  const now = (): number => house.time.now;
  const door = createDoor(accounts, secret, now);
  const engine = {
    fix: (asked: FixRequest) => controlFixes(house.parts, asked),
    command: async () => ({ outcome: 'done' }) as const,
  };
  const { read } = house;
  const fixes = () => house.parts.fixes.map(({ fix }) => fix);
  app = express();
  app.use(createConsole({ read, engine, procedure: () => [], accounts, door, secret, now, confidential: () => false }));
  app.use('/api/v1', authorize(door), express.json(), createFixApi({ read, engine, fixes, confidential: () => false }));
  app.use(handleErrors({ debug() {}, info() {}, warn() {}, error() {} }));
});
afterEach(() => house.close());

const post = (role: Role, path: string, body: object) =>
  request(app)
    .post(`/api/v1${path}`)
    .set('Host', 'localhost')
    .set('Authorization', `Bearer ${tokens[role]}`)
    .send(body);

describe('a proposed fix over the API', () => {
  it('is approved by an approver only, with the hash of what was looked at', async () => {
    const path = `/incidents/INC-1/attempts/${id}/approve`;
    expect((await post('responder', path, {})).status).toBe(403);
    const wrong = await post('approver', path, { hash: 'f'.repeat(64) });
    expect([wrong.status, (wrong.body as { detail: string }).detail]).toEqual([
      409,
      expect.stringContaining('not what you looked at'),
    ]);
    const { hash } = (await house.incident()).attempts[0] ?? {};
    const answer = await post('approver', path, { hash });
    expect(answer.status).toBe(200);
    expect((answer.body as { attempts: unknown[] }).attempts[0]).toMatchObject({
      state: 'intent',
      decidedBy: 'ada',
      hash,
    });
    expect((await post('approver', path, { hash })).status).toBe(200); // repeated by the same person
    expect((await post('approver', path.replace('approve', 'deny'), {})).status).toBe(409);
  });

  it.each([
    ['/incidents/INC-9/attempts/x/approve', 404],
    ['/incidents/INC-1/attempts/x/approve', 404],
    ['/incidents/INC-1/fixes/nonsense/run', 404],
    ['/incidents/INC-1/fixes/restart-unit/run', 409],
  ])('%s: %i', async (path, status) => {
    expect((await post('approver', path, {})).status).toBe(status);
    expect((await post('responder', path, {})).status).toBe(403);
  });
});

describe('the list of known fixes', () => {
  const list = async (role: Role): Promise<unknown> =>
    (await request(app).get('/api/v1/fixes').set('Host', 'localhost').set('Authorization', `Bearer ${tokens[role]}`))
      .body;

  it('shows mode, breaker and last attempts; an open breaker is reset by an approver, on record', async () => {
    expect(await list('responder')).toMatchObject({
      items: [
        {
          ...{ id: 'restart-unit', mode: 'approval', breaker: { open: false, failures: 0, resetAt: null } },
          attempts: [{ id, incident: 'INC-1', target: 'db-1', state: 'awaiting_approval', startedAt: null }],
        },
      ],
    });
    const row = { fix: 'restart-unit', fence: 1, mode: 'automatic', action_hash: '', plan: '{}', finished_at: null };
    const { uid } = await house.incident();
    const { db } = house.store;
    await db.deleteFrom('attempts').execute();
    for (const [n, state] of ['verified', 'failed', 'unverified'].entries()) {
      const times = { intent_at: house.time.now + n, started_at: house.time.now + n };
      const incident = n === 2 ? uid : `other-${n}`;
      await db
        .insertInto('attempts')
        .values({ ...row, ...times, incident, id: `a-${n}`, target: `t-${n}`, state })
        .execute();
    }
    house.pass(1_000);
    expect(await list('approver')).toMatchObject({ items: [{ breaker: { open: true, failures: 2 } }] });
    expect((await post('responder', '/fixes/restart-unit/reset', {})).status).toBe(403);
    expect((await post('approver', '/fixes/nonsense/reset', {})).status).toBe(404);
    const answer = await post('approver', '/fixes/restart-unit/reset', { reason: 'mended the script' });
    expect(answer.body).toMatchObject({ breaker: { open: false, failures: 0 } });
    expect(await controlHistory(db, ['breaker_reset'], 9)).toMatchObject([
      { fix: 'restart-unit', by: 'ada', reason: 'mended the script' },
    ]);
  });
});

describe('a proposed fix on the page of its incident', () => {
  const visit = (role: Role) =>
    request.agent(app).set('Host', 'localhost').set('Authorization', `Bearer ${tokens[role]}`);

  it('shows an approver what exactly would run, and two buttons; the form needs its one-time field', async () => {
    const agent = visit('approver');
    const page = (await agent.get('/incidents/INC-1')).text;
    expect(page).toContain('/usr/bin/ssh tierbell@db-1 systemctl restart -- nginx.service');
    expect(page).toContain('Approve: run exactly this');
    const path = `/incidents/INC-1/attempts/${id}/approve`;
    expect((await agent.post(path).type('form').send({ csrf: 'x' })).status).toBe(403);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1];
    const stale = await agent
      .post(path)
      .type('form')
      .send({ csrf, hash: 'f'.repeat(64) });
    expect([stale.status, stale.text]).toEqual([409, expect.stringContaining('not what you looked at')]);
    const hash = /name="hash" value="([0-9a-f]{64})"/.exec(page)?.[1];
    const answer = await agent.post(path).type('form').send({ csrf, hash });
    expect([answer.status, answer.headers['location']]).toEqual([303, '/incidents/INC-1?done=approve#fixes']);
    while (await house.work('fix'));
    expect(house.runs).toHaveLength(1);
  });

  it('responders see it without buttons, and their form is refused', async () => {
    const agent = visit('responder');
    const page = (await agent.get('/incidents/INC-1')).text;
    expect(page).toContain('An approver decides');
    expect(page).not.toContain('Approve: run exactly this');
    const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1];
    const answer = await agent.post(`/incidents/INC-1/attempts/${id}/deny`).type('form').send({ csrf });
    expect(answer.status).toBe(403);
    expect((await house.states()).journal).toEqual(['awaiting_approval']);
  });
});

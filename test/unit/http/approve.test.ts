import express, { type Express } from 'express';
import request from 'supertest';
import { createConsole } from '../../../src/console/console.ts';
import { controlHistory } from '../../../src/store/fix-controls.ts';
import type { Role } from '../../../src/domain/role.ts';
import type { FixRequest } from '../../../src/engine/messages.ts';
import { authorize, createDoor } from '../../../src/http/authorize.ts';
import { signDecisionToken, type DecisionLink } from '../../../src/http/decision-token.ts';
import { createFixApi } from '../../../src/http/fix-api.ts';
import { handleErrors } from '../../../src/http/http-problem.ts';
import { controlFixes } from '../../../src/jobs/control-fixes.ts';
import { accountsOf, createToken } from '../../../src/store/access.ts';
import { healthy, openFixHouse, unitFails, type FixHouse } from '../../helpers/fix-house.ts';

const secret = Buffer.alloc(32, 7);
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
  const now = (): number => house.time.now;
  const door = createDoor(accounts, secret, now);
  const engine = {
    fix: (asked: FixRequest) => controlFixes(house.parts, asked),
    command: async () => ({ outcome: 'done' }) as const,
  };
  const { read } = house;
  const fixes = () => house.parts.fixes;
  app = express();
  const confidential = () => false;
  app.use(createConsole({ read, engine, procedure: () => [], accounts, door, secret, now, confidential, fixes }));
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

const csrfOf = (page: string): string => /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
const browser = (role: Role | null) => {
  const agent = request.agent(app).set('Host', 'localhost');
  return role === null ? agent : agent.set('Authorization', `Bearer ${tokens[role]}`);
};

describe('the link in a message about a proposed fix', () => {
  const DAY = 86_400_000;
  async function linkTo(more: Partial<DecisionLink> = {}, sentAt = house.time.now): Promise<string> {
    const { uid, attempts } = await house.incident();
    const link = {
      number: 1,
      uid,
      attempt: id,
      hash: attempts[0]?.hash ?? '',
      reader: 'desk',
      level: '2',
      ...more,
    } as const;
    return `/fix/${signDecisionToken(secret, link, sentAt)}`;
  }
  const journal = async () => (await house.states()).journal;

  it('gives a stranger no right: neither looking nor posting does anything, and the page asks who they are', async () => {
    const path = await linkTo();
    const agent = browser(null);
    const seen = await agent.get(path);
    expect([seen.status, seen.text]).toEqual([401, expect.stringContaining('Sign in to Tierbell')]);
    expect(seen.text).not.toContain('systemctl restart');
    const answer = await agent
      .post(path)
      .type('form')
      .send({ decision: 'approve', csrf: csrfOf(seen.text) });
    expect(answer.status).toBe(401);
    expect(await journal()).toEqual(['awaiting_approval']);
  });

  it('shows an approver exactly what would run; pressed it runs once, under the own name, with whom it was sent to', async () => {
    const path = await linkTo();
    const agent = browser('approver');
    const page = (await agent.get(path)).text;
    expect(page).toContain('/usr/bin/ssh tierbell@db-1 systemctl restart -- nginx.service');
    expect(await journal()).toEqual(['awaiting_approval']);
    expect((await agent.post(path).type('form').send({ decision: 'approve', csrf: 'x' })).status).toBe(403);
    const answer = await agent
      .post(path)
      .type('form')
      .send({ decision: 'approve', csrf: csrfOf(page) });
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('Approved. It runs now')]);
    while (await house.work('fix'));
    expect(house.runs).toHaveLength(1);
    const entries = await house.read.timeline((await house.incident()).uid);
    const entry = entries.find(({ text }) => text.includes('approved by ada'));
    expect(JSON.stringify(entry)).toContain('over the link that was sent to desk');

    const used = await agent
      .post(path)
      .type('form')
      .send({ decision: 'approve', csrf: csrfOf(page) });
    expect([used.status, used.text]).toEqual([409, expect.stringContaining('the link is used up')]);
    while (await house.work('fix'));
    expect(house.runs).toHaveLength(1);
  });

  it('turns it down with a reason, and is used up by that too', async () => {
    const path = await linkTo();
    const agent = browser('approver');
    const csrf = csrfOf((await agent.get(path)).text);
    await agent.post(path).type('form').send({ decision: 'deny', csrf, reason: 'not at noon' });
    expect((await house.incident()).attempts[0]?.reasons).toEqual([
      'by ada: not at noon (over the link that was sent to desk)',
    ]);
    expect((await agent.post(path).type('form').send({ decision: 'approve', csrf })).status).toBe(409);
    expect(await journal()).toEqual(['denied']);
  });

  it('lets a responder see it and no more', async () => {
    const path = await linkTo();
    const agent = browser('responder');
    const page = (await agent.get(path)).text;
    expect(page).toContain('An approver decides, and you (rob) are responder.');
    expect(page).not.toContain('Approve: run exactly this');
    const csrf = csrfOf((await agent.get('/')).text);
    expect((await agent.post(path).type('form').send({ decision: 'approve', csrf })).status).toBe(409);
    expect(await journal()).toEqual(['awaiting_approval']);
  });

  it.each([
    ['of something else that would have run', { hash: 'f'.repeat(64) }, 0, 409, 'has changed since this link was sent'],
    ['of another attempt', { attempt: 'other' }, 0, 409, 'no longer waits for a decision'],
    ['of a level whose turn is over', { level: '3' }, 0, 409, 'This is with Level 2 now'],
    ['that is 8 days old', {}, -8 * DAY, 410, 'This link is too old'],
  ] as const)('%s decides nothing', async (_what, more, sentMs, status, says) => {
    const path = await linkTo(more, house.time.now + sentMs);
    const agent = browser('approver');
    const csrf = csrfOf((await agent.get('/')).text);
    const answer = await agent.post(path).type('form').send({ decision: 'approve', csrf });
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(says)]);
    expect(await journal()).toEqual(['awaiting_approval']);
  });

  it('that was changed on the way is not ours', async () => {
    const path = await linkTo();
    expect((await browser('approver').get(`${path.slice(0, -3)}abc`)).status).toBe(404);
  });
});

describe('known fixes on the page of an incident', () => {
  async function breakIt(): Promise<void> {
    const { db } = house.store;
    await db.updateTable('attempts').set({ state: 'failed', started_at: house.time.now }).execute();
    const row = await db.selectFrom('attempts').selectAll().executeTakeFirstOrThrow();
    await db
      .insertInto('attempts')
      .values({ ...row, id: 'a-2', incident: 'other' })
      .execute();
    house.pass(1_000);
  }

  it('one that rests is reset by an approver with a word why; a responder has no such form', async () => {
    await breakIt();
    expect((await browser('responder').get('/incidents/INC-1')).text).not.toContain('Reset the breaker');
    const agent = browser('approver');
    const page = (await agent.get('/incidents/INC-1')).text;
    expect(page).toContain('rests, as it failed 2 times in a row');
    const path = '/incidents/INC-1/fixes/restart-unit/reset';
    const form = { csrf: csrfOf(page), reason: 'mended the script' };
    const answer = await agent.post(path).type('form').send(form);
    expect([answer.status, answer.headers['location']]).toEqual([303, '/incidents/INC-1?done=reset#fixes']);
    expect(await controlHistory(house.store.db, ['breaker_reset'], 9)).toMatchObject([
      { fix: 'restart-unit', by: 'ada', reason: 'mended the script' },
    ]);
    expect((await agent.get('/incidents/INC-1')).text).not.toContain('Reset the breaker');
  });

  it('is run by an approver, who is on record with the reason; a responder is refused', async () => {
    // It was well by the time that its fix was planned, so that a guard refused it; then it failed again.
    house.say.metrics = (promql) => (promql.startsWith('up{') ? { ok: true, value: [] } : healthy(promql));
    await unitFails(house, 'db-2');
    await house.work('fix');
    house.say.metrics = healthy;
    const fresh = 'INC-2';
    const rob = browser('responder');
    const seen = (await rob.get(`/incidents/${fresh}`)).text;
    expect(seen).not.toContain('Run a known fix');
    const send = { fix: 'restart-unit', reason: 'asked by phone' };
    const refused = await rob
      .post(`/incidents/${fresh}/run-fix`)
      .type('form')
      .send({ ...send, csrf: csrfOf(seen) });
    expect(refused.status).toBe(403);
    const agent = browser('approver');
    const page = (await agent.get(`/incidents/${fresh}`)).text;
    expect(page).toContain('Run a known fix');
    const form = { ...send, csrf: csrfOf(page) };
    const none = await agent
      .post(`/incidents/${fresh}/run-fix`)
      .type('form')
      .send({ ...form, fix: 'nonsense' });
    expect([none.status, none.text]).toEqual([404, expect.stringContaining('No known fix is called nonsense')]);
    const answer = await agent.post(`/incidents/${fresh}/run-fix`).type('form').send(form);
    expect([answer.status, answer.headers['location']]).toEqual([303, `/incidents/${fresh}?done=run#fixes`]);
    while (await house.work('fix'));
    expect(house.runs).toHaveLength(1);
    const entries = await house.read.timeline((await house.incident(2)).uid);
    expect(JSON.stringify(entries)).toContain('asked for by ada: asked by phone');
  });
});

import request from 'supertest';
import { createToken, revokeToken } from '../../../src/store/access.ts';
import { observeGroup } from '../../../src/jobs/observe.ts';
import { startConsoleApp, type ConsoleApp } from '../../helpers/console-app.ts';
import { alertOf, groupOf } from '../../helpers/incident-world.ts';

let house: ConsoleApp;

beforeEach(async () => {
  house = await startConsoleApp();
  await house.store.transact(async (unit) => {
    await observeGroup(unit, 'd1', groupOf([alertOf('a')]), ['instance']);
  });
});
afterEach(() => house.close());

/** A browser: it keeps cookies, and sends forms with the value that a page gave it. */
function browser() {
  const agent = request.agent(house.app).set('Host', 'localhost');
  const csrfOn = async (path: string): Promise<string> =>
    /name="csrf" value="([^"]+)"/.exec((await agent.get(path)).text)?.[1] ?? 'none';
  return {
    agent,
    csrfOn,
    send: async (path: string, fields: Record<string, string>, from = '/') => {
      const csrf = await csrfOn(from);
      return agent
        .post(path)
        .type('form')
        .send({ csrf, ...fields });
    },
  };
}

describe('with a token in the store', () => {
  let viewer: string;
  let responder: string;

  beforeEach(async () => {
    viewer = await createToken(house.db, 'vera', 'viewer', house.now);
    responder = await createToken(house.db, 'ada', 'responder', house.now);
    house.now += 2_000;
  });

  it.each(['/', '/incidents/INC-1', '/?status=triggered'])('%s asks for a token, and shows nothing', async (path) => {
    const answer = await browser().agent.get(path);
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('Sign in to Tierbell');
    expect(answer.text).not.toContain('ApiDown');
  });

  it('signs in once: the cookie is out of the reach of scripts and other sites, and opens pages and the API’s GETs', async () => {
    const { agent, send } = browser();
    const answer = await send('/sign-in', { token: responder, next: '/incidents/INC-1' });
    expect([answer.status, answer.headers['location']]).toEqual([303, '/incidents/INC-1']);
    const cookie = String(answer.headers['set-cookie']);
    expect(cookie).toMatch(/tierbell_session=.*HttpOnly.*SameSite=Strict/);
    expect(cookie).toContain('Max-Age=43200');
    expect(cookie).not.toContain(responder);
    expect((await agent.get('/incidents/INC-1')).text).toContain('ApiDown');
    expect((await agent.get('/api/v1/incidents')).status).toBe(200);
    expect((await agent.post('/api/v1/incidents/INC-1/resolve').send({})).status).toBe(401); // a cookie alone shows no intention
  });

  it('acts in the name of the token, whatever a form says', async () => {
    const { send } = browser();
    await send('/sign-in', { token: responder });
    const answer = await send('/incidents/INC-1/acknowledge', { by: 'somebody else' }, '/incidents/INC-1');
    expect(answer.status).toBe(303);
    expect((await house.read.byNumber(1))?.acknowledgedBy).toBe('ada');
  });

  it('viewers see everything and no form of a verb; one that they send is refused', async () => {
    const { agent, send } = browser();
    await send('/sign-in', { token: viewer });
    const page = await agent.get('/incidents/INC-1');
    expect(page.text).toContain('ApiDown');
    expect(page.text).not.toContain('data-verb');
    expect((await agent.get('/')).text).not.toContain('data-verb');
    const answer = await send('/incidents/INC-1/acknowledge', {}, '/incidents/INC-1');
    expect(answer.status).toBe(403);
    expect((await house.read.byNumber(1))?.status).toBe('triggered');
  });

  it('revoking the token ends the session at once', async () => {
    const { agent, send } = browser();
    await send('/sign-in', { token: responder });
    expect((await agent.get('/')).status).toBe(200);
    await revokeToken(house.db, 'ada');
    expect((await agent.get('/')).status).toBe(401);
    expect((await agent.get('/api/v1/incidents')).status).toBe(401);
  });

  it('a session is over after 12 hours, and when the person signs out', async () => {
    const { agent, send } = browser();
    await send('/sign-in', { token: responder });
    house.now += 11.9 * 3_600_000;
    expect((await agent.get('/')).status).toBe(200);
    house.now += 0.2 * 3_600_000;
    expect((await agent.get('/')).status).toBe(401);
    await send('/sign-in', { token: responder });
    await send('/sign-out', {});
    expect((await agent.get('/')).status).toBe(401);
  });

  it('a form that outlived its sign-in says so, and is good again once the same person has signed in', async () => {
    const { agent, send, csrfOn } = browser();
    await send('/sign-in', { token: responder });
    const csrf = await csrfOn('/incidents/INC-1');
    const post = () => agent.post('/incidents/INC-1/note').type('form').send({ csrf, note: 'the disk is full' });
    house.now += 13 * 3_600_000;
    const late = await post();
    expect(late.status).toBe(401);
    expect(late.text).toContain('your sign-in has ended');
    await send('/sign-in', { token: responder });
    expect((await post()).status).toBe(303);
    expect(JSON.stringify(await house.read.recentTimeline((await house.read.byNumber(1))?.uid ?? '', 1))).toContain(
      'the disk is full',
    );
  });

  it('what breaks while a page is made is told as a page, in words for people', async () => {
    await house.db.schema.dropTable('incidents').execute();
    const { agent, send } = browser();
    await send('/sign-in', { token: responder });
    const answer = await agent.get('/');
    expect([answer.status, answer.type]).toEqual([500, 'text/html']);
    expect(answer.text).toContain('its log tells more');
    expect(answer.text).not.toContain('no such table');
  });

  it.each(['', 'tb_wrong', 'x'.repeat(5_000)])('an unknown token is told so and opens nothing', async (token) => {
    const { agent, send } = browser();
    const answer = await send('/sign-in', { token });
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('not known, or was revoked');
    expect((await agent.get('/')).status).toBe(401);
  });

  it('a forged or edited session opens nothing', async () => {
    const forged = ['0'.repeat(64) + '-zzzzzzzz.AAAA', 'x.y', '', '%', `${'0'.repeat(64)}-zzzzzzzz.${'A'.repeat(32)}`];
    for (const value of forged) {
      const answer = await request(house.app).get('/').set('Cookie', `tierbell_session=${value}`);
      expect(answer.status).toBe(401);
    }
  });

  it('a form’s value is good for its browser and its person only', async () => {
    const [ada, other] = [browser(), browser()];
    await ada.send('/sign-in', { token: responder });
    await other.send('/sign-in', { token: responder });
    const stolen = await other.csrfOn('/incidents/INC-1');
    const answer = await ada.agent.post('/incidents/INC-1/resolve').type('form').send({ csrf: stolen });
    expect(answer.status).toBe(403);
    expect((await house.read.byNumber(1))?.status).toBe('triggered');
  });

  it.each(['https://evil.example.org/', '//evil.example.org', '/\\evil.example.org', 'javascript:alert(1)', '/a\r\nb'])(
    'nobody is sent on to %j after signing in',
    async (next) => {
      expect((await browser().send('/sign-in', { token: responder, next })).headers['location']).toBe('/');
    },
  );

  it('a link from a chat is opened again from here, so that the session comes with it', async () => {
    const { agent, send } = browser();
    await send('/sign-in', { token: responder });
    const bare = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
    const answer = await request(house.app).get('/incidents/INC-1').set(bare);
    expect([answer.status, answer.headers['refresh']]).toEqual([200, '0']);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.text).not.toContain('ApiDown');
    expect((await agent.get('/incidents/INC-1').set('Sec-Fetch-Site', 'same-origin')).text).toContain('ApiDown');
  });
});

describe('without any account', () => {
  it('is open on this machine only: other host names and foreign pages are refused', async () => {
    const get = (headers: Record<string, string>) => request(house.app).get('/').set(headers);
    expect((await get({ Host: 'localhost:9096' })).status).toBe(200);
    expect((await get({ Host: 'tierbell.evil.example.org' })).status).toBe(403);
    expect((await get({ Host: 'localhost', Origin: 'https://evil.example.org' })).status).toBe(403);
  });

  it('asks for a name, for the record, and remembers it', async () => {
    const { agent, send } = browser();
    const nameless = await send('/incidents/INC-1/note', { note: 'The disk is full', by: ' ' }, '/incidents/INC-1');
    expect(nameless.status).toBe(400);
    expect(nameless.text).toContain('Say who you are first');
    expect(nameless.text).toContain('The disk is full</textarea>');
    const answer = await send('/incidents/INC-1/note', { note: 'The disk is full', by: 'Zoë' }, '/incidents/INC-1');
    expect(answer.headers['location']).toBe('/incidents/INC-1?done=note');
    const page = await agent.get('/incidents/INC-1');
    expect(page.text).toContain('<summary>Zoë</summary>');
    expect(page.text).toContain('The disk is full');
    await send('/incidents/INC-1/acknowledge', {}, '/incidents/INC-1');
    expect((await house.read.byNumber(1))?.acknowledgedBy).toBe('Zoë');
  });

  it('a second person is told who has it, and may take it over', async () => {
    const [ada, ben] = [browser(), browser()];
    await ada.send('/name', { by: 'ada' });
    await ben.send('/name', { by: 'ben' });
    await ada.send('/incidents/INC-1/acknowledge', {}, '/incidents/INC-1');
    const refused = await ben.send('/incidents/INC-1/acknowledge', {}, '/incidents/INC-1');
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('Not done. INC-1: ada has acknowledged it already; you can take it over below.');
    expect(refused.text).toContain('Take over from ada');
    const taken = await ben.send('/incidents/INC-1/acknowledge', { takeover: 'true' }, '/incidents/INC-1');
    expect(taken.status).toBe(303);
    expect((await house.read.byNumber(1))?.acknowledgedBy).toBe('ben');
  });

  it.each([
    ['prioritise', { priority: 'P9' }, 400],
    ['reclassify', { category: 'unclassified' }, 400],
    ['step', { id: 'no-such-step' }, 409],
    ['explode', {}, 404],
    ['note', { note: '   ' }, 400],
    ['close', {}, 409],
  ])('a %s that does not fit is said in words, and changes nothing', async (verb, fields, status) => {
    const { send } = browser();
    await send('/name', { by: 'ada' });
    const before = await house.read.byNumber(1);
    const answer = await send(`/incidents/INC-1/${verb}`, fields, '/incidents/INC-1');
    expect([answer.status, answer.type]).toEqual([status, 'text/html']);
    expect(await house.read.byNumber(1)).toEqual(before);
  });

  it('words come from us only: an address cannot put any on the page', async () => {
    const answer = await browser().agent.get('/?done=Send+your+token+to+eve&of=INC-1');
    expect(answer.text).not.toContain('Send your');
    expect((await browser().agent.get('/?done=note&of=INC-1')).text).toContain('INC-1: Your note is on record.');
  });
});

import express, { type Express } from 'express';
import request from 'supertest';
import { createAckPages } from '../../../src/http/ack-pages.ts';
import { signAckToken } from '../../../src/http/ack-token.ts';
import { createApi } from '../../../src/http/api.ts';
import { authorize, createDoor } from '../../../src/http/authorize.ts';
import { handleErrors } from '../../../src/http/http-problem.ts';
import { observeGroup } from '../../../src/jobs/observe.ts';
import { accountsOf, createToken } from '../../../src/store/access.ts';
import { openBlobs } from '../../../src/store/blobs.ts';
import { startConsoleApp, type ConsoleApp } from '../../helpers/console-app.ts';
import { alertOf, groupOf } from '../../helpers/incident-world.ts';
import { temporaryFolder } from '../../servers/cleanup.ts';

const SECRET = Buffer.alloc(32, 7);
const confidential = ({ team }: { team: string }): boolean => team === 'security';

let house: ConsoleApp;
let api: Express;
let viewer: string;
let responder: string;

beforeAll(async () => {
  house = await startConsoleApp();
  await house.store.transact(async (unit) => {
    const breach = alertOf('vault', { name: 'KeysWereRead', labels: { team: 'security' } });
    for (const alert of [breach, alertOf('shop')]) await observeGroup(unit, 'd1', groupOf([alert]), ['instance']);
  });
  viewer = await createToken(house.db, 'vera', 'viewer', house.now);
  responder = await createToken(house.db, 'ada', 'responder', house.now);
  house.now += 2_000;
  api = express();
  const door = createDoor(accountsOf(house.db), SECRET, () => house.now);
  const engine = { command: async () => ({ outcome: 'done' }) as const };
  const parts = { read: house.read, engine, confidential, now: () => house.now };
  const rest = { blobs: openBlobs(temporaryFolder('blobs').path), procedure: () => [], stream: { async serve() {} } };
  api.use('/ack', createAckPages({ ...parts, secret: SECRET }));
  api.use('/api/v1', authorize(door), createApi({ ...parts, ...rest }));
  api.use(handleErrors({ debug() {}, info() {}, warn() {}, error() {} }));
});
afterAll(() => house.close());

const ask = (path: string, token: string) =>
  request(api).get(`/api/v1${path}`).set('Host', 'localhost').set('Authorization', `Bearer ${token}`);
const look = (path: string, token: string) =>
  request(house.app).get(path).set('Host', 'localhost').set('Authorization', `Bearer ${token}`);

const DETAILS = /KeysWereRead|vault/;

describe('an incident of a confidential team', () => {
  it('stands in the list of a viewer without what it is about, beside those that everybody reads', async () => {
    const { items } = (await ask('/incidents', viewer)).body as {
      items: { id: string; title: string; team: string }[];
    };
    expect(items.map(({ id, title, team }) => `${id} ${title} ${team}`)).toEqual([
      'INC-2 ApiDown: ApiDown on shop ',
      'INC-1 confidential security',
    ]);
    expect(JSON.stringify(items)).not.toMatch(DETAILS);
    expect((await ask('/incidents/INC-1', viewer)).body).toMatchObject({
      title: 'confidential',
      alerts: [],
      evidence: [],
    });
  });

  it('does not show by where the next page begins, or that there is one, that it fits', async () => {
    for (const query of ['q=on', 'category=cloud-service-interruption', 'severity=critical']) {
      const first = (await ask(`/incidents?${query}&limit=1`, viewer)).body as {
        items: { id: string }[];
        nextCursor: null;
      };
      expect([query, first.items.map(({ id }) => id), first.nextCursor]).toEqual([query, ['INC-2'], null]);
      expect((await ask(`/incidents?${query}&limit=1&cursor=2`, viewer)).body).toEqual({ items: [], nextCursor: null });
      expect((await ask(`/incidents?${query}&limit=1`, responder)).body).toMatchObject({ nextCursor: '2' });
    }
    for (const query of ['q=on', 'category=cloud-service-interruption']) {
      expect((await look(`/?${query}&limit=1`, viewer)).text).not.toContain('Next page');
      expect((await look(`/?${query}&limit=1`, responder)).text).toContain('Next page');
    }
    expect((await look('/?limit=1', viewer)).text).toContain('Next page'); // that it is there is no secret
  });

  it.each(['q=vault', 'category=cloud-service-interruption', 'severity=critical'])(
    'is not found by a viewer through ?%s',
    async (query) => {
      const found = async (token: string): Promise<string> =>
        JSON.stringify((await ask(`/incidents?${query}`, token)).body);
      expect(await found(viewer)).not.toContain('INC-1"');
      expect(await found(responder)).toContain('INC-1"');
    },
  );

  it.each(['timeline', 'alerts', 'evidence', 'handover.zip'])('keeps its %s from viewers', async (part) => {
    const answer = await ask(`/incidents/INC-1/${part}`, viewer);
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('INC-1 of team security is confidential');
    expect(answer.text).not.toMatch(DETAILS);
  });

  it('is whole for responders', async () => {
    expect((await ask('/incidents/INC-1', responder)).body).toMatchObject({ title: expect.stringMatching(DETAILS) });
    expect((await ask('/incidents/INC-1/timeline', responder)).status).toBe(200);
    expect((await look('/incidents/INC-1', responder)).text).toMatch(DETAILS);
  });

  it('is a line without words in the console of a viewer, whose page says why', async () => {
    const list = (await look('/', viewer)).text;
    expect(list).toContain('confidential');
    expect(list).not.toMatch(DETAILS);
    expect((await look('/?q=vault', viewer)).text).not.toContain('INC-1</span>');
    const page = await look('/incidents/INC-1', viewer);
    expect(page.status).toBe(403);
    expect(page.text).toContain('what it is about is for responders');
    expect(page.text).not.toMatch(DETAILS);
  });

  it('shows on the page of a link, whoever holds it, only whose it is', async () => {
    const incident = await house.read.byNumber(1);
    const token = signAckToken(
      SECRET,
      { number: 1, uid: incident?.uid ?? '', reader: 'l3@example.org', level: '2' },
      house.now,
    );
    const page = (await request(api).get(`/ack/${token}`)).text;
    expect(page).toContain('security');
    expect(page).toContain('Acknowledge as l3@example.org');
    expect(page).not.toMatch(DETAILS);
    expect(page).not.toContain('Cloud service interruption');
  });
});

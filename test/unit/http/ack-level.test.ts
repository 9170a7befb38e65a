import express from 'express';
import request from 'supertest';
import { wordNotice } from '../../../src/channels/messages/word-notice.ts';
import type { PersonCommand } from '../../../src/engine/messages.ts';
import { createAckPages } from '../../../src/http/ack-pages.ts';
import { readAckToken, signAckToken } from '../../../src/http/ack-token.ts';
import { mac } from '../../../src/http/signed.ts';
import type { Level } from '../../../src/domain/incident.ts';
import { MINUTE } from '../../helpers/fake-rules.ts';
import { sampleIncident, sampleInput } from '../../helpers/sample-incident.ts';
import { rulesOf } from '../../helpers/fake-rules.ts';
import { alertOf, DAWN, groupOf } from '../../helpers/incident-world.ts';
import { openTestStore, type TestStore } from '../../helpers/open-test-store.ts';

const SECRET = Buffer.alloc(32, 7);

let house: TestStore;
let app: express.Express;
beforeEach(async () => {
  house = await openTestStore(rulesOf());
  await house.deliver(groupOf([alertOf('a')]));
  const command = ({ command }: { command: PersonCommand }) =>
    house.store.transact(async (unit) => {
      const { uid } = await unit.tx.selectFrom('incidents').select('uid').executeTakeFirstOrThrow();
      await unit.incident(uid);
      const decision = unit.run(uid, command);
      return 'refused' in decision
        ? ({ outcome: 'refused', detail: decision.detail } as const)
        : ({ outcome: 'done' } as const);
    });
  app = express();
  const parts = { read: house.read, engine: { command }, secret: SECRET, confidential: () => false };
  app.use('/ack', createAckPages({ ...parts, now: () => house.time.now }));
});
afterEach(() => house.close());

async function linkOf(level: Level | null): Promise<string> {
  const { uid } = await house.incident();
  return `/ack/${signAckToken(SECRET, { number: 1, uid, reader: 'l2@example.org', level }, house.time.now)}`;
}

async function escalate(): Promise<void> {
  const { uid } = await house.incident();
  await house.store.transact(async (unit) => {
    await unit.incident(uid);
    const by = { kind: 'person', name: 'ada' } as const;
    unit.run(uid, { type: 'escalate', by, level: '3', reason: 'beyond us' });
  });
}

const confirmOn = (page: string): string => /name="confirm" value="([^"]+)"/.exec(page)?.[1] ?? '';

it('a page behind a link says the state as the console does, and how long it has been so', async () => {
  const { text } = await request(app).get(await linkOf('2'));
  expect(text).toContain('Not acknowledged');
  expect(text).not.toContain('>triggered<');
  expect(text).toMatch(/<dt>Since<\/dt>\s*<dd>\s*<time class="age"/);
});

it('a link that was cut or is too old leads to the list, as nobody types commands on a telephone', async () => {
  const link = await linkOf('2');
  const cut = await request(app).get(link.slice(0, -3));
  house.pass(8 * 24 * 60 * MINUTE);
  const old = await request(app).get(link);
  expect([cut.status, old.status]).toEqual([404, 410]);
  for (const { text } of [cut, old]) expect(text).toContain('<a href="/">All incidents</a>');
});

describe('the link of Level 2', () => {
  it('acknowledges while it is the turn of Level 2', async () => {
    const link = await linkOf('2');
    const confirm = confirmOn((await request(app).get(link)).text);
    const answer = await request(app).post(link).type('form').send({ confirm });
    expect(answer.text).toContain('Done: it is yours');
    expect(await house.incident()).toMatchObject({ status: 'acknowledged', acknowledgedBy: 'l2@example.org' });
  });

  it('pressed after the escalation does nothing, and says who has it since when', async () => {
    const link = await linkOf('2');
    const confirm = confirmOn((await request(app).get(link)).text);
    house.pass(7 * MINUTE);
    await escalate();
    const before = await house.incident();
    const answer = await request(app).post(link).type('form').send({ confirm });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(
      'This is with Level 3 now, since 2026-01-05 03:07:00 UTC; nobody has acknowledged it yet.',
    );
    expect(answer.text).toContain('href="/incidents/INC-1"');
    expect(confirmOn(answer.text)).toBe('');
    expect(await house.incident()).toEqual(before);
  });

  it('says who of Level 3 has acknowledged', async () => {
    const link = await linkOf('2');
    await escalate();
    const third = await linkOf('3');
    const confirm = confirmOn((await request(app).get(third)).text);
    await request(app).post(third).type('form').send({ confirm });
    expect((await request(app).get(link)).text).toContain('; acknowledged by l2@example.org.');
  });

  it('of an older version, which names no level, still acknowledges', async () => {
    await escalate();
    const link = await linkOf(null);
    const confirm = confirmOn((await request(app).get(link)).text);
    expect((await request(app).post(link).type('form').send({ confirm })).text).toContain('Done: it is yours');
  });
});

describe('the token', () => {
  it('carries the level; what is no level counts as none', () => {
    const link = { number: 1, uid: 'u', reader: 'a', level: '3' } as const;
    expect(readAckToken(SECRET, signAckToken(SECRET, link, DAWN), DAWN)).toEqual(link);
    const body = Buffer.from(JSON.stringify({ n: 1, u: 'u', r: 'a', l: '9', x: DAWN + 1 })).toString('base64url');
    const odd = `${body}.${mac(SECRET, 'ack', body)}`;
    expect(readAckToken(SECRET, odd, DAWN)).toEqual({ ...link, level: null });
  });
});

describe('a message', () => {
  it('asks nobody to acknowledge for another level', () => {
    const incident = sampleIncident({ level: '3' });
    const late = wordNotice(sampleInput({ incident, level: '2' }));
    expect(late).toMatchObject({
      asks: false,
      headline: expect.stringContaining('It is with Level 3 now, and you are told too.'),
    });
    expect(late.links.some(({ acknowledges }) => acknowledges)).toBe(false);
    // One channel for both levels: its first message asks again.
    expect(wordNotice(sampleInput({ incident, level: '2', turn: '3' }))).toMatchObject({ asks: true });
  });
});

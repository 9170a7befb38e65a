import type { Channel, SendResult } from '../../../src/channels/channel.ts';
import type { Notice } from '../../../src/channels/channel.ts';
import type { Job } from '../../../src/domain/job.ts';
import { failure } from '../../../src/domain/result.ts';
import { openBlobs } from '../../../src/store/blobs.ts';
import { pipelineMetrics } from '../../../src/telemetry/metrics.ts';
import { backoffMs, TRIES } from '../../../src/jobs/backoff.ts';
import { notify } from '../../../src/jobs/notify.ts';
import type { NotifyParts } from '../../../src/jobs/notify-parts.ts';
import { StormGate } from '../../../src/jobs/storm-gate.ts';
import { setAside } from '../../../src/jobs/set-aside.ts';
import { levelTwo, MINUTE, rulesOf, SECOND } from '../../helpers/fake-rules.ts';
import { alertOf, DAWN, groupOf } from '../../helpers/incident-world.ts';
import { openTestStore, type TestStore } from '../../helpers/open-test-store.ts';

type NotifyJob = Extract<Job, { kind: 'notify' }>;

const signal = new AbortController().signal;
const SENT: SendResult = { ok: true, detail: '250 queued' };

describe('the time to the next try', () => {
  it.each([
    [1, 500, 2_500],
    [4, 500, 16_500],
    [9, 500, 300_500],
    [14, 500, 300_500],
  ])('after %i tries lies between %i and %i ms, by chance', (attempts, least, most) => {
    expect(backoffMs(attempts, undefined, () => 0)).toBe(least);
    expect(backoffMs(attempts, undefined, () => 1)).toBe(most);
  });

  it.each([
    ['is what the other side asked for', 90 * SECOND, 90 * SECOND],
    ['is never at once', 0, 1_500],
    ['is at most an hour', 24 * 60 * MINUTE, 60 * MINUTE],
  ])('%s', (_name, asked, expected) => {
    expect(backoffMs(1, asked, () => 0.5)).toBe(expected);
  });

  it.each([0, 1_000, -5_000])('adds up to most of an hour, also for a receiver that asks for only %i ms', (asked) => {
    const waits = Array.from({ length: TRIES }, (_none, tries) => backoffMs(tries + 1, asked, () => 0.5));
    expect(waits.reduce((sum, wait) => sum + wait)).toBeGreaterThan(15 * MINUTE);
  });
});

describe('the outbox', () => {
  let house: TestStore;
  let answers: (SendResult | Error)[];
  let sent: Notice[];
  let slowMs: number;
  beforeEach(async () => {
    house = await openTestStore(rulesOf({ steps: [levelTwo({ inform: [] })] }));
    await house.deliver(groupOf([alertOf('a')]));
    [answers, sent, slowMs] = [[], [], 0];
  });
  afterEach(() => house.close());

  function parts(change: Partial<NotifyParts> = {}): NotifyParts {
    const channel = (name: string): Channel => ({
      ...{ name, kind: 'email' },
      async send(notice) {
        house.pass(slowMs);
        sent.push(notice);
        const answer = answers.shift() ?? SENT;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      check: async () => SENT,
      close: async () => {},
    });
    return {
      ...{ store: house.store, read: house.read, blobs: openBlobs(house.folder), links: null, random: () => 0.5 },
      channels: new Map(['l2-slack', 'fallback-mail'].map((name) => [name, channel(name)])),
      readerOf: (_channel, recipient) => recipient,
      ...{ holds: () => false, rules: () => rulesOf() },
      mayCarry: () => true,
      storms: new StormGate(),
      metrics: pipelineMetrics({ sources: [], channels: ['l2-slack'], stores: [], fixes: [], teams: [] }),
      ...change,
    };
  }

  async function claim(): Promise<NotifyJob | undefined> {
    return (await house.store.claim(['notify'], 1, MINUTE))[0] as NotifyJob | undefined;
  }

  async function send(change: Partial<NotifyParts> = {}): Promise<void> {
    const job = await claim();
    if (job === undefined) throw new Error('nothing to send');
    await notify(parts(change), job, signal);
  }

  /** What waits, and in how many seconds it is due. */
  async function waiting(): Promise<string[]> {
    const rows = await house.store.db
      .selectFrom('jobs')
      .selectAll()
      .where('kind', '=', 'notify')
      .orderBy('id')
      .execute();
    return rows.map(({ payload, due_at, state }) => {
      const { channel, purpose } = JSON.parse(payload) as NotifyJob['payload'];
      return `${state} ${purpose} ${channel} ${(due_at - house.time.now) / 1000}`;
    });
  }

  it('a message that arrived is on record, and is done', async () => {
    await send();
    expect(sent).toMatchObject([{ purpose: 'page', incident: 'INC-1', at: DAWN }]);
    expect((await house.incident()).told).toMatchObject([
      { channel: 'l2-slack', purpose: 'page', ok: true, detail: '250 queued' },
    ]);
    expect(await waiting()).toEqual([]);
  });

  it('one that did not is tried again later, under the same key and with the same words', async () => {
    answers = [failure('server_error', '503')];
    await send();
    expect(await waiting()).toEqual(['due page l2-slack 1.5']);
    expect(await claim()).toBeUndefined();
    house.pass(1500);
    await send();
    expect(sent[1]).toEqual(sent[0]);
    expect((await house.incident()).told).toHaveLength(1);
  });

  it('Retry-After is respected, and as the message will be late the fallback hears of it now, once', async () => {
    const busy = failure('rate_limited', '429 Too Many Requests', { retryAfterMs: 90_000 });
    answers = [busy, busy];
    await send();
    expect(await waiting()).toEqual(['due page l2-slack 90', 'due fallback fallback-mail 0']);
    house.pass(90_000);
    answers.unshift(SENT);
    await send(); // the fallback or the page, whichever is first in line
    await send();
    expect((await waiting()).filter((one) => one.includes('fallback'))).toEqual([]);
  });

  it('what waits because another message was told to have patience is late as well: the fallback hears of it at once', async () => {
    const held = { heldMs: () => 600_000, turnInMs: () => 600_000 };
    const quiet: Channel = { ...(parts().channels.get('l2-slack') as Channel), ...held };
    const channels = new Map([...parts().channels, ['l2-slack', quiet]]);
    await send({ channels });
    expect(sent).toEqual([]);
    expect(await waiting()).toEqual(['due page l2-slack 600', 'due fallback fallback-mail 0']);
    house.pass(600_000);
    await send({ channels }); // whichever is first in line
    await send({ channels });
    expect((await waiting()).filter((one) => one.includes('fallback'))).toEqual([]);
    expect(sent).toMatchObject([{ purpose: 'fallback' }]);
  });

  it('a short Retry-After bothers nobody else', async () => {
    answers = [failure('rate_limited', '429', { retryAfterMs: 5_000 })];
    await send();
    expect(await waiting()).toEqual(['due page l2-slack 5']);
  });

  it('not out after 30 s: tried once more then, and the fallback is told exactly once while it is tried on', async () => {
    answers = Array.from({ length: 30 }, () => failure('refused', 'nobody listens'));
    const started = house.time.now;
    const toldAt: number[] = [];
    for (let tries = 0; tries < 12; tries++) {
      const job = (await house.store.claim(['notify'], 9, MINUTE)).find(
        (one) => one.kind === 'notify' && one.payload.channel === 'l2-slack',
      ) as NotifyJob;
      await notify(parts({ random: () => 0.9 }), job, signal);
      if ((await house.read.timeline((await house.incident()).uid)).some(({ type }) => type === 'fallback_told'))
        toldAt.push(house.time.now - started);
      const [row] = await house.store.db.selectFrom('jobs').select('due_at').where('id', '=', job.id).execute();
      house.pass(Math.max(0, (row?.due_at ?? 0) - house.time.now));
    }
    expect(toldAt[0]).toBe(30 * SECOND);
    expect(
      (await house.read.timeline((await house.incident()).uid)).filter(({ type }) => type === 'fallback_told'),
    ).toHaveLength(1);
  });

  it('a channel that hangs for 30 s is late after its first try', async () => {
    slowMs = 30 * SECOND;
    answers = [failure('timed_out', 'no answer')];
    await send();
    expect((await waiting()).filter((one) => one.includes('fallback'))).toHaveLength(1);
  });

  it('refused for good: a dead letter, on record, and the fallback is told', async () => {
    answers = [failure('rejected', 'no such channel')];
    await send();
    expect(await waiting()).toEqual(['dead page l2-slack 0', 'due fallback fallback-mail 0']);
    expect((await house.incident()).told).toMatchObject([{ ok: false, detail: 'no such channel' }]);
    await send();
    expect(sent.at(-1)).toMatchObject({ purpose: 'fallback' });
  });

  it('after fifteen tries it counts as undeliverable', async () => {
    for (let tries = 1; tries <= TRIES; tries++) {
      answers = [failure('server_error', '503')];
      const job = (await house.store.claim(['notify'], 9, MINUTE)).find(
        (one) => one.kind === 'notify' && one.payload.channel === 'l2-slack',
      ) as NotifyJob;
      expect(job.attempts).toBe(tries);
      await notify(parts(), job, signal);
      house.pass(6 * MINUTE);
    }
    expect((await waiting()).filter((one) => one.startsWith('dead page l2-slack'))).toHaveLength(1);
  });

  it('the fallback that does not answer is tried on and tells nobody in turn', async () => {
    answers = [failure('rejected', 'gone'), ...Array.from({ length: 9 }, () => failure('refused', 'nobody listens'))];
    await send();
    for (let tries = 0; tries < 4; tries++) {
      await send();
      house.pass(MINUTE);
    }
    expect((await waiting()).filter((one) => one.includes('fallback'))).toHaveLength(1);
  });

  it('a channel that is no longer configured is told over the fallback', async () => {
    await send({ channels: new Map() });
    expect(await waiting()).toEqual(['dead page l2-slack 0', 'due fallback fallback-mail 0']);
  });

  it('words that break do not keep a message from going out', async () => {
    const links = {
      ack: () => '',
      decide: () => null,
      list: () => 'https://bell.example.org/?status=triggered',
      incident: () => 'https://bell.example.org/INC-1',
      bundle: () => '',
    };
    const read = { ...house.read, alerts: async () => [null] as never };
    await send({ read, links });
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ incident: 'INC-1', headline: expect.stringContaining('ApiDown') });
    expect(sent[0]?.sections[0]?.text).toContain('could not be worded');
  });

  describe('in a storm', () => {
    /** Sends until nothing is due; the clock goes on to what was put off. */
    async function sendAll(change: Partial<NotifyParts>, seconds: number): Promise<void> {
      const until = house.time.now + seconds * SECOND;
      for (;;) {
        const job = await claim();
        if (job !== undefined) await notify(parts(change), job, signal);
        else if (house.time.now >= until) return;
        else house.pass(SECOND / 2);
      }
    }

    async function toldOf(number: number): Promise<string[]> {
      const entries = await house.read.timeline((await house.incident(number)).uid);
      return entries.filter(({ type }) => type === 'notified').map(({ text }) => text);
    }

    it('many incidents come in few messages, and each has it on record', async () => {
      for (let n = 0; n < 159; n++) await house.deliver(groupOf([alertOf(`storm-${n}`)], { groupKey: `g${n}` }));
      await sendAll({ storms: new StormGate() }, 2);
      expect(sent.map(({ purpose }) => purpose)).toEqual([...Array.from({ length: 7 }, () => 'page'), 'digest']);
      expect(sent[7]?.headline).toMatch(/^153 incidents wait for somebody/);
      for (let number = 1; number <= 160; number++) expect(await toldOf(number)).toHaveLength(1);
      expect(await toldOf(160)).toEqual([expect.stringContaining('one message for 153 incidents')]);
      expect(await waiting()).toEqual([]);
    });

    it('one message that does not get through leaves all of it to be sent again', async () => {
      for (let n = 0; n < 120; n++) await house.deliver(groupOf([alertOf(`storm-${n}`)], { groupKey: `g${n}` }));
      answers = [...Array.from({ length: 7 }, () => SENT), failure('server_error', 'the server is away')];
      const storms = new StormGate();
      await sendAll({ storms }, 1);
      expect(sent.map(({ purpose }) => purpose).slice(7)).toEqual(['digest']);
      expect(await waiting()).toHaveLength(114);
      await sendAll({ storms }, 60);
      expect(await waiting()).toEqual([]);
      for (let number = 1; number <= 121; number++) expect(await toldOf(number)).toHaveLength(1);
    });

    /** Seven went alone; the rest is claimed for one message, of which `lost` others are claimed by somebody else meanwhile. */
    async function failTogether(problem: SendResult, lost: number): Promise<void> {
      for (let n = 0; n < 120; n++) await house.deliver(groupOf([alertOf(`storm-${n}`)], { groupKey: `g${n}` }));
      const storms = new StormGate();
      await sendAll({ storms }, 0);
      house.pass(SECOND);
      answers = [problem];
      const store = { ...house.store, db: house.store.db } as typeof house.store;
      store.claimTogether = async (...args) => {
        const jobs = await house.store.claimTogether(...args);
        const gone = jobs.slice(0, lost).map(({ id }) => id);
        if (lost > 0) await house.store.db.updateTable('jobs').set({ fence: 99 }).where('id', 'in', gone).execute();
        return jobs;
      };
      await notify(parts({ storms, store }), (await claim()) as NotifyJob, signal);
    }

    it('a claim that was lost meanwhile holds up none of the others that failed with it', async () => {
      await failTogether(failure('server_error', '503'), 3);
      const pages = (await waiting()).filter((one) => one.includes('page'));
      expect(pages.filter((one) => one.startsWith('leased'))).toHaveLength(3);
      const again = pages.filter((one) => one.startsWith('due'));
      expect(again).toHaveLength(111);
      expect(new Set(again).size).toBe(1); // they go together again
    });

    it('refused for good, each is a dead letter, and the fallback is told of each in the same commit', async () => {
      await failTogether(failure('rejected', 'no such channel'), 3);
      const all = await waiting();
      expect(all.filter((one) => one.startsWith('dead page'))).toHaveLength(111);
      expect(all.filter((one) => one.startsWith('due fallback'))).toHaveLength(111);
    });

    it('late, the fallback is told of each, once', async () => {
      await failTogether(failure('rate_limited', '429', { retryAfterMs: 90_000 }), 0);
      expect((await waiting()).filter((one) => one.startsWith('due fallback'))).toHaveLength(114);
      const late = await house.store.db
        .selectFrom('timeline')
        .selectAll()
        .where('type', '=', 'fallback_told')
        .execute();
      expect(late).toHaveLength(114);
    });
  });

  it('the store away between sending and record: the result waits for it, and the message goes out once', async () => {
    let failures = 0;
    const transact: TestStore['store']['transact'] = async (work) => {
      if (++failures <= 2) throw Object.assign(new Error('gone'), { code: '57P01' });
      return house.store.transact(work);
    };
    const job = (await claim()) as NotifyJob;
    await notify(parts({ store: { ...house.store, transact } }), job, signal);
    expect([sent.length, failures]).toEqual([1, 3]);
    expect((await house.incident()).told).toMatchObject([{ ok: true, detail: '250 queued' }]);
    house.pass(2 * MINUTE);
    expect(await claim()).toBeUndefined();
  });

  it('killed between sending and record: sent once more under the same key, on record once', async () => {
    const store = {
      ...house.store,
      db: house.store.db,
      transact: () => Promise.reject(new Error('kill -9')),
    } as typeof house.store;
    const job = await claim();
    await expect(notify(parts({ store }), job as NotifyJob, signal)).rejects.toThrow('kill -9');
    await house.reopen();
    await send();
    expect(sent.map(({ id }) => id)).toEqual([sent[0]?.id, sent[0]?.id]);
    expect((await house.incident()).told).toHaveLength(1);
  });

  it('a message that breaks again and again counts as lost: the fallback hears, and a lost fallback ends there', async () => {
    await setAside(house.store, (await claim()) as NotifyJob, 'a bug');
    expect(await waiting()).toEqual(['dead page l2-slack 0', 'due fallback fallback-mail 0']);
    await setAside(house.store, (await claim()) as NotifyJob, 'a bug');
    expect(await waiting()).toEqual(['dead page l2-slack 0', 'dead fallback fallback-mail 0']);
  });
});

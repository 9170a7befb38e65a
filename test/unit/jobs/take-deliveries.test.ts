import type { Alert } from '../../../src/domain/alert.ts';
import type { Delivery } from '../../../src/inbox/inbox-reader.ts';
import { createSource, sourceConfig } from '../../../src/sources/registry.ts';
import type { Source } from '../../../src/sources/source.ts';
import { DeadlyDeliveries } from '../../../src/jobs/deadly-deliveries.ts';
import { passDeadline } from '../../../src/jobs/pass-deadline.ts';
import { reportTrouble } from '../../../src/jobs/report-trouble.ts';
import { takeDeliveries, type Taken, type TakeParts } from '../../../src/jobs/take-deliveries.ts';
import { MINUTE, rulesOf, SECOND } from '../../helpers/fake-rules.ts';
import { ADA, alertOf } from '../../helpers/incident-world.ts';
import { readMeta } from '../../../src/store/meta.ts';
import { openTestStore, type TestStore } from '../../helpers/open-test-store.ts';

const RULES = rulesOf();

class Died extends Error {
  constructor() {
    super('out of memory');
  }
}

describe('taking deliveries', () => {
  let house: TestStore;
  let inbox: Delivery[];
  let seen: Taken[];
  let source: Source;
  beforeEach(async () => {
    house = await openTestStore(RULES);
    [inbox, seen] = [[], []];
    source = createSource(
      sourceConfig.parse({ name: 'am', kind: 'alertmanager', heartbeat: { matchers: ['alertname="Watchdog"'] } }),
    );
  });
  afterEach(() => house.close());

  function arrive(body: unknown, from = 'am'): void {
    const seq = inbox.length + 1;
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    inbox.push({ seq, id: `d${seq}`, source: from, receivedAt: house.time.now, body: bytes });
  }

  function payload(alerts: readonly (Partial<Alert> | null)[], groupKey = '{}:{alertname="ApiDown"}'): unknown {
    const wire = alerts.map(
      (alert) =>
        alert && { ...alert, startsAt: new Date(alert.startsAt ?? 0).toISOString(), endsAt: '0001-01-01T00:00:00Z' },
    );
    return { version: '4', groupKey, status: 'firing', receiver: 'tierbell', alerts: wire };
  }

  function parts(change: Partial<TakeParts> = {}): TakeParts {
    return {
      ...{ store: house.store, sources: new Map([['am', source]]), rules: () => RULES, log: () => {} },
      inbox: {
        after: (seq, limit) => inbox.filter((one) => one.seq > seq).slice(0, limit),
        last: () => inbox.length,
        close: () => {},
      },
      seen: (taken) => void seen.push(taken),
      ...change,
    };
  }

  async function takeAll(change: Partial<TakeParts> = {}): Promise<void> {
    while (await takeDeliveries(parts(change)));
  }

  async function titles(): Promise<string[]> {
    return (await house.read.incidents({}, 100, null))
      .toReversed()
      .map(({ number, title, firing }) => `INC-${number} ${title}, ${firing} firing`);
  }

  async function aside(): Promise<{ field: string; problem: string; raw: string }[]> {
    return house.store.db.selectFrom('set_aside').select(['field', 'problem', 'raw']).orderBy('id').execute();
  }

  describe('one that ends the whole process', () => {
    /** Lives of the bridge: each takes until it dies of the deadly one. @returns how many it took */
    async function livesUntilAllIsTaken(deadly: string): Promise<number> {
      const lethal = (): Source => ({
        ...source,
        parse(value, at) {
          if (JSON.stringify(value).includes(deadly)) throw new Died();
          return source.parse(value, at);
        },
      });
      for (let life = 1; life < 20; life++) {
        const mine = parts({ deadly: new DeadlyDeliveries(), sources: new Map([['am', lethal()]]), log: dies });
        try {
          while (await takeDeliveries(mine));
          return life;
        } catch (error) {
          if (!(error instanceof Died)) throw error;
        }
      }
      throw new Error('it never comes to an end');
    }
    /** The first thing that is done about what was thrown: by then a process that has died does nothing. */
    const dies = (_message: string, { error }: Record<string, unknown>): void => {
      if (String(error).includes('out of memory')) throw new Died();
    };

    it('is set aside after five lives, and told; what stands before and behind it goes on', async () => {
      for (const id of ['a', 'b']) arrive(payload([alertOf(id, { name: id })], id));
      arrive(payload([alertOf('x', { name: 'Deadly' })]));
      for (const id of ['c', 'd']) arrive(payload([alertOf(id, { name: id })], id));
      const lives = await livesUntilAllIsTaken('Deadly');
      expect(lives).toBeGreaterThan(5);
      expect(lives).toBeLessThan(9);
      expect(await house.store.deliveriesTaken()).toBe(5);
      const all = await titles();
      expect(all.filter((title) => /INC-\d a:|b:|c:|d:/.test(title))).toHaveLength(4);
      expect(all.find((title) => title.includes('TierbellDeliverySetAside'))).toContain('ended while taking it');
      expect((await aside()).map(({ problem }) => problem)).toEqual([expect.stringContaining('five times in a row')]);
    });

    it('is none that is tried again and again in one life, as while the store is away', async () => {
      arrive(payload([alertOf('a')]));
      const life = new DeadlyDeliveries();
      for (let n = 0; n < 12; n++)
        expect(await life.choose(house.store, inbox)).toEqual({ deliveries: inbox, isDeadly: false });
      for (let n = 0; n < 4; n++) await new DeadlyDeliveries().choose(house.store, inbox);
      expect(await new DeadlyDeliveries().choose(house.store, inbox)).toEqual({ deliveries: inbox, isDeadly: true });
    });

    it('one that hangs at it for a minute is not waited for any longer, and has cost no life', async () => {
      arrive(payload([alertOf('a')]));
      const alive = async (): Promise<boolean> => false;
      await new DeadlyDeliveries({ self: 1, isGone: alive }).choose(house.store, inbox);
      const other = new DeadlyDeliveries({ self: 2, isGone: alive });
      expect(await other.choose(house.store, inbox)).toEqual({ deliveries: [], isDeadly: false });
      house.pass(MINUTE + 1);
      expect(await other.choose(house.store, inbox)).toEqual({ deliveries: inbox, isDeadly: false });
      expect(await readMeta(house.store.db, 'taking')).toMatch(/^1 1 2 /);
    });

    it('is none where lives end for other reasons', async () => {
      for (let n = 0; n < 40; n++) arrive(payload([alertOf(`h${n}`, { name: `N${n}` })], `g${n}`));
      // Each life takes one batch, as after kill -9 by the dozen.
      while (await takeDeliveries(parts({ deadly: new DeadlyDeliveries() })));
      expect(await aside()).toEqual([]);
      expect(await titles()).toHaveLength(40);
    });
  });

  it('a batch becomes incidents in one commit, with how far it was read and what it brought', async () => {
    arrive(payload([alertOf('a'), alertOf('b')]));
    arrive(payload([alertOf('a'), alertOf('b')]));
    arrive(payload([alertOf('w', { name: 'Watchdog' })]));
    expect(await takeDeliveries(parts())).toBe(true);
    expect(await takeDeliveries(parts())).toBe(false);
    expect(await titles()).toEqual(['INC-1 ApiDown: ApiDown on a, 2 firing']);
    expect(await house.store.deliveriesTaken()).toBe(3);
    expect(seen).toEqual([
      {
        deliveries: 3,
        bytes: inbox.reduce((sum, { body }) => sum + body.length, 0),
        receivedAt: inbox[0]?.receivedAt,
        alerts: [{ source: 'am', status: 'firing', count: 4 }],
        repeats: [{ source: 'am', count: 2 }],
      },
    ]);
  });

  it('a malformed alert is set aside and shown, its neighbours go on', async () => {
    arrive(payload([alertOf('a'), null, alertOf('b')]));
    await takeAll();
    expect(await titles()).toEqual([
      'INC-1 ApiDown: ApiDown on a, 2 firing',
      expect.stringMatching(/^INC-2 TierbellDeliverySetAside: .* 1 of its alerts could not be read \(alerts\[1\]/),
    ]);
    expect(await aside()).toMatchObject([{ field: 'alerts[1]', raw: 'null' }]);
  });

  it.each([
    ['before the commit', 'before'],
    ['after the commit', 'after'],
  ] as const)('killed %s: taken again, with the same result', async (_name, when) => {
    for (const id of ['a', 'b', 'c']) arrive(payload([alertOf(id)]));
    const store = { ...house.store, db: house.store.db } as typeof house.store;
    store.transact = async (work) => {
      if (when === 'before') return Promise.reject(Object.assign(new Error('kill -9'), { code: 'SQLITE_IOERR' }));
      await house.store.transact(work);
      throw Object.assign(new Error('kill -9'), { code: 'SQLITE_IOERR' });
    };
    await expect(takeDeliveries(parts({ store }))).rejects.toThrow('kill -9');
    await house.reopen();
    await takeAll();
    expect(await titles()).toEqual(['INC-1 ApiDown: ApiDown on a, 3 firing']);
    expect(await house.store.deliveriesTaken()).toBe(3);
    expect(
      (await house.read.timeline((await house.incident()).uid)).filter(({ type }) => type === 'alerts').length,
    ).toBeLessThanOrEqual(3);
  });

  describe('poison', () => {
    it('is tried five times, set aside, and told to the fallback; what comes before and after goes on', async () => {
      arrive(payload([alertOf('a')]));
      arrive(payload([alertOf('poison')]));
      arrive(payload([alertOf('b')]));
      let tries = 0;
      const broken: Source = {
        ...source,
        parse(json, receivedAt) {
          if (JSON.stringify(json).includes('poison')) {
            tries += 1;
            throw new Error('a bug in the reader');
          }
          return source.parse(json, receivedAt);
        },
      };
      await takeAll({ sources: new Map([['am', broken]]) });
      expect(tries).toBe(6); // once in the batch, five times alone
      expect(await titles()).toEqual([
        'INC-1 ApiDown: ApiDown on a, 2 firing',
        expect.stringMatching(/^INC-2 .*answered with 200, but could not be read/),
      ]);
      expect(await aside()).toEqual([
        { field: '', problem: 'it could not be taken: a bug in the reader', raw: expect.stringContaining('poison') },
      ]);
      expect((await house.incident(2)).source).toBe('tierbell');
    });

    it('a full disk is no poison: nothing is set aside, and it is taken once there is room', async () => {
      arrive(payload([alertOf('a')]));
      const full = {
        ...house.store,
        db: house.store.db,
        transact: () => Promise.reject(Object.assign(new Error('full'), { code: 'SQLITE_FULL' })),
      } as typeof house.store;
      await expect(takeDeliveries(parts({ store: full }))).rejects.toThrow('full');
      expect(await aside()).toEqual([]);
      await takeAll();
      expect(await titles()).toHaveLength(1);
    });

    it('what breaks a rule of the tables is poison, for it would break it for ever', async () => {
      arrive(payload([alertOf('a')]));
      arrive(payload([alertOf('b', { name: 'DiskFull' })]));
      const store = { ...house.store, db: house.store.db } as typeof house.store;
      let calls = 0;
      store.transact = async (work) => {
        calls += 1; // the batch, then five times the first one
        if (calls <= 6) throw Object.assign(new Error('NOT NULL'), { code: 'SQLITE_CONSTRAINT_NOTNULL' });
        return house.store.transact(work);
      };
      await takeAll({ store });
      expect(await aside()).toHaveLength(1);
      expect(await titles()).toHaveLength(2);
    });

    it('bytes that are no JSON, and a source that is gone: on record, told, and not in the way', async () => {
      arrive('{"alerts":');
      arrive(payload([alertOf('x')]), 'retired');
      arrive(payload([alertOf('a')]));
      await takeAll();
      expect((await aside()).map(({ problem }) => problem)).toEqual([
        'it could not be taken: the body is not JSON: it ends too early',
        'the source retired is no longer configured',
      ]);
      const all = (await titles()).join('\n');
      expect(all).toContain('ApiDown on a');
      expect(all).toMatch(/delivery of am was answered with 200/);
      expect(all).toMatch(/delivery of retired was answered with 200, but that source is no longer configured/);
    });
  });

  describe('trouble of our own', () => {
    const report = (summary = 'Something was refused'): Promise<void> =>
      house.store.transact((unit) =>
        reportTrouble(unit, { name: 'TierbellDeliveryRefused', source: 'am', summary, raw: '' }, RULES.groupingBy),
      );
    async function pass(ms: number): Promise<void> {
      house.pass(ms);
      for (const job of await house.store.claim(['deadline'], 9, MINUTE)) await passDeadline(house, job as never);
    }
    async function resolve(): Promise<void> {
      const { uid } = await house.incident();
      await house.store.transact(async (unit) => {
        await unit.incident(uid);
        unit.run(uid, { type: 'resolve', by: ADA, reason: 'seen to' });
      });
    }

    it('is one incident, however often it comes', async () => {
      for (let times = 0; times < 5; times++) {
        await report();
        await pass(SECOND);
      }
      expect(await titles()).toHaveLength(1);
    });

    it('resolved by hand and not come again: it stays resolved', async () => {
      await report();
      await pass(SECOND);
      await resolve();
      await pass(16 * MINUTE);
      await pass(16 * MINUTE);
      expect((await house.incident()).status).toBe('resolved');
    });

    it('resolved by hand and come again: people hear of it at the end of 15 min at the latest', async () => {
      await report();
      await pass(SECOND);
      await resolve();
      await pass(MINUTE);
      await report();
      await pass(15 * MINUTE);
      const reopened = (await house.incident()).status === 'triggered' || (await house.read.byNumber(2)) !== null;
      expect(reopened).toBe(true);
    });
  });
});

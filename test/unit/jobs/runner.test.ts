import type { Job } from '../../../src/domain/job.ts';
import { Runner, type Handler, type Lane } from '../../../src/jobs/runner.ts';
import { MINUTE, rulesOf, SECOND } from '../../helpers/fake-rules.ts';
import { alertOf, groupOf } from '../../helpers/incident-world.ts';
import { openTestStore, type TestStore } from '../../helpers/open-test-store.ts';
import { waitFor } from '../../helpers/wait-for.ts';

async function until(probe: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await waitFor(what, probe, { everyMs: 5 });
}

const LANES: readonly Lane[] = [
  { kinds: ['notify'], concurrency: 2, leaseMs: MINUTE },
  { kinds: ['evidence'], concurrency: 1, leaseMs: MINUTE },
];

describe('the runner', () => {
  let house: TestStore;
  let runner: Runner;
  let done: string[];
  let aside: { job: Job; why: string }[];
  let uid: string;
  beforeEach(async () => {
    house = await openTestStore(rulesOf());
    await house.deliver(groupOf([alertOf('a')]));
    uid = (await house.incident()).uid;
    await house.store.db.deleteFrom('jobs').execute();
    [done, aside] = [[], []];
  });
  afterEach(async () => {
    await runner.stop();
    await house.close();
  });

  function start(handle: Handler, lanes: readonly Lane[] = LANES): void {
    runner = new Runner({
      ...{ store: house.store, lanes, handle, log: () => {} },
      async setAside(job, why) {
        aside.push({ job, why });
        await house.store.bury(job, why);
      },
    });
    runner.start();
  }

  async function queue(name: string, kind: 'notify' | 'evidence' = 'notify', dueAt = house.time.now): Promise<void> {
    await house.store.transact(async (unit) => unit.queue(uid, { kind, key: name, dueAt, payload: {} } as never));
  }

  const finish = async (job: Job): Promise<void> => {
    await house.store.transact((unit) => unit.finish(job));
    done.push(job.key);
  };

  describe('one after the other', () => {
    const patient = (patienceMs: number): Lane[] => [
      { kinds: ['notify'], concurrency: 8, patienceMs, leaseMs: MINUTE },
    ];

    it('the next begins when the one before has ended, so that a crash finds one under way', async () => {
      for (let n = 0; n < 5; n++) await queue(`message ${n}`);
      let atOnce = 0;
      let most = 0;
      start(async (job) => {
        most = Math.max(most, ++atOnce);
        await new Promise((resolve) => setTimeout(resolve, 5));
        await finish(job);
        atOnce -= 1;
      }, patient(60_000));
      await until(() => done.length === 5, 'all were done');
      expect(most).toBe(1);
    });

    it('one that takes long is not waited for', async () => {
      await queue('hangs');
      await queue('quick');
      let free = (): void => {};
      start(async (job) => {
        if (job.key === 'hangs') await new Promise<void>((resolve) => (free = resolve));
        await finish(job);
      }, patient(20));
      await until(() => done.includes('quick'), 'the quick one was done');
      expect(done).toEqual(['quick']);
      free();
      await until(() => done.length === 2, 'both were done');
    });
  });

  it('does what is due, the earliest first, and leaves what is not', async () => {
    await queue('second', 'evidence', house.time.now - 1);
    await queue('first', 'evidence', house.time.now - 2);
    await queue('tomorrow', 'evidence', house.time.now + 24 * 60 * MINUTE);
    start(finish);
    await until(() => done.length === 2, 'both were done');
    expect(done).toEqual(['first', 'second']);
    expect(await house.store.nextDue(['evidence'])).toBe(house.time.now + 24 * 60 * MINUTE);
  });

  it('looks again when it is woken, and by itself', async () => {
    start(finish);
    await queue('a');
    runner.wake();
    await until(() => done.length === 1, 'it was woken');
    await queue('b');
    await until(() => done.length === 2, 'it looked by itself');
  });

  it('what is due later, or goes over another channel, makes nobody look', async () => {
    let claims = 0;
    const store: TestStore['store'] = {
      ...house.store,
      claim: (...asked) => {
        claims += 1;
        return house.store.claim(...asked);
      },
    };
    const lane: Lane = { kinds: ['notify'], concurrency: 2, leaseMs: MINUTE, which: { channel: 'mail' } };
    runner = new Runner({ store, lanes: [lane], log: () => {}, setAside: async () => {}, handle: finish });
    runner.start();
    await until(() => claims === 1, 'it looked at its start');
    runner.wake([
      { kind: 'notify', channel: 'mail', inMs: 15 * MINUTE },
      { kind: 'notify', channel: 'chat', inMs: 0 },
      { kind: 'evidence', channel: '', inMs: 0 },
    ]);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(claims).toBe(1);
    runner.wake([{ kind: 'notify', channel: 'mail', inMs: 0 }]);
    await until(() => claims >= 2, 'it looked for what is due');
  });

  it('never does more at once than its lane allows, and one lane does not wait for another', async () => {
    let running = 0;
    let most = 0;
    const open: (() => void)[] = [];
    for (let index = 0; index < 6; index++) await queue(`n${index}`);
    await queue('logs', 'evidence');
    start(async (job) => {
      if (job.kind === 'notify') {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => open.push(resolve));
        running -= 1;
      }
      await finish(job);
    });
    await until(() => open.length === 2 && done.includes('logs'), 'two are at work, and the logs are done');
    for (let index = 0; index < 6; index++) {
      await until(() => open.length > 0, 'the next is at work');
      open.shift()?.();
    }
    await until(() => done.length === 7, 'all were done');
    expect(most).toBe(2);
  });

  it('work that breaks is tried five times, ever later, and then set aside; its neighbours go on', async () => {
    await queue('poison');
    let tries = 0;
    start(async (job) => {
      if (job.key !== 'poison') return finish(job);
      tries += 1;
      throw new Error('a bug');
    });
    const waits: number[] = [];
    for (let attempt = 1; attempt < 5; attempt++) {
      await until(async () => tries === attempt && (await house.store.nextDue(['notify'])) !== null, `try ${attempt}`);
      const due = (await house.store.nextDue(['notify'])) as number;
      waits.push(due - house.time.now);
      await queue(`good ${attempt}`);
      runner.wake();
      await until(() => done.length === attempt, 'its neighbour is done');
      house.pass(due - house.time.now);
      runner.wake();
    }
    await until(() => aside.length === 1, 'it was set aside');
    expect(waits).toEqual([1 * SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND]);
    expect(aside[0]).toMatchObject({ why: 'a bug', job: { key: 'poison', attempts: 5 } });
  });

  it('a full disk is no fault of the work: its tries do not count', async () => {
    await queue('unlucky');
    let tries = 0;
    start(async (job) => {
      tries += 1;
      if (tries < 10) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
      await finish(job);
    });
    for (let attempt = 1; attempt < 10; attempt++) {
      await until(async () => tries === attempt && (await house.store.nextDue(['notify'])) !== null, `try ${attempt}`);
      house.pass(2 * SECOND);
      runner.wake();
    }
    await until(() => done.length === 1, 'it is done at last');
    expect(aside).toEqual([]);
  });

  it('work that broke while the store was away is put back as soon as that is there again, long before its lease ends', async () => {
    await queue('a');
    const gone = (): Error => Object.assign(new Error('gone'), { code: '57P01' });
    let away = true;
    const again: TestStore['store']['again'] = async (...job) => {
      if (away) throw gone();
      await house.store.again(...job);
      house.pass(5 * SECOND);
    };
    let tries = 0;
    runner = new Runner({
      ...{ store: { ...house.store, again }, lanes: LANES, log: () => {}, setAside: async () => {} },
      async handle(job) {
        if (++tries === 1) throw gone();
        await finish(job);
      },
    });
    runner.start();
    await until(() => tries === 1, 'it broke');
    away = false;
    await until(() => done.length === 1, 'it was done');
    expect(tries).toBe(2);
  });

  it('a lease that was lost is nobody’s failure', async () => {
    await queue('lost');
    start(async (job) => {
      await queue('lost', 'notify', house.time.now + MINUTE); // replaced while it runs
      await finish(job);
    });
    await until(async () => (await house.store.nextDue(['notify'])) === house.time.now + MINUTE, 'it stands anew');
    expect([done, aside]).toEqual([[], []]);
  });

  it('stopping waits for what runs and takes nothing new', async () => {
    let release: () => void = () => {};
    let begun = false;
    await queue('running', 'evidence');
    await queue('waiting', 'evidence');
    start(async (job) => {
      begun = true;
      await new Promise<void>((resolve) => (release = resolve));
      await finish(job);
    });
    await until(() => begun, 'it runs');
    const stopped = runner.stop().then(() => done.push('stopped'));
    release();
    await stopped;
    expect(done).toEqual(['running', 'stopped']);
    runner.wake();
    expect(await house.store.nextDue(['evidence'])).toBe(house.time.now);
  });

  it('what was being claimed while it stopped is put back, not begun', async () => {
    await queue('late');
    let claims = 0;
    let go: () => void = () => {};
    const slow = {
      ...house.store,
      db: house.store.db,
      async claim(...args: Parameters<typeof house.store.claim>) {
        claims += 1;
        await new Promise<void>((resolve) => (go = resolve));
        return house.store.claim(...args);
      },
    } as typeof house.store;
    runner = new Runner({
      store: slow,
      lanes: LANES.slice(0, 1),
      handle: finish,
      setAside: async () => {},
      log: () => {},
    });
    runner.start();
    await until(() => claims === 1, 'it is claiming');
    const stopped = runner.stop();
    go();
    await stopped;
    expect(done).toEqual([]);
    const [job] = await house.store.claim(['notify'], 1, MINUTE);
    expect(job).toMatchObject({ key: 'late', attempts: 1 });
  });
});

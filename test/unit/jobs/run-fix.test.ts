import { asRestored } from '../../../src/backup/as-restored.ts';
import { dropFixDeadlines } from '../../../src/backup/fill-tables.ts';
import type { Header } from '../../../src/backup/format.ts';
import { failure, success } from '../../../src/domain/result.ts';
import type { RunResult } from '../../../src/fixes/executor.ts';
import { runFix } from '../../../src/jobs/run-fix.ts';
import { setAside } from '../../../src/jobs/set-aside.ts';
import { writeFrozen } from '../../../src/store/fix-controls.ts';
import { rulesOf, MINUTE, SECOND } from '../../helpers/fake-rules.ts';
import { healthy, openFixHouse, SUCCEEDED, UNIT_FAILED, unitFails, type FixHouse } from '../../helpers/fix-house.ts';
import { ADA, endOf, groupOf } from '../../helpers/incident-world.ts';

const HOUR = 60 * MINUTE;
const signal = new AbortController().signal;
const houses: FixHouse[] = [];
afterEach(async () => {
  for (const house of houses.splice(0)) await house.close();
});

/** A house whose unit has failed. */
async function opened(...args: Parameters<typeof openFixHouse>): Promise<FixHouse> {
  const house = await openFixHouse(...args);
  houses.push(house);
  await unitFails(house);
  return house;
}

async function reasonsOf(house: FixHouse, number = 1): Promise<string> {
  return (await house.incident(number)).attempts.flatMap(({ reasons }) => reasons).join('; ');
}

describe('a known fix that runs', () => {
  it('goes from intent over started to succeeded, once, under its fence, and is verified next', async () => {
    const house = await opened();
    await house.work('fix');
    expect(house.runs).toEqual([expect.stringMatching(/^[0-9a-f-]{36} 1$/)]);
    expect(await house.states()).toEqual({ journal: ['succeeded'], incident: ['succeeded'] });
    const texts = (await house.read.timeline((await house.incident()).uid))
      .filter(({ type }) => type === 'fix')
      .map(({ text }) => text);
    expect(texts.map((text) => /(about to run|is running|is being verified)/.exec(text)?.[1])).toEqual([
      'about to run',
      'is running',
      'is being verified',
    ]);
    expect(await house.incident()).toMatchObject({
      attempts: [{ exitCode: 0, output: 'restarted\n', target: 'db-1' }],
    });
    expect(await house.work('fix')).toBe(false);
  });

  it.each<[string, RunResult | Error, string]>([
    ['failed', { state: 'failed', exitCode: 1, output: 'no such unit', reason: 'exit status 1' }, 'fix_failed'],
    ['unknown', { state: 'unknown', exitCode: null, output: '', reason: 'timed out' }, 'fix_unknown'],
    ['unknown', new Error('the executor broke'), 'fix_unknown'],
  ])('%s: on record with its output, Level 3 takes over, and nothing is verified', async (state, result, reason) => {
    const house = await opened();
    house.say.result = result;
    await house.work('fix');
    expect(await house.states()).toEqual({ journal: [state], incident: [state] });
    expect(await house.incident()).toMatchObject({ level: '3', escalations: [{ reason }] });
    expect(await house.work('verify')).toBe(false);
  });

  it('an endless output is kept by its end, and the record still folds', async () => {
    const house = await opened();
    house.say.result = { ...SUCCEEDED, output: '😀'.repeat(20_000) + 'x' };
    await house.work('fix');
    expect((await house.incident()).attempts[0]?.output).toHaveLength(16_384);
  });

  it('resolved by a person while it runs: the outcome is recorded, and the journal follows', async () => {
    const house = await opened();
    const { uid } = await house.incident();
    const executor = {
      ...house.parts.executors[0],
      run: async () => {
        await house.store.transact(async (unit) => {
          await unit.incident(uid);
          unit.run(uid, { type: 'resolve', by: ADA, reason: '' });
        });
        return SUCCEEDED;
      },
    } as FixHouse['parts']['executors'][number];
    await runFix({ ...house.parts, executors: [executor] }, (await house.claim('fix')) as never, signal);
    expect(await house.incident()).toMatchObject({
      status: 'resolved',
      resolvedHow: 'person',
      attempts: [{ state: 'succeeded' }],
    });
  });
});

describe('a known fix that does not run pages Level 2 with the reason', () => {
  async function expectRefused(house: FixHouse, state: string, reason: string | RegExp): Promise<void> {
    await house.work('fix');
    expect(house.runs).toEqual([]);
    expect((await house.states()).incident).toEqual([state]);
    expect(await reasonsOf(house)).toMatch(reason);
    expect(await house.incident()).toMatchObject({ level: '2', step: 0 });
    expect(await house.work('fix')).toBe(false);
  }

  it.each([['dry_run', 'dry_run', /it would run: \/usr\/bin\/ssh tierbell@db-1 systemctl restart -- nginx\.service/]])(
    'mode %s',
    async (mode, state, reason) => {
      await expectRefused(await opened({ mode }), state, reason);
    },
  );

  it('a label that does not fit its pattern', async () => {
    const house = await openFixHouse({
      action: {
        kind: 'command',
        argv: ['/usr/bin/ssh', '{{ unit }}'],
        parameters: { unit: { from: 'labels.name', pattern: '[a-z]+' } },
        timeout: '60s',
      },
      target: '{{ unit }}',
    });
    houses.push(house);
    await unitFails(house);
    await expectRefused(house, 'refused', /unit/);
  });

  it.each<[string, (house: FixHouse) => void, RegExp]>([
    [
      'the precondition does not hold',
      (house) => {
        house.say.metrics = (promql) => (promql.startsWith('up{') ? success([]) : healthy(promql));
      },
      /precondition does not hold/,
    ],
    [
      'the population cannot be asked',
      (house) => {
        house.say.metrics = (promql) =>
          promql.startsWith('count(') ? failure('refused', 'nobody listens') : healthy(promql);
      },
      /population is not known: nobody listens/,
    ],
    [
      'the population is too small',
      (house) => {
        house.say.metrics = () => success([{ labels: {}, value: 3 }]);
      },
      /of the population/,
    ],
  ])('%s', async (_name, arrange, reason) => {
    const house = await opened();
    arrange(house);
    await expectRefused(house, 'refused', reason);
    expect(await house.states()).toEqual({ journal: ['refused'], incident: ['refused'] });
  });

  it('the kill switch is on, also after a restart: who, since when and why', async () => {
    const house = await opened();
    await house.store.transact((unit) => writeFrozen(unit, true, 'ada', 'a bad deploy'));
    await house.reopen();
    await expectRefused(house, 'refused', /frozen by ada since \d\d:\d\d UTC: a bad deploy/);
  });

  it('the kill switch is thrown between intent and start', async () => {
    const house = await opened();
    house.say.metrics = (promql) => healthy(promql);
    const prom = {
      ...house.parts.metricsSources[0],
      query: async (promql: string) => {
        await house.store.transact((unit) => writeFrozen(unit, true, 'ada', ''));
        return healthy(promql);
      },
    } as FixHouse['parts']['metricsSources'][number];
    await runFix({ ...house.parts, metricsSources: [prom] }, (await house.claim('fix')) as never, signal);
    expect(house.runs).toEqual([]);
    expect(await house.states()).toEqual({ journal: ['refused'], incident: ['refused'] });
  });

  it('the mode is no longer full', async () => {
    const house = await opened();
    await runFix(
      { ...house.parts, rules: () => rulesOf({ mode: 'notify' }) },
      (await house.claim('fix')) as never,
      signal,
    );
    expect(await reasonsOf(house)).toContain('fixes are off (mode is not full)');
  });

  it('it went quiet meanwhile', async () => {
    const house = await opened();
    await house.deliver(
      groupOf([endOf(UNIT_FAILED, house.time.now)], { source: 'alertmanager', groupKey: '{}:{instance="db-1"}' }),
    );
    await house.work('fix');
    expect(await reasonsOf(house)).toContain('no alert of the incident fires');
    expect(house.runs).toEqual([]);
  });

  it('it was resolved meanwhile: on record, and nobody is paged', async () => {
    const house = await opened();
    const { uid } = await house.incident();
    await house.store.transact(async (unit) => {
      await unit.incident(uid);
      unit.run(uid, { type: 'resolve', by: ADA, reason: '' });
    });
    await house.work('fix');
    expect(await reasonsOf(house)).toContain('the incident is resolved');
    expect(await house.incident()).toMatchObject({ status: 'resolved', step: -1 });
  });

  it('its time was over before its turn came: people work on it by then', async () => {
    const house = await opened();
    const { uid, deadlines } = await house.incident();
    house.pass(13 * MINUTE);
    await house.store.transact(async (unit) => {
      await unit.incident(uid);
      unit.run(uid, { type: 'deadline', kind: 'fix', at: deadlines.fix as number });
    });
    await house.work('fix');
    expect(house.runs).toEqual([]);
    expect(await reasonsOf(house)).toContain('people have taken the incident over');
    expect(await house.incident()).toMatchObject({ step: 0 });
  });

  it('another target of the same kind within the hour: at most three, and one at a time on a target', async () => {
    const house = await opened({ guards: { cooldown: '1s', max_per_hour: 3 } });
    for (const host of ['db-2', 'db-3', 'db-4']) await unitFails(house, host);
    while (await house.work('fix'));
    expect(house.runs).toHaveLength(3);
    expect(await reasonsOf(house, 4)).toContain('was started 3 times in the last hour');
  });

  it('the same target under another incident rests for the cooldown', async () => {
    const house = await opened();
    await house.work('fix');
    house.pass(5 * SECOND);
    await house.deliver(
      groupOf([{ ...UNIT_FAILED, fingerprint: 'f'.repeat(16) }], { source: 'alertmanager', groupKey: 'other' }),
    );
    await house.work('fix');
    expect(house.runs).toHaveLength(1);
    expect(await reasonsOf(house, 2)).toMatch(/in flight on db-1|rests for another/);
  });

  it('after two failures in a row the breaker is open', async () => {
    const house = await opened({ guards: { cooldown: '1s', max_per_hour: 9 } });
    house.say.result = { state: 'failed', exitCode: 1, output: '', reason: 'no' };
    for (const host of ['db-2', 'db-3']) await unitFails(house, host);
    while (await house.work('fix')) house.pass(SECOND);
    expect(house.runs).toHaveLength(2);
    expect(await reasonsOf(house, 3)).toContain('the breaker is open');
  });
});

describe('kill -9 at every commit point', () => {
  /** Does the work until the n-th transaction, which breaks before or after its commit, then starts anew and goes on. */
  async function crash(
    house: FixHouse,
    nth: number,
    when: 'before' | 'after',
    meanwhile: (house: FixHouse) => Promise<void> = async () => {},
  ): Promise<void> {
    let calls = 0;
    const store = {
      ...house.store,
      db: house.store.db,
      async transact(work: Parameters<typeof house.store.transact>[0]) {
        calls += 1;
        if (calls === nth && when === 'before') throw new Error('kill -9');
        const result = await house.store.transact(work);
        if (calls === nth) throw new Error('kill -9');
        return result;
      },
    } as typeof house.store;
    await expect(runFix({ ...house.parts, store }, (await house.claim('fix')) as never, signal)).rejects.toThrow(
      'kill -9',
    );
    await house.reopen();
    await meanwhile(house);
    while (await house.work('fix'));
  }

  /** What was pending is now what a restore makes of it. */
  async function restore({ store }: FixHouse): Promise<void> {
    const header = { takenAt: '2026-01-05T03:00:00.000Z' } as Header;
    for (const row of await store.db.selectFrom('jobs').selectAll().execute()) {
      const { payload } = asRestored('jobs', row, header) as typeof row;
      await store.db.updateTable('jobs').set({ payload }).where('id', '=', row.id).execute();
    }
    await dropFixDeadlines(store.db);
  }

  it.each([
    ['had not begun', 1, 'before'],
    ['was intended', 1, 'after'],
    ['had started', 2, 'after'],
  ] as const)(
    'restored from a backup in which it %s: it may have run since, and does not',
    async (_name, nth, when) => {
      const house = await opened();
      await crash(house, nth, when, restore);
      expect(house.runs).toEqual([]);
      expect(await house.states()).toEqual({ journal: ['unknown'], incident: ['unknown'] });
      expect(await reasonsOf(house)).toContain('restored from a backup of 2026-01-05T03:00:00.000Z');
      expect(await house.incident()).toMatchObject({ level: '3', escalations: [{ reason: 'fix_unknown' }] });
      const deadlines = await house.store.db.selectFrom('jobs').select('key').where('kind', '=', 'deadline').execute();
      expect(deadlines.filter(({ key }) => key.endsWith(':fix'))).toEqual([]);
    },
  );

  it.each([
    ['before intent', 1, 'before', 1, 'succeeded', '2'],
    ['after intent', 1, 'after', 1, 'succeeded', '2'],
    ['before started', 2, 'before', 1, 'succeeded', '2'],
    ['after started, before it ran', 2, 'after', 0, 'unknown', '3'],
    ['after it ran, before its outcome', 3, 'before', 1, 'unknown', '3'],
    ['after its outcome', 3, 'after', 1, 'succeeded', '2'],
  ] as const)('%s', async (_name, nth, when, runs, state, level) => {
    const house = await opened();
    await crash(house, nth, when);
    expect(house.runs).toHaveLength(runs);
    expect(await house.states()).toEqual({ journal: [state], incident: [state] });
    expect((await house.incident()).level).toBe(level);
    if (state === 'unknown') expect(await reasonsOf(house)).toContain('never started again by itself');
  });

  it('an intent that was forgotten for two minutes is too old to act upon', async () => {
    const house = await opened();
    const store = { ...house.store, db: house.store.db } as typeof house.store;
    let calls = 0;
    store.transact = async (work) => {
      if (++calls === 2) throw new Error('kill -9');
      return house.store.transact(work);
    };
    await runFix({ ...house.parts, store }, (await house.claim('fix')) as never, signal).catch(() => {});
    house.pass(2 * MINUTE + SECOND);
    await house.reopen();
    await house.work('fix');
    expect(house.runs).toEqual([]);
    expect(await reasonsOf(house)).toContain('too old to act upon');
  });

  it('the lease was lost while the guards were asked: whoever took over runs it, and only they', async () => {
    const house = await opened();
    let takenOver = false;
    const prom = {
      ...house.parts.metricsSources[0],
      query: async (promql: string) => {
        if (!takenOver) {
          takenOver = true;
          house.pass(MINUTE + SECOND);
          await house.work('fix');
        }
        return healthy(promql);
      },
    } as FixHouse['parts']['metricsSources'][number];
    await expect(
      runFix({ ...house.parts, metricsSources: [prom] }, (await house.claim('fix')) as never, signal),
    ).rejects.toThrow(/lease/);
    expect(house.runs).toEqual([expect.stringMatching(/ 2$/)]);
    expect(await house.states()).toEqual({ journal: ['succeeded'], incident: ['succeeded'] });
  });

  /** Its second transaction says that it has started; then the process stands still for a while. */
  async function standsStill(house: FixHouse, forMs: number, meanwhile: () => Promise<void>): Promise<void> {
    const job = await house.claim('fix');
    if (job.kind !== 'fix') throw new Error('no fix');
    let nth = 0;
    const transact: FixHouse['store']['transact'] = async (work) => {
      const result = await house.store.transact(work);
      if (++nth === 2) {
        house.pass(forMs);
        await meanwhile();
      }
      return result;
    };
    await runFix({ ...house.parts, store: { ...house.store, transact } }, job, signal);
  }

  it('the process stood still after it had said so, and nothing has changed: it runs', async () => {
    const house = await opened();
    await standsStill(house, 20 * SECOND, async () => {});
    expect(house.runs).toHaveLength(1);
    expect((await house.states()).journal).toEqual(['succeeded']);
  });

  it.each<[string, number, (house: FixHouse) => Promise<void>, string]>([
    [
      'the kill switch was thrown',
      10 * SECOND,
      (house) => house.store.transact((unit) => writeFrozen(unit, true, 'ada', 'hands off')),
      'ada',
    ],
    [
      'it went quiet',
      10 * SECOND,
      (house) => house.deliver(groupOf([endOf(UNIT_FAILED, house.time.now)], { source: 'alertmanager' })),
      'no alert of the incident fires',
    ],
    ['it was long ago', 10 * MINUTE, async () => {}, 'too old to act upon'],
  ])('the process stood still after it had said so, and %s: it does not run', async (_what, ms, change, why) => {
    const house = await opened();
    await standsStill(house, ms, () => change(house));
    expect(house.runs).toEqual([]);
    expect((await house.states()).journal).toEqual(['failed']);
    expect(await reasonsOf(house)).toContain(`it was not run: the bridge stood still just before, and by then`);
    expect(await reasonsOf(house)).toContain(why);
  });

  it('the process stood still and somebody took over: only they say what became of it', async () => {
    const house = await opened();
    await expect(
      standsStill(house, 10 * MINUTE, async () => {
        await house.work('fix');
      }),
    ).rejects.toThrow('lease');
    expect(house.runs).toEqual([]);
    expect((await house.states()).journal).toEqual(['unknown']);
  });

  it('the lease was lost while it ran: its outcome is unknown, and the late result is refused', async () => {
    const house = await opened();
    const executor = {
      ...house.parts.executors[0],
      run: async () => {
        house.pass(HOUR);
        await house.work('fix');
        return SUCCEEDED;
      },
    } as FixHouse['parts']['executors'][number];
    await expect(
      runFix({ ...house.parts, executors: [executor] }, (await house.claim('fix')) as never, signal),
    ).rejects.toThrow(/lease/);
    expect(house.runs).toEqual([]);
    expect(await house.states()).toEqual({ journal: ['unknown'], incident: ['unknown'] });
    const texts = (await house.read.timeline((await house.incident()).uid)).map(({ text }) => text);
    expect(texts.filter((text) => text.includes('Heard too late'))).toEqual([
      expect.stringContaining('counted as unknown: it ran'),
    ]);
  });
});

describe('the store is away when the outcome is known', () => {
  const away = (): Error => Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' });

  /** The store fails with every transaction after the start, `times` times, and tells of it. */
  function failing(house: FixHouse, times: number, tell = () => {}): typeof house.store {
    let calls = 0;
    const { store } = house;
    return {
      ...store,
      db: store.db,
      async transact(work: Parameters<typeof store.transact>[0]) {
        calls += 1;
        if (calls <= 2 || calls > 2 + times) return store.transact(work);
        tell();
        throw away();
      },
    } as typeof house.store;
  }

  it('the outcome waits in memory and is written once the store is back; nothing runs twice', async () => {
    const house = await opened();
    await runFix({ ...house.parts, store: failing(house, 3) }, (await house.claim('fix')) as never, signal);
    expect(house.runs).toHaveLength(1);
    expect(await house.states()).toEqual({ journal: ['succeeded'], incident: ['succeeded'] });
    expect(await house.incident()).toMatchObject({ attempts: [{ output: 'restarted\n', exitCode: 0 }] });
    expect(await house.work('verify')).toBe(true);
  });

  it('a process that ends before the store is back leaves the outcome unknown', async () => {
    const house = await opened();
    const stop = new AbortController();
    const running = runFix(
      { ...house.parts, store: failing(house, 1_000, () => stop.abort()) },
      (await house.claim('fix')) as never,
      stop.signal,
    );
    await expect(running).rejects.toThrow('database is locked');
    await house.reopen();
    while (await house.work('fix'));
    expect(house.runs).toHaveLength(1);
    expect(await house.states()).toEqual({ journal: ['unknown'], incident: ['unknown'] });
  });
});

describe('a fix whose work was set aside', () => {
  it('after its start: unknown, the target is free for people, and Level 3 hears of it', async () => {
    const house = await opened();
    const store = { ...house.store, db: house.store.db } as typeof house.store;
    let calls = 0;
    store.transact = async (work) => {
      if (++calls === 3) throw new Error('it broke');
      return house.store.transact(work);
    };
    const job = await house.claim('fix');
    await runFix({ ...house.parts, store }, job as never, signal).catch(() => {});
    await setAside(house.store, job, 'it broke');
    expect(await house.states()).toEqual({ journal: ['unknown'], incident: ['unknown'] });
    expect(await house.incident()).toMatchObject({ level: '3', escalations: [{ reason: 'fix_unknown' }] });
  });

  it('before its start: it was not run, and Level 2 is paged', async () => {
    const house = await opened();
    const store = { ...house.store, db: house.store.db } as typeof house.store;
    let calls = 0;
    store.transact = async (work) => {
      if (++calls === 2) throw new Error('it broke');
      return house.store.transact(work);
    };
    const job = await house.claim('fix');
    await runFix({ ...house.parts, store }, job as never, signal).catch(() => {});
    await setAside(house.store, job, 'it broke');
    expect(await house.states()).toEqual({ journal: ['refused'], incident: ['refused'] });
    expect(await house.incident()).toMatchObject({ level: '2', step: 0 });
  });
});

import { randomBytes } from 'node:crypto';
import { canonicalState } from '../helpers/canonical-state.ts';
import type { Job } from '../../src/domain/job.ts';
import type { Decision } from '../../src/incidents/draft.ts';
import { fold } from '../../src/incidents/evolve.ts';
import { findBreak, openEntry } from '../../src/incidents/timeline.ts';
import { readSecret } from '../../src/store/store.ts';
import { StaleLease } from '../../src/store/unit-of-work.ts';
import { MINUTE, rulesOf, SECOND } from '../helpers/fake-rules.ts';
import { ADA, alertOf, DAWN, endOf, groupOf } from '../helpers/incident-world.ts';
import { describeDialects, openTestStore, type TestStore } from '../helpers/open-test-store.ts';
import { countAwakeMs } from '../helpers/awake-time.ts';

const a = alertOf('a');
const HOUR = 60 * MINUTE;

describeDialects('the store', (dialect) => {
  let house: TestStore;
  beforeEach(async () => {
    house = await openTestStore(rulesOf(), dialect);
  });
  afterEach(() => house.close());

  /** Every pending job: kind, and when it is due, in seconds from the beginning. */
  async function pending(): Promise<string[]> {
    const rows = await house.store.db.selectFrom('jobs').selectAll().where('state', '!=', 'dead').execute();
    return rows
      .map(
        ({ kind, key, due_at }) =>
          `${kind === 'deadline' ? key.split(':').slice(1).join(' ') : kind} ${(due_at - DAWN) / 1000}`,
      )
      .toSorted();
  }

  async function claimOne(kind: Job['kind'], leaseMs = MINUTE): Promise<Job> {
    const [job] = await house.store.claim([kind], 1, leaseMs);
    if (job === undefined) throw new Error(`no ${kind} is due`);
    return job;
  }

  async function command(
    type: 'acknowledge' | 'resolve' | 'reopen' | 'close',
    number = 1,
  ): Promise<Decision | { refused: true; detail: string }> {
    const { uid } = await house.incident(number);
    return house.store.transact(async (unit) => {
      await unit.incident(uid);
      return unit.run(uid, { type, by: ADA, takeover: false, reason: '' });
    });
  }

  describe('a transaction', () => {
    it('writes state, timeline, alerts and due work together', async () => {
      await house.deliver(groupOf([a, alertOf('b')]));
      const incident = await house.incident();
      const timeline = await house.read.timeline(incident.uid);
      expect(canonicalState(fold(timeline.map(openEntry)))).toEqual(canonicalState(incident));
      expect(findBreak(timeline)).toBeNull();
      expect((await house.read.alerts(incident.uid, 10)).map(({ status }) => status)).toEqual(['firing', 'firing']);
      expect(await pending()).toEqual([
        'deadline ack 900',
        'deadline level 3600',
        'evidence 0',
        'notify 0',
        'notify 0',
      ]);
      expect(house.committed.map(({ before, after }) => [before, after.number])).toEqual([[null, 1]]);
    });

    it.each(['alertname', 'service', 'team', 'environment', 'instance', 'pod', 'namespace', 'severity'])(
      'takes an alert whose %s is as long as a label may be, and its neighbours',
      async (name) => {
        const long = randomBytes(2048).toString('hex'); // nothing that a database could press into a short key
        await house.deliver(groupOf([alertOf('odd', { labels: { [name]: long } }), a]));
        const found = await house.read.incidents({}, 10, null);
        const alerts = await Promise.all(found.map(({ uid }) => house.read.alerts(uid, 10)));
        expect(alerts.flat().map(({ labels }) => labels[name])).toContain(long);
        expect(alerts.flat()).toHaveLength(2);
      },
    );

    it.each(['%', '_', '\\', "'", '%_\\', 'A\u0000B', '\u0000', '\ud800', '\u202e', 'é', '🔥'])(
      'searching for %j finds titles with just that in them, or none, and breaks nothing',
      async (q) => {
        await house.deliver(groupOf([alertOf('x', { name: 'Plain' })], { groupKey: '1' }));
        await house.deliver(groupOf([alertOf('x', { name: `Odd ${q} one` })], { groupKey: '2' }));
        const titles = (await house.read.incidents({ q }, 10, null)).map(({ title }) => title);
        expect(titles).not.toContain('Plain: Plain on x');
        expect(titles).toEqual((await house.read.rows({ q }, 10, null)).map(({ title }) => title));
        expect(await house.read.incidents({ team: [q], service: [q] }, 10, null)).toEqual([]);
        if (/^[%_\\'é🔥]+$/u.test(q)) expect(titles).toEqual([`Odd ${q} one: Odd ${q} one on x`]);
      },
    );

    it.each([
      ['Überlauf im Öltank', 'überlauf'],
      ['Überlauf im Öltank', 'ÜBERLAUF IM'],
      ['Überlauf im Öltank', 'Überlauf im Öl'],
      ['СЕРВЕР упал', 'сервер'],
      ['node_disk_IO high', 'NODE_disk'],
    ])('%j is found by %j', async (name, q) => {
      await house.deliver(groupOf([alertOf('x', { name })], { groupKey: '1' }));
      await house.deliver(groupOf([alertOf('x', { name: 'Plain nodeXdisk' })], { groupKey: '2' }));
      expect((await house.read.incidents({ q }, 10, null)).map(({ number }) => number)).toEqual([1]);
    });

    it('incidents are found by who works on them', async () => {
      for (const groupKey of ['1', '2']) await house.deliver(groupOf([alertOf(groupKey)], { groupKey }));
      const [newest] = await house.read.incidents({}, 10, null);
      await house.store.transact(async (unit) => {
        await unit.incident(newest?.uid ?? '');
        unit.run(newest?.uid ?? '', { type: 'assign', by: ADA, owner: 'grace' });
      });
      expect((await house.read.incidents({ owner: ['grace'] }, 10, null)).map(({ uid }) => uid)).toEqual([newest?.uid]);
      expect(await house.read.incidents({ owner: ['ada'] }, 10, null)).toEqual([]);
    });

    it('leaves nothing behind when it fails, whatever it had done by then', async () => {
      const failing = house.store.transact(async (unit) => {
        await unit.preload([{ source: 'am', alert: a }], []);
        unit.keepAlert('x', 'am', a, DAWN);
        await unit.nextNumber();
        await unit.setMeta('deliveries_taken', '7');
        await unit.spend('once', DAWN + HOUR);
        throw new Error('the lights went out');
      });
      await expect(failing).rejects.toThrow('the lights went out');
      for (const table of ['incidents', 'alerts', 'timeline', 'jobs', 'spent'] as const) {
        expect({ table, rows: await house.store.db.selectFrom(table).selectAll().execute() }).toEqual({
          table,
          rows: [],
        });
      }
      expect(await house.store.deliveriesTaken()).toBe(0);
      expect(house.committed).toEqual([]);
    });

    it('remembers how far deliveries were taken', async () => {
      await house.store.transact((unit) => unit.setMeta('deliveries_taken', '41'));
      await house.reopen();
      expect(await house.store.deliveriesTaken()).toBe(41);
      expect(await house.read.deliveriesTaken()).toBe(41);
    });

    it('numbers rise over restarts and failures and are never used twice', async () => {
      const next = () => house.store.transact((unit) => unit.nextNumber());
      expect(await next()).toBe(1);
      await house.store
        .transact(async (unit) => {
          await unit.nextNumber();
          throw new Error('no');
        })
        .catch(() => {});
      await house.reopen();
      const more = await Promise.all([next(), next(), next()]);
      expect(more.toSorted((x, y) => x - y)).toEqual([2, 3, 4]);
    });

    it('a one-time value is good once, and forgotten after its time', async () => {
      const spend = () => house.store.transact((unit) => unit.spend('confirm-1', house.time.now + 10 * MINUTE));
      expect([await spend(), await spend()]).toEqual([true, false]);
      house.pass(11 * MINUTE);
      expect(await spend()).toBe(true);
    });

    it('the secret is made once', async () => {
      const secret = await readSecret(house.store.db, () => Buffer.from('5ec2e7', 'hex'));
      await house.reopen();
      expect(await readSecret(house.store.db, () => Buffer.from('0bad', 'hex'))).toEqual(secret);
    });

    it('alerts are kept as they last changed, `__proto__` as a label among them', async () => {
      const odd = alertOf('a', { labels: JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string> });
      await house.deliver(groupOf([odd]));
      await house.deliver(groupOf([endOf(odd, DAWN + 5)]));
      const [row, ...others] = await house.read.alerts((await house.incident()).uid, 10);
      expect(others).toEqual([]);
      expect(row).toMatchObject({ status: 'resolved', startsAt: DAWN, endsAt: DAWN + 5 });
      expect(Object.entries(row?.labels ?? {})).toContainEqual(['__proto__', 'x']);
    });

    it('a thousand alerts of one group are one incident and one entry', async () => {
      const many = Array.from({ length: 1000 }, (_, index) => alertOf(`h${index}`));
      await house.deliver(groupOf(many));
      await house.deliver(groupOf(many.map((alert) => endOf(alert, DAWN + 1))));
      const incident = await house.incident();
      expect(incident).toMatchObject({ firing: 0, impact: { alerts: 1000, targets: 1000 } });
      expect((await house.read.timeline(incident.uid)).filter(({ type }) => type === 'alerts')).toHaveLength(2);
    });
  });

  describe('due work', () => {
    it('is claimed once, the earliest first, and by nobody else while the lease holds', async () => {
      await house.deliver(groupOf([a]));
      expect(await house.store.claim(['notify'], 1, MINUTE)).toHaveLength(1);
      expect(await house.store.claim(['notify', 'evidence'], 9, MINUTE)).toHaveLength(2);
      expect(await house.store.claim(['notify', 'evidence'], 9, MINUTE)).toEqual([]);
      expect(await house.store.claim(['deadline'], 9, MINUTE)).toEqual([]);
      expect(await house.store.nextDue(['deadline'])).toBe(DAWN + 15 * MINUTE);
      house.pass(HOUR);
      const deadlines = await house.store.claim(['deadline'], 9, MINUTE);
      expect(deadlines.map(({ payload }) => payload)).toMatchObject([{ kind: 'ack' }, { kind: 'level' }]);
    });

    it('whose lease ran out is claimed by another; the first one is refused and changes nothing', async () => {
      await house.deliver(groupOf([a]));
      const first = await claimOne('evidence');
      house.pass(MINUTE + 1);
      const second = await claimOne('evidence');
      expect(second).toMatchObject({ id: first.id, fence: first.fence + 1, attempts: 2 });
      await expect(house.store.transact((unit) => unit.hold(first))).rejects.toThrow(StaleLease);
      const late = house.store.transact(async (unit) => {
        await unit.incident(first.incident);
        unit.run(first.incident, { type: 'note', by: ADA, note: 'from the dead' });
        await unit.finish(first);
      });
      await expect(late).rejects.toThrow(StaleLease);
      await house.store.retry(first, house.time.now, 'late');
      await house.store.bury(first, 'late');
      await expect(house.store.transact((unit) => unit.bury(first, 'late'))).rejects.toThrow(StaleLease);
      await expect(house.store.transact((unit) => unit.postpone(first, 0, 'late', first.payload))).rejects.toThrow(
        StaleLease,
      );
      expect((await house.incident()).seq).toBe((await house.read.timeline(first.incident)).length);
      expect((await house.read.timeline(first.incident)).map(({ text }) => text)).not.toContain('from the dead');
      await house.store.transact((unit) => unit.finish(second));
      expect(await house.store.claim(['evidence'], 1, MINUTE)).toEqual([]);
    });

    it('is put back after a failure, with its tries counted and its payload kept', async () => {
      await house.deliver(groupOf([a]));
      const job = await claimOne('evidence');
      await house.store.retry(job, house.time.now + 3 * SECOND, 'no answer');
      expect(await house.store.claim(['evidence'], 1, MINUTE)).toEqual([]);
      house.pass(3 * SECOND);
      expect(await claimOne('evidence')).toMatchObject({ attempts: 2, payload: job.payload });
    });

    it('put back because it is not yet time, this was no try', async () => {
      await house.deliver(groupOf([a]));
      const job = await claimOne('evidence');
      await house.store.again(job, house.time.now, { attempt: 7 });
      expect(await claimOne('evidence')).toMatchObject({ attempts: 1, payload: { attempt: 7 } });
    });

    it('that failed for good is a dead letter: kept, counted, never claimed', async () => {
      await house.deliver(groupOf([a]));
      await house.store.bury(await claimOne('evidence'), 'it broke');
      house.pass(HOUR);
      await house.reopen();
      expect(await house.store.claim(['evidence'], 9, MINUTE)).toEqual([]);
      const dead = await house.store.db
        .selectFrom('jobs')
        .select(['kind', 'last_error'])
        .where('state', '=', 'dead')
        .execute();
      expect(dead).toEqual([{ kind: 'evidence', last_error: 'it broke' }]);
    });

    it('written again under its key replaces what was there', async () => {
      await house.deliver(groupOf([a]));
      const { uid } = await house.incident();
      const queue = (attempt: number, dueAt: number) =>
        house.store.transact(async (unit) =>
          unit.queue(uid, { kind: 'evidence', key: `${uid}:more`, dueAt, payload: { attempt } }),
        );
      await claimOne('evidence');
      await queue(1, DAWN + HOUR);
      await queue(2, DAWN);
      expect(await claimOne('evidence')).toMatchObject({ payload: { attempt: 2 }, attempts: 1 });
    });

    it('replaced while somebody works on it: their result and their retry are refused', async () => {
      await house.deliver(groupOf([a]));
      const { uid } = await house.incident();
      const queue = (dueAt: number) =>
        house.store.transact(async (unit) =>
          unit.queue(uid, { kind: 'evidence', key: `${uid}:more`, dueAt, payload: { attempt: 1 } }),
        );
      await claimOne('evidence');
      await queue(DAWN);
      const old = await claimOne('evidence');
      await queue(DAWN + HOUR);
      await expect(house.store.transact((unit) => unit.finish(old))).rejects.toThrow(StaleLease);
      await house.store.retry(old, DAWN, 'late');
      expect(await house.store.claim(['evidence'], 1, MINUTE)).toEqual([]);
      expect(await pending()).toContain('evidence 3600');
    });

    it('that was leased when the process died is due again after the restart', async () => {
      await house.deliver(groupOf([a]));
      const job = await claimOne('evidence', HOUR);
      await house.reopen();
      const again = await claimOne('evidence');
      expect(again.id).toBe(job.id);
      await expect(house.store.transact((unit) => unit.finish(job))).rejects.toThrow(StaleLease);
    });
  });

  describe('deadlines', () => {
    it('follow the incident: set, moved and taken back with it', async () => {
      await house.deliver(groupOf([a]));
      expect((await pending()).filter((one) => one.startsWith('deadline'))).toEqual([
        'deadline ack 900',
        'deadline level 3600',
      ]);
      await command('acknowledge');
      expect((await pending()).filter((one) => one.startsWith('deadline'))).toEqual(['deadline level 3600']);
      house.pass(MINUTE);
      await house.deliver(groupOf([endOf(a, DAWN + 30)]));
      expect((await pending()).filter((one) => one.startsWith('deadline'))).toEqual([
        'deadline hold 180',
        'deadline level 3600',
      ]);
      await command('resolve');
      expect((await pending()).filter((one) => one.startsWith('deadline'))).toEqual(['deadline close 259260']);
    });

    it('one that is met at the same moment as an acknowledgement is refused: the first one wins', async () => {
      await house.deliver(groupOf([a]));
      house.pass(15 * MINUTE);
      const job = await claimOne('deadline');
      await command('acknowledge');
      await expect(house.store.transact((unit) => unit.finish(job))).rejects.toThrow(StaleLease);
      expect((await house.incident()).status).toBe('acknowledged');
    });

    it('a clock that steps forward moves them once it is believed: the remaining time stays', async () => {
      await house.deliver(groupOf([a]));
      house.time.now += HOUR;
      await house.store.claim(['evidence'], 1, MINUTE);
      house.pass(10 * MINUTE);
      expect(await house.store.claim(['deadline'], 9, MINUTE)).toEqual([]);
      expect(await house.store.nextDue(['deadline'])).toBe(DAWN + HOUR + 15 * MINUTE);
      house.pass(5 * MINUTE);
      expect((await claimOne('deadline')).payload).toMatchObject({ kind: 'ack' });
    });

    it('what is written in the moment of the shift is not moved along', async () => {
      await house.deliver(groupOf([a]));
      house.time.now += HOUR;
      house.store.now();
      house.pass(10 * MINUTE);
      await house.deliver(groupOf([alertOf('a', { name: 'DiskFull' })]));
      const second = await house.incident(2);
      const rows = await house.store.db
        .selectFrom('jobs')
        .select(['due_at'])
        .where('key', '=', `${second.uid}:deadline:ack`)
        .execute();
      expect(rows).toEqual([{ due_at: second.deadlines.ack }]);
      expect(await house.store.nextDue(['deadline'])).toBe(DAWN + HOUR + 15 * MINUTE);
    });

    it('the shift is not lost with a transaction that fails, and not done twice', async () => {
      await house.deliver(groupOf([a]));
      house.time.now += HOUR;
      house.store.now();
      house.pass(10 * MINUTE);
      await house.store.transact(() => Promise.reject(new Error('no'))).catch(() => {});
      expect(await house.store.nextDue(['deadline'])).toBe(DAWN + 15 * MINUTE);
      await house.store.claim(['verify'], 1, MINUTE);
      await house.store.claim(['verify'], 1, MINUTE);
      expect(await house.store.nextDue(['deadline'])).toBe(DAWN + HOUR + 15 * MINUTE);
    });

    it.each(['alone', 'with others'])(
      'nothing comes early where the one that brings the shift fails, %s',
      async (how) => {
        await house.deliver(groupOf([a]));
        house.time.now += HOUR;
        house.store.now();
        const before = how === 'alone' ? null : house.store.transact(async () => house.pass(10 * MINUTE));
        if (how === 'alone') house.pass(10 * MINUTE);
        let claimed: Promise<readonly Job[]> = Promise.resolve([]);
        const failing = house.store.transact(async () => {
          claimed = house.store.claim(['deadline'], 9, MINUTE);
          throw new Error('no');
        });
        await before;
        await expect(failing).rejects.toThrow('no');
        expect(await claimed).toEqual([]);
        expect(await house.store.claim(['deadline'], 9, MINUTE)).toEqual([]);
        expect(await house.store.nextDue(['deadline'])).toBe(DAWN + HOUR + 15 * MINUTE);
      },
    );

    it('what was written is never in the future of a later start', async () => {
      await house.deliver(groupOf([a]));
      house.time.now -= HOUR;
      await house.reopen();
      expect(house.store.now()).toBe(DAWN);
      house.pass(MINUTE);
      expect(house.store.now()).toBe(DAWN + MINUTE);
    });
  });

  describe('which incident holds an alert', () => {
    it('within reach of a resolved one it comes back, later it does not', async () => {
      await house.deliver(groupOf([a]));
      await house.deliver(groupOf([endOf(a, DAWN + 1)]));
      await command('resolve');
      house.pass(HOUR - 1);
      await house.deliver(groupOf([{ ...a, startsAt: house.time.now }]));
      expect((await house.incident()).status).toBe('triggered');
      await command('resolve');
      await house.deliver(groupOf([endOf(a, house.time.now)]));
      house.pass(HOUR + 15 * MINUTE);
      const job = await house.store.claim(['deadline'], 9, MINUTE);
      for (const one of job)
        await house.store.transact(async (unit) => {
          await unit.finish(one);
          await unit.incident(one.incident);
          unit.run(one.incident, { type: 'deadline', ...(one.payload as { kind: 'settle'; at: number }) });
        });
      await house.deliver(groupOf([{ ...a, startsAt: house.time.now }]));
      expect((await house.incident(2)).firing).toBe(1);
    });

    it('resolved by a person while it fires, it keeps its alerts until it is settled, however late that is', async () => {
      await house.deliver(groupOf([a]));
      await command('resolve');
      house.pass(3 * HOUR);
      await house.deliver(groupOf([a]));
      expect(await house.read.byNumber(2)).toBeNull();
    });

    it('closed: a late retry of its end opens nothing, what still fires opens a new one', async () => {
      const b = alertOf('b');
      await house.deliver(groupOf([a, b]));
      await house.deliver(groupOf([endOf(a, DAWN + 1), b]));
      await command('resolve');
      await command('close');
      await house.deliver(groupOf([a]));
      expect(await house.read.byNumber(2)).toBeNull();
      await house.deliver(groupOf([b]));
      expect(await house.incident(2)).toMatchObject({ status: 'triggered', firing: 1 });
    });

    it('an old incident whose alerts have gone on to a newer one is not reopened', async () => {
      await house.deliver(groupOf([a]));
      await house.deliver(groupOf([endOf(a, DAWN + 1)]));
      await command('resolve');
      house.pass(2 * HOUR);
      await house.deliver(groupOf([{ ...a, startsAt: house.time.now }]));
      expect(await command('reopen')).toMatchObject({ refused: true, detail: expect.stringContaining('INC-2') });
      await command('resolve', 2);
      await command('close', 2);
      expect(await command('reopen')).not.toHaveProperty('refused');
    });

    it('an open incident counts more than a resolved one that is newer', async () => {
      await house.deliver(groupOf([a]));
      await house.deliver(groupOf([endOf(a, DAWN + 1)]));
      await command('resolve');
      house.pass(2 * HOUR);
      await house.deliver(groupOf([{ ...a, startsAt: house.time.now }]));
      await house.deliver(groupOf([endOf(a, house.time.now + 1)]));
      await command('resolve', 2);
      await command('close', 2);
      await command('reopen');
      house.pass(SECOND);
      await house.deliver(groupOf([{ ...a, startsAt: house.time.now }]));
      expect(await house.incident()).toMatchObject({ status: 'triggered', firing: 1 });
      expect(await house.read.byNumber(3)).toBeNull();
    });

    it('two alerts of one new group in one delivery and the next share one incident', async () => {
      await house.deliver(groupOf([a, alertOf('b')]));
      await house.deliver(groupOf([alertOf('c')]));
      expect(await house.incident()).toMatchObject({ firing: 3, impact: { alerts: 3, targets: 3 } });
      expect(await house.read.byNumber(2)).toBeNull();
    });
  });

  it('a list of incidents is read at once, though one of them holds twenty thousand alerts', async () => {
    const many = Array.from({ length: 20_000 }, (_none, n) => alertOf(`h${n}`));
    await house.deliver(groupOf(many));
    await house.deliver(groupOf([alertOf('other', { name: 'Other' })], { groupKey: 'other' }));
    const uids = [(await house.incident(1)).uid, (await house.incident(2)).uid];
    const passed = countAwakeMs();
    const first = await house.read.firstAlerts([...uids, 'unknown']);
    expect(passed()).toBeLessThan(10_000); // asked of each alert it took a minute
    expect([...first.keys()].toSorted()).toEqual(uids.toSorted());
    expect(first.get(uids[0] ?? '')).toMatchObject({
      fingerprint: many.map(({ fingerprint }) => fingerprint).toSorted()[0],
    });
    expect(first.get(uids[1] ?? '')?.labels['alertname']).toBe('Other');
  }, 300_000);

  it('of a newer program is refused with the next step', async () => {
    await house.store.db.updateTable('meta').set({ value: '999' }).where('name', '=', 'schema').execute();
    await expect(dialect.open(house.folder)).rejects.toThrow(/newer Tierbell/);
  });
});

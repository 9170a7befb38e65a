import { jest } from '@jest/globals';
import type { Job } from '../../src/domain/job.ts';
import type { Delivery } from '../../src/inbox/inbox-reader.ts';
import { groupingKeyOf } from '../../src/incidents/correlate.ts';
import { hashEntry } from '../../src/incidents/timeline.ts';
import { DeadlyDeliveries, type Careful } from '../../src/jobs/deadly-deliveries.ts';
import { observeGroup } from '../../src/jobs/observe.ts';
import { auditLedger } from '../../src/store/ledger.ts';
import { readMeta } from '../../src/store/meta.ts';
import { openConnections, openPostgres } from '../../src/store/postgres.ts';
import { createReadModel } from '../../src/store/read-model.ts';
import { joinReplicas, type JoinedReplicas } from '../../src/store/replicas.ts';
import { openStore, readSecret, type Store } from '../../src/store/store.ts';
import { MINUTE, rulesOf } from '../helpers/fake-rules.ts';
import { alertOf, DAWN, groupOf } from '../helpers/incident-world.ts';
import { describeWith } from '../helpers/requires.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { withPostgres } from '../servers/postgres.ts';

jest.setTimeout(300_000);

const RULES = rulesOf();

interface Replica {
  readonly store: Store;
  readonly replicas: JoinedReplicas;
}

describeWith('postgres', 'several replicas on one PostgreSQL', () => {
  const server = withPostgres();
  let url: string;
  const opened: Replica[] = [];
  beforeEach(async () => void (url = await server().freshUrl()));
  afterEach(async () => {
    for (const { store, replicas } of opened.splice(0)) {
      await replicas.leave();
      await store.close();
    }
  });

  async function join(graceMs = 300): Promise<Replica> {
    const db = await openPostgres(url);
    const replicas = await joinReplicas(openConnections(url, { connections: 1, queryTimeoutMs: 60_000 }), graceMs);
    const store = await openStore({
      ...{ db, replicas, rules: () => RULES, onCommitted() {}, onClockStep() {} },
      clock: { wall: () => DAWN, monotonic: () => 0 },
    });
    const replica = { store, replicas };
    opened.push(replica);
    return replica;
  }

  async function deliver({ store }: Replica, name: string, more: { readonly summary?: string } = {}): Promise<void> {
    const alert = alertOf(name, { name });
    const odd = { ...alert, annotations: { ...alert.annotations, ...more } };
    const group = groupOf([odd], { groupKey: name });
    await store.transact(async (unit) => {
      await unit.preload([{ source: group.source, alert: odd }], [groupingKeyOf(group, odd, RULES.groupingBy)]);
      await observeGroup(unit, 'd', group, RULES.groupingBy);
    });
  }

  it('start at once, make the tables once, and have one secret', async () => {
    const replicas = await Promise.all([join(), join(), join(), join()]);
    const secrets = await Promise.all(
      replicas.map(({ store }, n) => readSecret(store.db, () => Buffer.from([n, 1, 2, 3]))),
    );
    expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(1);
  });

  it('decide one after the other: no number twice, no gap in the ledger, one incident a group', async () => {
    const replicas = await Promise.all([join(), join(), join()]);
    const names = Array.from({ length: 15 }, (_none, n) => `Group${n}`);
    await Promise.all(replicas.flatMap((replica) => names.map((name) => deliver(replica, name))));
    const db = opened[0]?.store.db as Store['db'];
    const all = await createReadModel(db).incidents({}, 100, null);
    expect(all.map(({ groupingKey }) => groupingKey)).toHaveLength(names.length);
    const audit = await auditLedger(
      db,
      (previous, entry) => (hashEntry(previous, entry) === entry.hash ? null : 'x'),
      null,
    );
    expect(audit.problems).toEqual([]);
  });

  it('claim each piece of work once', async () => {
    const replicas = await Promise.all([join(), join(), join()]);
    for (let n = 0; n < 20; n++) await deliver(replicas[0], `Group${n}`);
    const claimed: Job[] = [];
    const work = replicas.map(async ({ store }) => {
      for (let round = 0; round < 20; round++) claimed.push(...(await store.claim(['evidence'], 3, MINUTE)));
    });
    await Promise.all(work);
    expect(claimed).toHaveLength(20);
    expect(new Set(claimed.map(({ id }) => id)).size).toBe(20);
  });

  it('pass over what another one is claiming at this moment, and take what comes behind it', async () => {
    const [one, other] = await Promise.all([join(), join()]);
    for (let n = 0; n < 6; n++) await deliver(one, `Group${n}`);
    const due = await one.store.db.selectFrom('jobs').select('id').where('kind', '=', 'evidence').execute();
    const ids = due.map(({ id }) => id).toSorted((a, b) => a - b);
    await one.store.db.transaction().execute(async (slow) => {
      // As a claim whose commit is on its way to the disk.
      const first = { state: 'leased', lease_until: DAWN + MINUTE, fence: 1 };
      await slow.updateTable('jobs').set(first).where('id', 'in', ids.slice(0, 3)).execute();
      const claimed = await other.store.claim(['handover', 'evidence'], 2, MINUTE);
      expect(claimed.map(({ id, kind }) => [id, kind])).toEqual(ids.slice(3, 5).map((id) => [id, 'evidence']));
    });
    expect((await other.store.claim(['evidence'], 9, MINUTE)).map(({ id }) => id)).toEqual(ids.slice(5));
  });

  it('take a lost claim over once, whoever comes first', async () => {
    const [one, other] = await Promise.all([join(), join()]);
    await deliver(one, 'One');
    const [lost] = await one.store.claim(['evidence'], 1, -1);
    const again = await Promise.all([one, other].map(({ store }) => store.claim(['evidence'], 1, MINUTE)));
    expect(again.flat().map(({ id, fence }) => ({ id, fence }))).toEqual([{ id: lost?.id, fence: 2 }]);
    await expect(one.store.transact((unit) => unit.finish(lost as Job))).rejects.toThrow('was lost');
  });

  it('free what one of them held that has gone, and leave what others hold', async () => {
    const [gone, busy, idle] = await Promise.all([join(), join(), join()]);
    await deliver(idle, 'One');
    await deliver(idle, 'Two');
    const [lost] = await gone.store.claim(['evidence'], 1, 60 * MINUTE);
    const [held] = await busy.store.claim(['evidence'], 1, 60 * MINUTE);
    opened.splice(opened.indexOf(gone), 1);
    await gone.replicas.leave(); // as after kill -9: its connections are closed
    await gone.store.close();
    const found = await waitFor(
      'its work to be due again',
      async () => (await idle.store.claim(['evidence'], 9, MINUTE))[0],
    );
    expect(found.id).toBe(lost?.id);
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // longer than the grace and a look
    expect(await idle.store.claim(['evidence'], 9, MINUTE)).toEqual([]);
    await busy.store.transact((unit) => unit.finish(held as Job));
  });

  it('keep what they hold while the database restarts', async () => {
    const [one, other] = await Promise.all([join(20_000), join(20_000)]);
    await deliver(one, 'One');
    const [held] = await one.store.claim(['evidence'], 1, 60 * MINUTE);
    await server().stop();
    await server().start();
    await waitFor('the others to look again', () => other.store.nextDue(['evidence']).then(() => true));
    await new Promise((resolve) => setTimeout(resolve, 2_500)); // both have come back
    expect(await other.store.claim(['evidence'], 9, MINUTE)).toEqual([]);
    await one.store.transact((unit) => unit.finish(held as Job));
  });

  describe('a delivery that ends whoever takes it', () => {
    const poison: Delivery = { seq: 7, id: 'd7', source: 'am', receivedAt: DAWN, body: Buffer.from('{}') };
    const chooses = ({ store, replicas }: Replica): { choose(): Promise<Careful> } => {
      const lives = { self: replicas.self, isGone: (holder: number) => replicas.isGone(store.db, holder) };
      const deadly = new DeadlyDeliveries(lives);
      return { choose: () => deadly.choose(store, [poison]) };
    };
    /** With the process end its connections. */
    const die = async (replica: Replica): Promise<void> => {
      opened.splice(opened.indexOf(replica), 1);
      await replica.replicas.leave();
      await replica.store.close();
    };
    const settled = (one: { choose(): Promise<Careful> }) =>
      waitFor('the dead one to be missed for long enough', async () => {
        const chosen = await one.choose();
        return chosen.deliveries.length === 1 ? chosen : null;
      });

    it('is left to the one that is at it, and taken up by the next once that has died', async () => {
      const [one, other] = await Promise.all([join(), join()]);
      expect(await chooses(one).choose()).toEqual({ deliveries: [poison], isDeadly: false });
      const waiting = chooses(other);
      for (let look = 0; look < 5; look += 1)
        expect(await waiting.choose()).toEqual({ deliveries: [], isDeadly: false });
      await die(one);
      expect(await settled(waiting)).toEqual({ deliveries: [poison], isDeadly: false });
    });

    it('has cost five lives, of whichever replicas, when it is set aside', async () => {
      for (let life = 1; life <= 5; life += 1) {
        const replica = await join();
        expect((await settled(chooses(replica))).isDeadly).toBe(false);
        await die(replica);
      }
      expect((await settled(chooses(await join()))).isDeadly).toBe(true);
    });

    it('of several that start at once one takes it', async () => {
      const all = (await Promise.all([join(), join(), join(), join()])).map(chooses);
      const chosen = await Promise.all(all.map((one) => one.choose()));
      expect(chosen.filter(({ deliveries }) => deliveries.length === 1)).toHaveLength(1);
    });

    it('is none where the database restarts again and again under those who take it', async () => {
      const [one, other] = await Promise.all([join(20_000), join(20_000)]);
      const [taking, waiting] = [chooses(one), chooses(other)];
      await taking.choose();
      for (let restart = 0; restart < 3; restart += 1) {
        await server().stop();
        await server().start();
        await waitFor('the database to answer', () => other.store.deliveriesTaken().then(() => true));
        expect((await waiting.choose()).deliveries).toEqual([]);
        expect(await taking.choose()).toEqual({ deliveries: [poison], isDeadly: false });
      }
      expect(await readMeta(one.store.db, 'taking')).toMatch(/^7 1 /);
    });
  });

  it('text that PostgreSQL refuses stops nothing, wherever it slipped through', async () => {
    const one = await join();
    await deliver(one, 'NUL\u0000 and \ud800 alone', { summary: 'a\u0000b \udfff' });
    await one.store.transact(async ({ tx }) => {
      const row = { at: 1, source: 'am', delivery: 'd', field: '', problem: 'odd \ud800', raw: '{"a\u0000b"' };
      await tx.insertInto('set_aside').values(row).execute();
    });
    const rows = await one.store.db.selectFrom('set_aside').select(['problem', 'raw']).execute();
    expect(rows).toEqual([{ problem: 'odd \ufffd', raw: '{"a\ufffdb"' }]);
    expect(await createReadModel(one.store.db).incidents({}, 9, null)).toHaveLength(1);
  });
});

import type { Evidence } from '../../../src/domain/incident.ts';
import type { CollectedLogs } from '../../../src/evidence/collected.ts';
import type { Job } from '../../../src/domain/job.ts';
import { lookAround, type AroundParts } from '../../../src/jobs/look-around.ts';
import { createCollector } from '../../../src/evidence/collector.ts';
import { collectEvidence } from '../../../src/jobs/collect-evidence.ts';
import { incidentView } from '../../../src/incidents/incident-view.ts';
import { writeTemplates } from '../../../src/store/incident-templates.ts';
import { writeChanges } from '../../../src/store/changes.ts';
import { MINUTE, rulesOf } from '../../helpers/fake-rules.ts';
import { ADA, alertOf, DAWN, endOf, groupOf } from '../../helpers/incident-world.ts';
import { describeDialects, openTestStore, type TestStore } from '../../helpers/open-test-store.ts';

const DAY = 86_400_000;

describeDialects('looking around an incident', (dialect) => {
  let house: TestStore;
  let around: Partial<AroundParts>;
  beforeEach(async () => {
    house = await openTestStore(rulesOf(), dialect);
    around = {};
  });
  afterEach(() => house.close());

  const parts = (): AroundParts => ({
    ...{ store: house.store, read: house.read, redact: (text) => text.replaceAll('hunter2', '[password]') },
    ...{ holds: () => false, metricsSources: [], sources: new Map(), providers: [], log: () => undefined, ...around },
  });
  async function look(number: number, inStorm = false): Promise<Evidence[]> {
    return lookAround(parts(), await house.incident(number), inStorm, new AbortController().signal);
  }
  async function kindOf(number: number, kind: Evidence['kind']): Promise<Evidence | undefined> {
    return (await look(number)).find((piece) => piece.kind === kind);
  }
  const texts = (piece: Evidence | undefined): readonly string[] => (piece?.facts ?? []).map(({ text }) => text);
  async function fires(id: string, name: string, labels: Record<string, string> = {}, startsAt = house.time.now) {
    await house.deliver(groupOf([alertOf(id, { name, labels, startsAt })], { groupKey: `${name} ${id}` }));
  }
  /** Opens an incident and has a person resolve it. */
  async function solved(number: number, note: string, reason: string): Promise<void> {
    const { uid } = await house.incident(number);
    await house.store.transact(async (unit) => {
      await unit.incident(uid);
      unit.run(uid, { type: 'note', by: ADA, note });
      unit.run(uid, { type: 'resolve', by: ADA, reason });
    });
  }

  it('tells what else fires on the same host or in the same service, the same host first, and nothing of the rest', async () => {
    await fires('other', 'Unrelated', { service: 'mail' });
    await fires('db-2', 'SlowQueries', { service: 'checkout' });
    await fires('db-1', 'OldTrouble', {}, DAWN - 31 * MINUTE);
    house.pass(3 * MINUTE);
    await fires('db-1', 'DiskFull', { instance: 'DB-1:9187' });
    house.pass(MINUTE);
    await fires('db-1', 'ApiDown', { service: 'checkout', team: 'shop' });
    const found = await kindOf(5, 'related');
    expect(texts(found)).toEqual([
      'INC-4 DiskFull: DiskFull on db-1: 1 min before the alert, same place db-1, critical, firing',
      'INC-2 SlowQueries: SlowQueries on db-2: 4 min before the alert, same service checkout, critical, firing',
    ]);
    expect(found).toMatchObject({ state: 'complete', facts: [{ incident: { id: 'INC-4' } }, {}] });
    expect(found?.reason).toMatch(/^2 other incidents had alerts on db-1, checkout since 02:34 UTC\.$/);
  });

  it('looks at a bounded number of alerts in a storm, and says that it is a part', async () => {
    const many = Array.from({ length: 130 }, (_, index) => alertOf('db-1', { labels: { n: String(index) } }));
    await house.deliver(groupOf(many, { groupKey: 'many' }));
    await fires('db-1', 'Mine');
    const found = await kindOf(2, 'related');
    expect([found?.state, found?.facts?.length]).toEqual(['partial', 1]);
    expect(found?.reason).toMatch(/Only the newest 100 alerts/);
  });

  it('a hundred incidents within ten seconds are a storm: of those after them nothing is said of what fires beside', async () => {
    const jobs = async (): Promise<unknown[]> => {
      const rows = await house.store.db
        .selectFrom('jobs')
        .select('payload')
        .where('kind', '=', 'evidence')
        .orderBy('id')
        .execute();
      return rows.map(({ payload }) => JSON.parse(payload) as unknown);
    };
    for (let n = 0; n < 101; n++) await fires('db-1', `Storm${n}`);
    expect(await jobs()).toEqual([
      ...Array.from({ length: 100 }, () => ({ attempt: 0 })),
      { attempt: 0, inStorm: true }, // its logs are looked at all the same
    ]);
    expect(await look(101, true)).toEqual([]);
    house.pass(11_000);
    await fires('db-1', 'Later');
    expect((await jobs()).at(-1)).toEqual({ attempt: 0 });
    expect(await kindOf(102, 'related')).toBeDefined();
  });

  it('the instance of an exporter that speaks for others is no place', async () => {
    const scrape = { job: 'kube-state-metrics', instance: '10.0.0.9:8080' };
    await fires('a', 'PodCrash', { ...scrape, pod: 'api-1' });
    await fires('b', 'PodCrash', { ...scrape, pod: 'web-1' });
    expect(await kindOf(2, 'related')).toBeUndefined();
  });

  it('an incident like it that is over is told with who ended it, why, and the last note', async () => {
    await fires('db-1', 'DiskFull', { service: 'ledger', mode: 'ro' });
    house.pass(12 * MINUTE);
    await solved(1, 'grew the volume, password hunter2', 'the volume was full');
    house.pass(3 * DAY);
    await fires('db-2', 'DiskFull', { service: 'ledger', mode: 'ro' });
    const found = await kindOf(2, 'similar');
    expect(texts(found)).toEqual([
      'INC-1 DiskFull: DiskFull on db-1, 3 d ago: resolved by ada after 12 min: the volume was full; note: grew the volume, password [password]',
    ]);
    const view = incidentView(
      { ...(await house.incident(2)), evidence: [found as Evidence] },
      { alerts: [], links: [], full: true },
    );
    expect(view['similar']).toEqual([
      { id: 'INC-1', title: 'DiskFull: DiskFull on db-1', resolution: expect.stringMatching(/^resolved by ada/) },
    ]);
  });

  it('one with the same kinds of log lines is found whatever its alert was called, with what ended it', async () => {
    const keys = ['a', 'b', 'c', 'd'].map((name) => name.repeat(16));
    const had = async (number: number, templates: readonly string[]): Promise<void> => {
      const incident = await house.incident(number);
      await house.store.transact((unit) => writeTemplates(unit.tx, incident, templates));
    };
    await fires('db-1', 'ReplicaLag', { service: 'ledger' });
    await fires('web-1', 'Latency', { service: 'shop' });
    await fires('web-2', 'Open', { service: 'shop' });
    await had(1, keys.slice(0, 3));
    await had(2, keys.slice(0, 1));
    await had(3, keys);
    await solved(1, 'n', 'the certificate of the ledger had expired');
    await solved(2, 'n', 'r');
    house.pass(DAY);
    await fires('mail-1', 'QueueGrows', { service: 'mail' });
    await had(4, keys);
    const incident = await house.incident(4);
    const beside = {
      peers: undefined,
      logs: Promise.resolve({ templates: keys, peer: null } as unknown as CollectedLogs),
    };
    const found = await lookAround(parts(), incident, false, new AbortController().signal, beside);
    expect(texts(found.find(({ kind }) => kind === 'similar'))).toEqual([
      'INC-1 ReplicaLag: ReplicaLag on db-1, 1 d ago (3 kinds of log lines in common): resolved by ada after 0 s: the certificate of the ledger had expired; note: n',
    ]);
    expect(await kindOf(4, 'similar')).toBeUndefined();
  });

  it('one that is open still, or shares a service and nothing else, is not like it', async () => {
    await fires('db-1', 'DiskFull', { service: 'ledger' });
    await fires('db-1', 'ReplicaLag', { service: 'ledger', cluster: 'a' });
    await solved(2, 'n', 'r');
    house.pass(DAY);
    await fires('db-9', 'DiskFull', { service: 'ledger' });
    expect(await kindOf(3, 'similar')).toBeUndefined();
  });

  it('what a confidential team keeps to itself is told to nobody else, and to that team', async () => {
    around = { holds: ({ team }) => team === 'security' };
    const breach = alertOf('db-1', { name: 'Breach', labels: { team: 'security' } });
    await house.deliver(groupOf([breach], { groupKey: 'b' }));
    await fires('db-1', 'Mine', { team: 'shop' });
    await fires('db-1', 'Theirs', { team: 'security' });
    expect(texts(await kindOf(2, 'related')).join()).not.toMatch(/Breach|Theirs/);
    expect(texts(await kindOf(3, 'related')).join()).toMatch(/Breach/);
    await solved(1, 'n', 'r');
    house.pass(DAY);
    await house.deliver(groupOf([endOf(breach, house.time.now)], { groupKey: 'b' }));
    await fires('db-1', 'Breach', { team: 'shop' });
    expect(await kindOf(4, 'similar')).toBeUndefined();
  });

  it('what was changed before is found where a source tells of changes, the last word of each', async () => {
    await fires('db-1', 'Mine', { service: 'ledger' });
    const told = { key: 'k', kind: 'deployment', title: '', service: 'ledger', host: '', environment: '' } as const;
    const change = { ...told, version: '7', by: 'ada', url: '', at: DAWN - 6 * MINUTE } as const;
    await house.store.transact(async (unit) => {
      await writeChanges(unit.tx, 'ci', [{ ...change, state: 'running' }], unit.now);
      await writeChanges(
        unit.tx,
        'ci',
        [
          { ...change, state: 'running' },
          { ...change, state: 'done' },
        ],
        unit.now,
      );
      await writeChanges(unit.tx, 'ci', [{ ...change, key: 'old', at: DAWN - DAY, state: 'done' }], unit.now);
    });
    expect(await kindOf(1, 'change')).toBeUndefined();
    around = { sources: new Map([['ci', { kind: 'change' }]]) };
    expect(texts(await kindOf(1, 'change'))).toEqual(['ledger 7 deployed 6 min before the alert, by ada']);
  });

  it('what breaks is evidence that says so, and the other looks go on', async () => {
    const said: string[] = [];
    await fires('db-1', 'Mine');
    await fires('db-1', 'Other');
    const read = { ...house.read, byUid: () => Promise.reject(new Error('it broke')) };
    await solved(2, 'n', 'r');
    await fires('db-2', 'Else');
    await fires('db-2', 'Other');
    around = { read, log: (message) => void said.push(message) };
    const found = await look(4);
    expect(found.map(({ kind, state }) => [kind, state])).toEqual([
      ['related', 'complete'],
      ['similar', 'unavailable'],
    ]);
    expect(said).toHaveLength(1);
  });

  it('a store that is away is no mistake of ours on record: the work is put back', async () => {
    await fires('db-1', 'Mine');
    await fires('db-1', 'Other');
    await solved(2, 'n', 'r');
    await fires('db-2', 'Else');
    await fires('db-2', 'Other');
    const gone = Object.assign(new Error('gone'), { code: '57P01' });
    around = { read: { ...house.read, byUid: () => Promise.reject(gone) } };
    await expect(look(4)).rejects.toBe(gone);
  });
});

it('without a log store, what stands around is found all the same, and told where it may explain the trouble', async () => {
  const house = await openTestStore(rulesOf({ noLogs: () => 'No log store.' }));
  const jobs = async (): Promise<void> => {
    for (const job of await house.store.claim(['evidence'], 9, MINUTE))
      await collectEvidence(
        {
          ...{ store: house.store, read: house.read, redact: (text: string) => text, log: () => undefined },
          ...{
            holds: () => false,
            metricsSources: [],
            sources: new Map(),
            providers: [],
            logs: createCollector([], String),
            blobs: {} as never,
            metrics: {} as never,
          },
        },
        job as Extract<Job, { kind: 'evidence' }>,
        new AbortController().signal,
      );
  };
  await house.deliver(groupOf([alertOf('a')]));
  await jobs();
  expect((await house.incident(1)).evidence.map(({ kind }) => kind)).toEqual(['logs']);
  const { uid } = await house.incident(1);
  await house.store.transact(async (unit) => {
    await unit.incident(uid);
    unit.run(uid, { type: 'resolve', by: ADA, reason: 'restarted' });
  });
  house.pass(4 * 3_600_000);
  await house.deliver(groupOf([alertOf('b')], { groupKey: 'later' }));
  await jobs();
  expect((await house.incident(2)).evidence.map(({ kind }) => kind)).toEqual(['logs', 'similar']);
  const told = await house.store.db.selectFrom('jobs').select('payload').where('kind', '=', 'notify').execute();
  expect(told.filter(({ payload }) => payload.includes('"evidence"'))).toHaveLength(1);
  await house.close();
});

import type { Job } from '../../../src/domain/job.ts';
import { openBlobs, type Blobs } from '../../../src/store/blobs.ts';
import { packHandover, type HandoverParts } from '../../../src/jobs/pack-handover.ts';
import { setAside } from '../../../src/jobs/set-aside.ts';
import { MINUTE, rulesOf, SECOND } from '../../helpers/fake-rules.ts';
import { ADA, alertOf, evidenceOf, groupOf } from '../../helpers/incident-world.ts';
import { openTestStore, type TestStore } from '../../helpers/open-test-store.ts';

const RULES = rulesOf();
type HandoverJob = Extract<Job, { kind: 'handover' }>;

describe('handing over', () => {
  let house: TestStore;
  let blobs: Blobs;
  let logged: string[];
  beforeEach(async () => {
    house = await openTestStore(RULES);
    blobs = openBlobs(house.folder);
    logged = [];
    await house.deliver(groupOf([alertOf('a')]));
    const { uid } = await house.incident();
    await house.store.transact(async (unit) => {
      await unit.incident(uid);
      unit.run(uid, { type: 'escalate', by: ADA, level: '3', reason: 'beyond us' });
    });
  });
  afterEach(() => house.close());

  function parts(change: Partial<HandoverParts> = {}): HandoverParts {
    const plain = {
      store: house.store,
      read: house.read,
      blobs,
      linksOf: () => [],
      rules: () => RULES,
      holds: () => false,
      log: (message: string) => void logged.push(message),
    };
    return { ...plain, ...change };
  }

  async function claim(): Promise<HandoverJob | undefined> {
    return (await house.store.claim(['handover'], 1, MINUTE))[0] as HandoverJob | undefined;
  }

  async function work(change: Partial<HandoverParts> = {}): Promise<void> {
    await packHandover(parts(change), (await claim()) as HandoverJob);
  }

  async function endEvidence(): Promise<void> {
    const [job] = await house.store.claim(['evidence'], 1, MINUTE);
    await house.store.transact(async (unit) => {
      await unit.finish(job as Job);
      await unit.incident((job as Job).incident);
      unit.run((job as Job).incident, { type: 'evidence', evidence: evidenceOf({ rawBlob: null }), logLines: ['x'] });
    });
  }

  async function escalations(): Promise<(number | null)[]> {
    const rows = await house.store.db.selectFrom('jobs').select('payload').where('kind', '=', 'notify').execute();
    return rows
      .map(({ payload }) => JSON.parse(payload) as Extract<Job, { kind: 'notify' }>['payload'])
      .filter(({ purpose }) => purpose === 'escalation')
      .map(({ bundle }) => bundle);
  }

  it('waits for logs that are being collected, at most 5 s, and tells nobody before', async () => {
    for (let waited = 0; waited < 5 * SECOND; waited += 250) {
      await work();
      expect(await escalations()).toEqual([]);
      house.pass(250);
    }
    await work();
    expect(await escalations()).toEqual([1, 1]);
  });

  it('goes as soon as the logs are there, with them in the bundle', async () => {
    await work();
    house.pass(250);
    await endEvidence();
    await work();
    expect(await escalations()).toEqual([1, 1]);
    const { uid } = await house.incident();
    const bundle = await house.read.bundle(uid, 1);
    expect((await blobs.get(bundle?.sha256 ?? '')).length).toBe(bundle?.bytes);
    const entry = (await house.read.timeline(uid)).find(({ type }) => type === 'handover');
    expect(entry?.data).toMatchObject({ n: 1, sha256: bundle?.sha256 });
  });

  it('waiting is no failure, however often', async () => {
    for (let looks = 0; looks < 10; looks++) {
      const job = (await claim()) as HandoverJob;
      expect(job.attempts).toBe(1);
      await packHandover(parts(), job);
      house.pass(250);
    }
  });

  it('a bundle that cannot be made does not keep Level 3 from being told', async () => {
    house.pass(5 * SECOND);
    await work({ blobs: { ...blobs, put: () => Promise.reject(new Error('no space left on device')) } });
    expect(await escalations()).toEqual([null, null]);
    const texts = (await house.read.timeline((await house.incident()).uid)).map(({ text }) => text);
    expect(texts).toContain('The handover bundle could not be made: no space left on device');
    expect(logged).toHaveLength(1);
  });

  it('killed after the bundle was written: packed once more, told once, under one number', async () => {
    house.pass(5 * SECOND);
    const store = {
      ...house.store,
      db: house.store.db,
      transact: () => Promise.reject(new Error('kill -9')),
    } as typeof house.store;
    await expect(work({ store })).rejects.toThrow('kill -9');
    await house.reopen();
    await work();
    expect(await escalations()).toEqual([1, 1]);
    expect((await house.incident()).bundles).toBe(1);
  });

  it('a second escalation has a bundle of its own; the first one stays', async () => {
    house.pass(5 * SECOND);
    await work();
    house.pass(15 * MINUTE);
    const { uid, deadlines } = await house.incident();
    await house.store.transact(async (unit) => {
      await unit.incident(uid);
      unit.run(uid, { type: 'deadline', kind: 'ack', at: deadlines.ack as number });
    });
    house.pass(5 * SECOND);
    await work();
    expect(await house.read.bundle(uid, null)).toMatchObject({ n: 2 });
    expect(await house.read.bundle(uid, 1)).toMatchObject({ n: 1 });
  });

  it('that breaks again and again is set aside: Level 3 is told without a bundle', async () => {
    await setAside(house.store, (await claim()) as HandoverJob, 'a bug');
    expect(await escalations()).toEqual([null, null]);
  });
});

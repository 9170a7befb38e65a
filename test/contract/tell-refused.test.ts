import type { Refused } from '../../src/inbox/inbox-reader.ts';
import { tellRefused } from '../../src/jobs/tell-refused.ts';
import { rulesOf } from '../helpers/fake-rules.ts';
import { describeDialects, openTestStore, type TestStore } from '../helpers/open-test-store.ts';

const RULES = rulesOf();

describeDialects('what a proven sender sent and we refused', (dialect) => {
  let house: TestStore;
  let refused: Refused[];
  beforeEach(async () => {
    house = await openTestStore(RULES, dialect);
    refused = [];
  });
  afterEach(() => house.close());

  const arrive = (source: string, reason: string): void =>
    void refused.push({ seq: (refused.at(-1)?.seq ?? 0) + 1, source, reason });
  const inbox = {
    refusedAfter: (seq: number, limit: number) => refused.filter((one) => one.seq > seq).slice(0, limit),
  };
  const tell = (store = house.store) => tellRefused({ store, inbox, rules: () => RULES });

  /** The text of every message that waits, and of which incident. */
  async function told(): Promise<string[]> {
    const incidents = await house.read.incidents({}, 100, null);
    const jobs = await house.store.db.selectFrom('jobs').select('incident').where('kind', '=', 'notify').execute();
    return incidents.filter(({ uid }) => jobs.some(({ incident }) => incident === uid)).map(({ title }) => title);
  }

  it('is told though the bridge was killed between the answer to the sender and the telling', async () => {
    arrive('am', '400 `alerts` is missing');
    const dying = { ...house.store, db: house.store.db } as typeof house.store;
    dying.transact = () => Promise.reject(new Error('kill -9'));
    await expect(tell(dying)).rejects.toThrow('kill -9');
    await house.reopen();
    await tell();
    expect(await told()).toEqual([expect.stringContaining('am sent what had to be refused (400 `alerts` is missing)')]);
  });

  it('is told once, however often it is looked at and after a restart', async () => {
    arrive('am', '400 not JSON');
    await tell();
    await house.reopen();
    await tell();
    await tell();
    expect(await told()).toHaveLength(1);
    expect(await house.read.inboxNumber()).toBe(1);
  });

  it('of one sender that is wrong hundreds of times people hear once, and of each sender', async () => {
    for (let n = 0; n < 450; n++) arrive(n % 3 === 0 ? 'grafana' : 'am', `400 number ${n}`);
    await tell();
    const senders = (await told()).map((title) => /(am|grafana) sent/.exec(title)?.[1] ?? title);
    expect(new Set(senders)).toEqual(new Set(['am', 'grafana']));
    expect(senders).toHaveLength(2);
    expect(await house.read.inboxNumber()).toBe(450);
  });

  it('two replicas that look at the same time tell it once', async () => {
    arrive('am', '413 The body exceeds 100 bytes');
    await Promise.all([tell(), tell()]);
    expect(await told()).toHaveLength(1);
    const alerts = await house.read.alerts((await house.incident()).uid, 10);
    expect(alerts).toHaveLength(1);
  });
});

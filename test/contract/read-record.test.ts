import { findDeliveries, type FoundDelivery } from '../../src/inbox/find-deliveries.ts';
import { observeGroup } from '../../src/jobs/observe.ts';
import { readRecord } from '../../src/rehearsal/read-record.ts';
import { createSource, sourceConfig } from '../../src/sources/registry.ts';
import { openArchive, type Archive, type StorageAddress } from '../../src/store/open-storage.ts';
import { DAWN } from '../helpers/incident-world.ts';
import { HOUSE_RULES, openHouse, type House } from '../helpers/open-house.ts';
import { firing } from '../helpers/payload.ts';
import { describeWith } from '../helpers/requires.ts';
import { temporaryFolder } from '../servers/cleanup.ts';
import { withPostgres } from '../servers/postgres.ts';

const MINUTE = 60_000;
const am = createSource(sourceConfig.parse({ name: 'am', kind: 'alertmanager' }));
const sources = new Map([['am', am]]);

/** What a replay reads of the record, on both stores. */
function behaves(place: () => Promise<StorageAddress>): void {
  let house: House;
  let archive: Archive;
  beforeEach(async () => {
    const address = await place();
    house = await openHouse(address);
    archive = await openArchive(address);
  });
  afterEach(async () => {
    await archive.close();
    await house.close();
  });

  /** Receives a body and takes it, as the bridge does. */
  async function receive(payload: object, at: number): Promise<string> {
    const { id } = await house.storage.inbox.append('am', Buffer.from(JSON.stringify(payload)), at);
    await house.store.transact(async (unit) => {
      for (const group of am.parse(payload, at).groups) await observeGroup(unit, id, group, HOUSE_RULES.groupingBy);
    });
    return id;
  }

  it('deliveries are found by their ids among thousands, those past retention without their body', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3_000; n += 100)
      for (const { id } of await Promise.all(
        Array.from({ length: 100 }, (_none, i) =>
          house.storage.inbox.append('am', Buffer.from(`body ${n + i}`), DAWN + (n + i) * MINUTE),
        ),
      ))
        ids.push(id);
    await house.storage.inbox.forget(DAWN + 50 * MINUTE, 3_000);
    const wanted = [2_999, 1_234, 0, 49, 50].map((n) => ids[n] ?? '');
    const all = findDeliveries(archive.db, [...wanted, '01900000-0000-7000-8000-000000000000']);
    const found = new Map<string, FoundDelivery>();
    for await (const one of all) found.set(one.id, one);
    expect(wanted.map((id) => found.get(id)?.body?.toString() ?? null)).toEqual([
      ...['body 2999', 'body 1234', null, null, 'body 50'],
    ]);
    expect(found.size).toBe(5);
    expect(found.get(wanted[1] ?? '')).toMatchObject({ source: 'am', receivedAt: DAWN + 1_234 * MINUTE });
  });

  it('their bodies are read one at a time, however many there are', async () => {
    const { inbox } = house.storage;
    const append = async () => (await inbox.append('am', Buffer.alloc(1_000), DAWN)).id;
    const ids = await Promise.all(Array.from({ length: 5 }, append));
    let bytes = 0;
    const counted = archive.db.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        for (const { body } of result.rows) bytes += Buffer.isBuffer(body) ? body.length : 0;
        return result;
      },
    });
    const read: number[] = [];
    for await (const { body } of findDeliveries(counted, ids)) {
      expect(body).toHaveLength(1_000);
      read.push(bytes);
    }
    expect(read).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
  });

  it('an incident is read with its own alerts out of the deliveries that made it', async () => {
    const both = firing('Shop', { instance: 'a' });
    const other = firing('Other', { instance: 'b' });
    await receive({ ...both, alerts: [...both.alerts, ...other.alerts] }, DAWN);
    await receive(firing('Nothing to do with it'), DAWN);
    const read = await readRecord(archive, sources, 1, DAWN + MINUTE);
    if (!read.ok) throw new Error(read.why);
    const names = read.recording.groups.map(({ group }) => group.alerts.map(({ labels }) => labels['alertname']));
    expect(names).toEqual([read.record.alerts.map(({ labels }) => labels['alertname'])]);
    expect(read.recording).toMatchObject({ until: DAWN + MINUTE, logs: null, acts: [] });
  });

  it('what is not there any more is told, with what to do', async () => {
    await receive(firing('Shop'), DAWN);
    const why = async (number: number, of = sources) => {
      const read = await readRecord(archive, of, number, DAWN);
      return read.ok ? null : read.why;
    };
    expect(await why(7)).toBe('there is no INC-7 in this store; tierbell incident list shows which there are');
    expect(await why(1, new Map())).toMatch(/^INC-1 came from the source am, which is not configured/);
    expect(await why(1)).toBeNull();
    await house.storage.inbox.forget(DAWN + MINUTE, 10);
    expect(await why(1)).toBe(
      'INC-1: 1 of its 1 deliveries are past their retention; choose a younger incident, or keep them longer (retention: { deliveries: … })',
    );
  });
}

describe('the record on SQLite', () => behaves(async () => ({ folder: temporaryFolder('house').path, url: null })));

describeWith('postgres', 'the record on PostgreSQL', () => {
  const server = withPostgres();
  behaves(async () => ({ folder: '', url: await server().freshUrl() }));
});

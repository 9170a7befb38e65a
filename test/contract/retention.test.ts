import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { join } from 'node:path';
import { LOOKS_KEPT } from '../../src/incidents/evidence-list.ts';
import { faultOf } from '../../src/incidents/timeline.ts';
import { keepRetention, sweep, type Retention, type RetentionParts } from '../../src/retention/keep-retention.ts';
import { auditLedger } from '../../src/store/ledger.ts';
import { openStoreReader, type StorageAddress } from '../../src/store/open-storage.ts';
import { createReadModel } from '../../src/store/read-model.ts';
import { observeGroup } from '../../src/jobs/observe.ts';
import { ADA, alertOf, DAWN, evidenceOf, groupOf } from '../helpers/incident-world.ts';
import { HOUSE_RULES, openHouse, type House } from '../helpers/open-house.ts';
import { describeWith } from '../helpers/requires.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { temporaryFolder } from '../servers/cleanup.ts';
import { withPostgres } from '../servers/postgres.ts';

const DAY = 86_400_000;
const DOCUMENTED: Retention = { deliveries: 14 * DAY, evidence: 90 * DAY };

interface DeliveryRow {
  readonly seq: number;
  readonly kind: string;
  readonly reason: string;
  readonly body: Buffer;
}

async function deliveriesOf(address: StorageAddress): Promise<readonly DeliveryRow[]> {
  const db = await openStoreReader(address);
  if (address.url === null) await sql`attach database ${join(address.folder, 'inbox.sqlite')} as inbox`.execute(db);
  const { rows } = await sql<DeliveryRow>`select seq, kind, reason, body from deliveries order by seq`.execute(db);
  await db.destroy();
  return rows;
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function behaves(place: () => Promise<StorageAddress>): void {
  let address: StorageAddress;
  let house: House;
  const told: Record<string, unknown>[] = [];
  beforeEach(async () => {
    address = await place();
    house = await openHouse(address);
    told.length = 0;
  });
  afterEach(() => house.close());

  const partsAt = (now: number, retention = DOCUMENTED): RetentionParts => ({
    ...{ inbox: house.storage.inbox, blobs: house.storage.blobs, db: house.store.db },
    ...{ retention: () => retention, taken: () => house.store.deliveriesTaken(), now: () => now },
    log: { info: (_message, fields) => void told.push(fields), warn: (_message, fields) => void told.push(fields) },
  });
  const taken = (seq: number) => house.store.transact((unit) => unit.setMeta('deliveries_taken', String(seq)));

  it('bodies of deliveries go after their time, with a tombstone; what was not taken yet never goes', async () => {
    const { inbox } = house.storage;
    const bodies = Array.from({ length: 450 }, (_none, index) => `body ${index + 1}`);
    await Promise.all(bodies.map((body) => inbox.append('am', Buffer.from(body), DAWN)));
    const refused = await inbox.refused('am', Buffer.from('{'), DAWN, 'no JSON');
    await inbox.append('am', Buffer.from('young'), DAWN + 10 * DAY, 'signed');
    await taken(430);
    await sweep(partsAt(DAWN + 15 * DAY));
    expect(told).toEqual([{ deliveries: 430, evidence: 0 }]);
    const rows = await deliveriesOf(address);
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 452 }, (_none, index) => index + 1));
    expect(rows.filter(({ body }) => body.length === 0).map(({ seq }) => seq)).toEqual(
      rows.slice(0, 430).map(({ seq }) => seq),
    );
    expect(rows[41]?.reason).toBe(`past retention: 7 bytes, sha256 ${sha256Of('body 42')}`);
    expect(rows[430]).toMatchObject({ reason: '', body: Buffer.from('body 431') });

    await taken(452);
    await sweep(partsAt(DAWN + 15 * DAY));
    await sweep(partsAt(DAWN + 15 * DAY));
    expect(told.slice(1)).toEqual([{ deliveries: 21, evidence: 0 }]);
    const later = await deliveriesOf(address);
    expect(later[refused.seq - 1]?.reason).toBe(`past retention: 1 bytes, sha256 ${sha256Of('{')}; was: no JSON`);
    expect(later[451]).toMatchObject({ reason: '', body: Buffer.from('young') });
    expect((await inbox.append('am', Buffer.from('again'), DAWN, 'signed')).seq).toBe(452);
    await sweep(partsAt(DAWN + 25 * DAY));
    expect((await deliveriesOf(address)).every(({ body }) => body.length === 0)).toBe(true);
  });

  it('without `retention` nothing goes', async () => {
    await house.storage.inbox.append('am', Buffer.from('x'), DAWN);
    await taken(1);
    await sweep(partsAt(DAWN + 4000 * DAY, {}));
    expect((await deliveriesOf(address))[0]?.body.toString()).toBe('x');
  });

  /** An incident with raw logs and a bundle; closed, where it says so. */
  async function incidentWith(name: string, rawLogs: string, closes: boolean): Promise<readonly string[]> {
    const { blobs } = house.storage;
    const raw = await blobs.put(Buffer.from(rawLogs));
    const bundle = await blobs.put(Buffer.from(`bundle of ${name}`));
    await house.store.transact((unit) =>
      observeGroup(unit, 'd', groupOf([alertOf(name, { name })], { groupKey: name }), HOUSE_RULES.groupingBy).then(
        () => {},
      ),
    );
    const { uid } = (await createReadModel(house.store.db).incidents({}, 1, null))[0] ?? { uid: '' };
    await house.store.transact(async (unit) => {
      await unit.incident(uid);
      unit.run(uid, { type: 'evidence', evidence: evidenceOf({ rawBlob: raw }), logLines: [] });
      for (const type of closes ? (['resolve', 'close'] as const) : []) unit.run(uid, { type, by: ADA, reason: '' });
      await unit.tx
        .insertInto('bundles')
        .values({ incident: uid, n: 1, sha256: bundle, bytes: 9, created_at: unit.now })
        .execute();
    });
    return [raw, bundle];
  }

  it('raw logs that an incident looked at too often to keep stay and go with it', async () => {
    const { blobs } = house.storage;
    await incidentWith('Flaps', 'the first look', false);
    const { uid } = (await createReadModel(house.store.db).incidents({}, 1, null))[0] ?? { uid: '' };
    for (let look = 0; look <= LOOKS_KEPT; look++) {
      const rawBlob = await blobs.put(Buffer.from(`look ${look}`));
      const lines = [{ at: null, level: 'error', service: '', text: 'word '.repeat(look + 1), count: 1 }];
      const evidence = evidenceOf({ id: `look-${look}`, look: 'handover', rawBlob, lines });
      await house.store.transact(async (unit) => {
        await unit.incident(uid);
        unit.run(uid, { type: 'evidence', evidence, logLines: [] });
      });
    }
    expect((await createReadModel(house.store.db).byUid(uid))?.evidenceLeftOut).toBe(1);
    await sweep(partsAt(DAWN + 400 * DAY));
    expect(await blobs.names()).toHaveLength(LOOKS_KEPT + 3); // the bundle is the third
    await house.store.transact(async (unit) => {
      await unit.incident(uid);
      for (const type of ['resolve', 'close'] as const) unit.run(uid, { type, by: ADA, reason: '' });
    });
    await sweep(partsAt(DAWN + 400 * DAY));
    expect(await blobs.names()).toEqual([]);
  });

  it('raw logs and bundles go when their incident has long been closed, and only those that no other needs', async () => {
    const gone = await incidentWith('Gone', 'logs of its own', true);
    const [shared = '', bundle = ''] = await incidentWith('Shared', 'shared logs', true);
    const open = await incidentWith('Open', 'shared logs', false);
    house.time.now += 60 * DAY;
    const young = await incidentWith('Young', 'young logs', true);
    const orphan = await house.storage.blobs.put(Buffer.from('nobody names it yet'));
    await sweep(partsAt(DAWN + 89 * DAY));
    expect(await house.storage.blobs.names()).toHaveLength(8);

    await sweep(partsAt(DAWN + 91 * DAY));
    expect(told).toEqual([{ deliveries: 0, evidence: 3 }]);
    expect((await house.storage.blobs.names()).toSorted()).toEqual(
      [...new Set([...open, ...young, orphan])].toSorted(),
    );
    expect(open).toContain(shared);
    for (const name of [...gone, bundle]) await expect(house.storage.blobs.get(name)).rejects.toThrow();
    // What they were stays on record.
    const read = createReadModel(house.store.db);
    const first = await read.byNumber(1);
    expect(first?.evidence.map(({ rawBlob }) => rawBlob)).toContain(gone[0]);
    expect((await read.bundle(first?.uid ?? '', 1))?.sha256).toBe(gone[1]);
    expect((await auditLedger(house.store.db, faultOf, null)).problems).toEqual([]);
  });

  it('its clock runs once something is configured, tells what breaks and goes on, and ends', async () => {
    await house.storage.inbox.append('am', Buffer.from('x'), DAWN);
    await taken(1);
    let retention: Retention = {};
    let breaks = true;
    const parts = {
      ...partsAt(DAWN + 15 * DAY),
      retention: () => retention,
      taken: async () => {
        if (breaks) throw new Error('the store is away');
        return 1;
      },
    };
    const keeper = keepRetention(parts, '* * * * * *');
    await keeper.reconsider();
    retention = DOCUMENTED;
    await keeper.reconsider();
    await waitFor('a try', () => told.length > 0);
    expect(told[0]).toEqual({ error: 'Error: the store is away' });
    breaks = false;
    await waitFor('it to go', async () => (await deliveriesOf(address))[0]?.body.length === 0);
    await keeper.stop();
    await keeper.reconsider();
  });
}

describe('retention on SQLite', () => behaves(async () => ({ folder: temporaryFolder('house').path, url: null })));

describeWith('postgres', 'retention on PostgreSQL', () => {
  const server = withPostgres();
  behaves(async () => ({ folder: '', url: await server().freshUrl() }));
});

import { sql, type Kysely } from 'kysely';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { BACKUP_TABLES, type Row } from '../../src/backup/format.ts';
import { restoreBackup } from '../../src/backup/restore-backup.ts';
import { writeBackup } from '../../src/backup/write-backup.ts';
import { faultOf } from '../../src/incidents/timeline.ts';
import { createToken, findToken } from '../../src/store/access.ts';
import { auditLedger } from '../../src/store/ledger.ts';
import {
  openReceivingStorage,
  openStoreReader,
  openStoreTables,
  type StorageAddress,
} from '../../src/store/open-storage.ts';
import { createReadModel } from '../../src/store/read-model.ts';
import { LOCKS, openConnections } from '../../src/store/postgres.ts';
import { joinReplicas } from '../../src/store/replicas.ts';
import type { Tables } from '../../src/store/schema.ts';
import { readSecret } from '../../src/store/store.ts';
import { observeGroup } from '../../src/jobs/observe.ts';
import { ADA, alertOf, DAWN, groupOf } from '../helpers/incident-world.ts';
import { HOUSE_RULES as RULES, openHouse, type House } from '../helpers/open-house.ts';
import { describeWith } from '../helpers/requires.ts';
import { temporaryFolder } from '../servers/cleanup.ts';
import { withPostgres } from '../servers/postgres.ts';

const OPTIONS = { version: '0.1.0', now: DAWN + 60_000 };
/** More than one piece, and odd bytes in it. */
const BUNDLE = Buffer.alloc(2_500_000, 'PK\u0000\u0003 bundle ');

/** Two incidents, one acknowledged, a bundle, a token; three deliveries, the last not taken yet. */
async function live({ storage, store }: House): Promise<void> {
  for (const [index, text] of ['{"a":1}', '\u0000odd\u2028', 'not taken yet'].entries())
    await storage.inbox.append('am', Buffer.from(text), DAWN + index, index === 1 ? 'signed' : null);
  await storage.inbox.refused('am', Buffer.from('refused'), DAWN, 'no JSON');
  const sha256 = await storage.blobs.put(BUNDLE);
  await storage.blobs.put(Buffer.alloc(0));
  await readSecret(store.db, () => Buffer.from('5ec2e7', 'hex'));
  for (const [index, name] of ['Dïsk', 'Full'].entries()) {
    await store.transact(async (unit) => {
      const alert = alertOf(`h${index}`, { name, labels: { note: '"quoted\\' } });
      await observeGroup(unit, `d${index}`, groupOf([alert], { groupKey: name }), RULES.groupingBy);
      await unit.setMeta('deliveries_taken', String(index + 1));
    });
  }
  const first = await createReadModel(store.db).byNumber(1);
  await store.transact(async (unit) => {
    await unit.incident(first?.uid ?? '');
    unit.run(first?.uid ?? '', { type: 'acknowledge', by: ADA, takeover: false });
    const bundle = { incident: first?.uid ?? '', n: 1, sha256, bytes: BUNDLE.length, created_at: DAWN };
    await unit.tx.insertInto('bundles').values(bundle).execute();
  });
  await store.claim(['notify'], 1, 60_000);
}

async function rowsOf(db: Kysely<Tables>, table: string, key: readonly string[]): Promise<readonly Row[]> {
  const order = sql.join(key.map((column) => sql.ref(column)));
  return (await sql<Row>`select * from ${sql.table(table)} order by ${order}`.execute(db)).rows;
}

/** Everything but large things, whose contents are compared apart, and what is changed on purpose. */
async function everything(address: StorageAddress): Promise<Record<string, readonly Row[]>> {
  const db = await openStoreReader(address);
  if (address.url === null) await sql`attach database ${join(address.folder, 'inbox.sqlite')} as inbox`.execute(db);
  const found: Record<string, readonly Row[]> = {};
  for (const { name, key } of BACKUP_TABLES.filter(({ name }) => !['blobs', 'jobs', 'likenesses'].includes(name)))
    found[name] = await rowsOf(db, name, key);
  const changed = /^(schema|incident_number$)/;
  found['meta'] = (found['meta'] ?? []).filter(({ name }) => !changed.test(String(name)));
  await db.destroy();
  return found;
}

async function jobsOf(address: StorageAddress): Promise<readonly Row[]> {
  const db = await openStoreReader(address);
  const rows = await rowsOf(db, 'jobs', ['id']);
  await db.destroy();
  return rows;
}

/** What holds for each way from one store to another. */
function behaves(from: () => Promise<StorageAddress>, to: () => Promise<StorageAddress>): void {
  it('everything comes over while the bridge runs, the record holds, and it goes on', async () => {
    const [source, target, file] = [await from(), await to(), join(temporaryFolder('backup').path, 'b.gz')];
    const house = await openHouse(source);
    await live(house);
    const token = await createToken(house.store.db, 'ada', 'responder', DAWN);
    await writeBackup(source, file, OPTIONS);
    expect([statSync(file).mode & 0o777, existsSync(`${file}.partial`)]).toEqual([0o600, false]);
    await house.close();

    const restored = await restoreBackup(target, file);
    expect(restored.audit).toMatchObject({ problems: [], incidents: 2 });
    expect(await everything(target)).toEqual(await everything(source));
    const there = await openHouse(target);
    const read = createReadModel(there.store.db);
    const bundle = await read.bundle((await read.byNumber(1))?.uid ?? '', null);
    expect(Buffer.from(await there.storage.blobs.get(bundle?.sha256 ?? '')).equals(BUNDLE)).toBe(true);
    expect(await read.byNumber(1)).toMatchObject({ acknowledgedBy: 'ada', status: 'acknowledged' });
    expect(await findToken(there.store.db, token)).toMatchObject({ name: 'ada' });
    expect((await readSecret(there.store.db, () => Buffer.alloc(32))).toString('hex')).toBe('5ec2e7');

    // What was signed once has no second effect; the next delivery is behind all that were given.
    expect((await there.storage.inbox.append('am', Buffer.from('x'), DAWN, 'signed')).seq).toBe(2);
    expect((await there.storage.inbox.append('am', Buffer.from('y'), DAWN)).seq).toBe(5);
    await there.store.transact(async (unit) => {
      await observeGroup(unit, 'd9', groupOf([alertOf('new', { name: 'New' })], { groupKey: 'New' }), RULES.groupingBy);
      await unit.tx
        .insertInto('set_aside')
        .values({ at: DAWN, source: 'am', delivery: 'd9', field: '', problem: '', raw: '' })
        .execute();
    });
    // Numbers that were given since the backup are not given again.
    expect(restored.numbers).toEqual({ last: 2, next: 2000 });
    expect(await read.byNumber(3)).toBeNull();
    expect((await read.byNumber(2000))?.title).toContain('New');
    expect((await auditLedger(there.store.db, faultOf, restored.audit.head.chain)).problems).toEqual([]);
    await there.close();
  });

  it('who knows better says what the next incident is called; a number that was given already is refused', async () => {
    const [source, target, file] = [await from(), await to(), join(temporaryFolder('backup').path, 'b.gz')];
    const house = await openHouse(source);
    await live(house);
    await writeBackup(source, file, OPTIONS);
    await house.close();
    await expect(restoreBackup(target, file, { numbersFrom: 2 })).rejects.toThrow(
      '--numbers-from 2 was given already: the backup goes up to INC-2',
    );
    expect((await restoreBackup(target, file, { numbersFrom: 3 })).numbers).toEqual({ last: 2, next: 3 });
    const there = await openHouse(target);
    await there.store.transact(async (unit) => expect(await unit.nextNumber()).toBe(3));
    await there.close();
  });

  it('nobody holds work any more, and a message that may have gone out says so', async () => {
    const [source, target, file] = [await from(), await to(), join(temporaryFolder('backup').path, 'b.gz')];
    const house = await openHouse(source);
    await live(house);
    await writeBackup(source, file, OPTIONS);
    await house.close();
    const before = await jobsOf(source);
    expect(before.filter(({ state }) => state === 'leased')).toHaveLength(1);
    await restoreBackup(target, file);
    const after = await jobsOf(target);
    expect(after.map(({ id, key, due_at }) => [id, key, due_at])).toEqual(
      before.map(({ id, key, due_at }) => [id, key, due_at]),
    );
    expect(new Set(after.map(({ state }) => state))).toEqual(new Set(['due']));
    const whys = after.filter(({ kind }) => kind === 'notify').map(({ payload }) => String(payload));
    expect(whys.length).toBeGreaterThan(1);
    for (const why of whys) expect(why).toContain('restored from a backup of 2026-01-05T03:01Z: you may have had this');
  });

  it('refuses a store that is not empty, and leaves it as it was', async () => {
    const [source, file] = [await from(), join(temporaryFolder('backup').path, 'b.gz')];
    const house = await openHouse(source);
    await live(house);
    await house.close();
    await writeBackup(source, file, OPTIONS);
    const target = await to();
    const other = await openHouse(target);
    await live(other);
    await other.close();
    const before = await everything(target);
    await expect(restoreBackup(target, file)).rejects.toThrow('is not empty');
    expect(await everything(target)).toEqual(before);
  });

  it('a blob that is damaged on the disk is named and left out', async () => {
    const [source, target, file] = [await from(), await to(), join(temporaryFolder('backup').path, 'b.gz')];
    const house = await openHouse(source);
    await live(house);
    const name = await house.storage.blobs.put(Buffer.from('soon damaged'));
    if (source.url === null) writeFileSync(join(source.folder, 'blobs', name), 'damaged');
    else await sql`update blobs set bytes = 'damaged' where sha256 = ${name}`.execute(house.store.db);
    await house.close();
    expect((await writeBackup(source, file, OPTIONS)).trailer.damaged).toEqual([name]);
    await restoreBackup(target, file);
    const there = await openHouse(target);
    await expect(there.storage.blobs.get(name)).rejects.toThrow();
    expect(await there.storage.blobs.get(sha256Of(BUNDLE))).toHaveLength(BUNDLE.length);
    await there.close();
  });
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const folder = async (): Promise<StorageAddress> => ({ folder: temporaryFolder('house').path, url: null });

describe('a backup from SQLite to SQLite', () => behaves(folder, folder));

describe('the file of a backup', () => {
  it('is whole where several are written to one name at once, and nothing else stays', async () => {
    const [source, place] = [await folder(), temporaryFolder('backup').path];
    const house = await openHouse(source);
    await live(house);
    await house.close();
    const file = join(place, 'b.gz');
    await Promise.all([1, 2, 3].map(() => writeBackup(source, file, OPTIONS)));
    expect(readdirSync(place)).toEqual(['b.gz']);
    expect((await restoreBackup(await folder(), file)).audit.problems).toEqual([]);
  });

  it('never takes the place of a device, a folder or a link, which would be gone', async () => {
    const [source, place] = [await folder(), temporaryFolder('backup').path];
    await (await openHouse(source)).close();
    symlinkSync('/dev/null', join(place, 'link'));
    mkdirSync(join(place, 'folder'));
    for (const name of ['link', 'folder'])
      await expect(writeBackup(source, join(place, name), OPTIONS)).rejects.toThrow('no ordinary file');
    expect(readdirSync(place)).toEqual(['folder', 'link']);
  });

  it('that cannot be written is what the message names, not the store', async () => {
    const source = await folder();
    await (await openHouse(source)).close();
    const file = join(source.folder, 'nowhere', 'b.gz');
    await expect(writeBackup(source, file, OPTIONS)).rejects.toThrow(`${file} could not be written (ENOENT`);
  });
});

describeWith('postgres', 'a backup', () => {
  const server = withPostgres();
  const database = async (): Promise<StorageAddress> => ({ folder: '', url: await server().freshUrl() });
  describe('from SQLite to PostgreSQL', () => behaves(folder, database));
  describe('from PostgreSQL to SQLite', () => behaves(database, folder));
  describe('from PostgreSQL to PostgreSQL', () => behaves(database, database));

  it('no bridge starts on a database while a backup is restored into it', async () => {
    const { url } = await database();
    if (url === null) throw new Error('no address');
    const db = await openStoreTables({ folder: '', url });
    const join = () => joinReplicas(openConnections(url, { connections: 1, queryTimeoutMs: 60_000 }));
    await db.transaction().execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(${LOCKS.house}, hashtext(current_schema()))`.execute(tx);
      await expect(join()).rejects.toThrow('a backup is being restored into this database');
    });
    await (await join()).leave();
    await db.destroy();
  });

  it.each(['SQLite', 'PostgreSQL'])('has every table that there is on %s', async (dialect) => {
    const address = dialect === 'SQLite' ? await folder() : await database();
    const house = await openHouse(address);
    const { db } = house.store;
    if (address.url === null) await sql`attach database ${join(address.folder, 'inbox.sqlite')} as inbox`.execute(db);
    const { rows } = await (
      address.url === null
        ? sql<{ name: string }>`select name from pragma_table_list where type = 'table' and name not like 'sqlite_%'`
        : sql<{ name: string }>`select tablename as name from pg_tables where schemaname = current_schema()`
    ).execute(db);
    await house.close();
    const known = BACKUP_TABLES.map(({ name }) => name);
    // `probe` is written by the health check and read by nobody.
    expect([...known, 'probe']).toEqual(expect.arrayContaining(rows.map(({ name }) => name)));
  });
});

describe('a file that is no whole backup', () => {
  const made = temporaryFolder('backup').path;
  const good = join(made, 'good.gz');
  const bad = join(made, 'bad.gz');
  beforeAll(async () => {
    const source = await folder();
    const house = await openHouse(source);
    await live(house);
    await house.close();
    await writeBackup(source, good, OPTIONS);
  });
  const text = (): string => gunzipSync(readFileSync(good)).toString();
  const zipped = (edit: (text: string) => string): Buffer => gzipSync(edit(text()), { level: 1 });

  it.each<[string, () => Buffer, RegExp]>([
    ['is cut in the middle', () => readFileSync(good).subarray(0, 20_000), /cut off/],
    ['is cut at a line', () => zipped((all) => all.slice(0, all.lastIndexOf('{"end"'))), /cut off/],
    ['is cut within a line', () => zipped((all) => all.slice(0, -20)), /cut off/],
    ['is edited', () => zipped((all) => all.replace('"ada"', '"bob"')), /SHA-256 differs/],
    ['lacks a row', () => zipped((all) => all.replace(/\n\[.*\n/, '\n')), /SHA-256 differs/],
    ['goes on behind its end', () => zipped((all) => `${all}[1]\n`), /something after its end/],
    ['is of a later format', () => zipped((all) => all.replace('"format":1', '"format":2')), /format 2.*knows 1/],
    [
      'is of a later schema',
      () => resealed((all) => all.replace(/"schema":\d+/, '"schema":99')),
      /schema 99.*or later/,
    ],
    [
      'is of an older schema',
      () => resealed((all) => all.replace(/"schema":\d+/, '"schema":3')),
      /restore it with Tierb/,
    ],
    ['names an unknown table', () => resealed((all) => all.replace('"alerts"', '"users"')), /none of ours/],
    ['is no backup', () => gzipSync('{"hello":1}\n'), /no backup of Tierbell/],
    ['is no gzip', () => Buffer.from('SQLite format 3'), /no gzip/],
    ['is empty', () => Buffer.alloc(0), /cut off/],
    ['is an empty gzip', () => gzipSync(''), /cut off/],
  ])('that %s is refused before anything is written', async (_what, bytes, reason) => {
    writeFileSync(bad, bytes());
    const target = join(temporaryFolder('house').path, 'new');
    await expect(restoreBackup({ folder: target, url: null }, bad)).rejects.toThrow(reason);
    expect(existsSync(target)).toBe(false);
  });

  /** As somebody who knows the format would edit it. */
  function resealed(edit: (text: string) => string): Buffer {
    return zipped((all) => {
      const [, body = '', end = ''] = /^([\s\S]*\n)(\{"end".*)\n$/.exec(edit(all)) ?? [];
      const trailer = JSON.parse(end) as { end: { sha256: string } };
      trailer.end.sha256 = sha256Of(Buffer.from(body));
      return `${body}${JSON.stringify(trailer)}\n`;
    });
  }

  it('one whose rows do not fit is refused half way, and nothing of it stays', async () => {
    writeFileSync(
      bad,
      resealed((all) => all.replace('"signature"', '"nonsense"')),
    );
    const target = temporaryFolder('house').path;
    await expect(restoreBackup({ folder: target, url: null }, bad)).rejects.toThrow('nonsense');
    expect(readdirSync(target).filter((name) => !name.startsWith('lock') && !name.endsWith('ballast'))).toEqual([]);
    await restoreBackup({ folder: target, url: null }, good);
  });

  it('what a killed restore left behind opens nowhere, and is replaced by the next', async () => {
    const address = { folder: temporaryFolder('house').path, url: null };
    await (await openHouse(address)).close();
    writeFileSync(join(address.folder, 'restore.unfinished'), '');
    for (const open of [openReceivingStorage, openStoreTables, openStoreReader])
      await expect(open(address)).rejects.toThrow('has not ended: run tierbell db restore again');
    expect((await restoreBackup(address, good)).audit.problems).toEqual([]);
    await (await openHouse(address)).close();
  });

  it('no store is filled that a bridge uses', async () => {
    const address = await folder();
    const house = await openHouse(address);
    await expect(restoreBackup(address, good)).rejects.toThrow('another Tierbell runs on');
    await house.close();
  });
});

import Database from 'better-sqlite3';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openInboxReader, type SqliteInboxReader } from '../../src/inbox/inbox-reader.ts';
import { openInbox, type InboxOptions, type SqliteInbox } from '../../src/inbox/inbox.ts';
import { WalSync } from '../../src/inbox/wal-sync.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** What only a file can do or suffer; the rest is in inbox.test.ts. */
describe('the file of the inbox', () => {
  let folder: string;
  let path: string;
  const opened: { close(): void }[] = [];
  const open = (options: InboxOptions = {}): SqliteInbox => {
    const inbox = openInbox(path, { ballastBytes: 64 * 1024, ...options });
    opened.push(inbox);
    return inbox;
  };
  const read = (): SqliteInboxReader => {
    const reader = openInboxReader(path);
    opened.push(reader);
    return reader;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tierbell-inbox-'));
    path = join(folder, 'inbox.sqlite');
  });
  afterEach(() => {
    for (const one of opened.splice(0)) one.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe('while the disk is busy', () => {
    /** A disk that is done when the test says so. */
    function slowDisk() {
      const waiting: ((error: Error | null) => void)[] = [];
      const sync = {
        start: (done: (error: Error | null) => void) => void waiting.push(done),
        now: () => {},
        close: () => {},
      };
      return { waiting, sync, done: (error: Error | null = null) => waiting.shift()?.(error) };
    }
    const body = Buffer.from('{}');

    it('nobody is answered before the disk is done, and what comes meanwhile shares the next sync', async () => {
      const disk = slowDisk();
      const inbox = open({ sync: disk.sync });
      const answered: string[] = [];
      const send = (name: string): Promise<unknown> => inbox.append(name, body, 1).then(() => answered.push(name));
      const first = send('first');
      await waitFor('the first sync', () => disk.waiting.length === 1);
      const others = [send('second'), send('third')];
      await new Promise(setImmediate);
      expect([answered, disk.waiting.length]).toEqual([[], 1]);
      disk.done();
      await first;
      await waitFor('the second sync', () => disk.waiting.length === 1);
      expect(answered).toEqual(['first']);
      disk.done();
      await Promise.all(others);
      expect(answered).toEqual(['first', 'second', 'third']);
      expect(disk.waiting).toEqual([]);
    });

    it('where the disk fails the sender is told, the inbox is not healthy, and later it takes deliveries again', async () => {
      const disk = slowDisk();
      const said: Error[] = [];
      const inbox = open({
        sync: {
          ...disk.sync,
          now: () =>
            said.forEach((error) => {
              throw error;
            }),
        },
      });
      const refused = inbox.append('am', body, 1);
      await waitFor('the sync', () => disk.waiting.length === 1);
      const broken = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
      said.push(broken);
      disk.done(broken);
      await expect(refused).rejects.toThrow('the inbox cannot be written (EIO)');
      expect(inbox.healthy()).toEqual({ ok: false, why: 'the inbox cannot be written (EIO)' });
      said.length = 0;
      expect(inbox.healthy()).toEqual({ ok: true });
      const taken = inbox.append('am', body, 2);
      await waitFor('the next sync', () => disk.waiting.length === 1);
      disk.done();
      expect(await taken).toMatchObject({ seq: 2 });
    });

    it('a log that cannot be opened is told to the sender, and the next one is taken once it can', async () => {
      const elsewhere = join(folder, 'elsewhere');
      const inbox = open({ sync: new WalSync(elsewhere) });
      await expect(inbox.append('am', body, 1)).rejects.toThrow('the inbox cannot be written (ENOENT)');
      expect(inbox.healthy()).toEqual({ ok: false, why: 'the inbox cannot be written (ENOENT)' });
      writeFileSync(`${elsewhere}-wal`, '');
      expect(await inbox.append('am', body, 2)).toMatchObject({ seq: 2 });
    });

    it('closing brings to the disk what waits, and answers it', async () => {
      const inbox = openInbox(path);
      const [early, late] = [inbox.append('am', body, 1), inbox.append('am', body, 2)];
      inbox.close();
      expect(await Promise.all([early, late])).toMatchObject([{ seq: 1 }, { seq: 2 }]);
      expect(read().last()).toBe(2);
    });
  });

  it('a signature is not kept where the body could not be', async () => {
    const [once, body] = ['ab'.repeat(32), Buffer.from('{}')];
    const inbox = open();
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(inbox.append('g', body, 1, once)).rejects.toThrow();
    other.exec('ROLLBACK');
    other.close();
    const { seq } = await inbox.append('g', body, 2, once);
    expect(read().last()).toBe(seq);
  });

  it('a file of the first format is brought up to date and keeps what it holds', async () => {
    const db = new Database(path);
    db.exec(`CREATE TABLE deliveries (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, source TEXT NOT NULL,
        received_at INTEGER NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, body BLOB NOT NULL) STRICT;
      CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
      INSERT INTO deliveries (id, source, received_at, kind, reason, body) VALUES ('x', 'am', 1, 'accepted', '', x'7b7d');
      PRAGMA user_version = 1`);
    db.close();
    const { seq } = await open().append('g', Buffer.from('{}'), 2, 'ab'.repeat(32));
    expect([
      seq,
      read()
        .after(0, 10, 1e6)
        .map(({ id }) => id)[0],
    ]).toEqual([2, 'x']);
  });

  it('while another process holds the file, everybody is told; afterwards it goes on by itself', async () => {
    const inbox = open();
    const other = new Database(path);
    opened.push(other);
    other.exec('BEGIN IMMEDIATE');
    const results = await Promise.allSettled([1, 2, 3].map(() => inbox.append('am', Buffer.from('x'), 1)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(inbox.healthy()).toMatchObject({ ok: false, why: expect.stringContaining('SQLITE_BUSY') });
    other.exec('ROLLBACK');
    expect(inbox.healthy()).toEqual({ ok: true });
    await inbox.append('am', Buffer.from('y'), 1);
    expect(
      read()
        .after(0, 10, 1e6)
        .map(({ body }) => String(body)),
    ).toEqual(['y']);
  });

  describe('moved away or deleted while it runs, takes nothing that the next start would not find', () => {
    const body = Buffer.from('{}');

    it('until it lies there again', async () => {
      const store = join(folder, 'tierbell.sqlite');
      writeFileSync(store, 'the store');
      const inbox = open({ besides: store });
      await inbox.append('am', body, 1);
      for (const lost of [path, `${path}-wal`, store]) {
        renameSync(lost, `${lost}.away`);
        copyFileSync(`${lost}.away`, lost);
        const why = expect.stringMatching(new RegExp(`^${lost} was deleted, moved or replaced.*restart Tierbell`));
        expect(inbox.healthy()).toEqual({ ok: false, why });
        await expect(inbox.append('am', body, 2)).rejects.toThrow(`${lost} was deleted, moved or replaced`);
        renameSync(`${lost}.away`, lost);
        expect(inbox.healthy()).toEqual({ ok: true });
        await inbox.append('am', body, 3);
      }
      expect(read().last()).toBe(4);
    });

    it('also where the whole folder was replaced', async () => {
      const inbox = open();
      await inbox.append('am', body, 1);
      renameSync(folder, `${folder}.away`);
      mkdirSync(folder);
      await expect(inbox.append('am', body, 2)).rejects.toThrow('was deleted, moved or replaced');
      rmSync(folder, { recursive: true });
      renameSync(`${folder}.away`, folder);
      expect(await inbox.append('am', body, 3)).toMatchObject({ seq: 2 });
    });
  });

  it('that was lost, or is older than the store, gives no number again that the store counts as taken', async () => {
    const inbox = open();
    expect(inbox.continueAfter(0)).toBe(false);
    expect(inbox.continueAfter(41)).toBe(true);
    const { seq } = await inbox.append('am', Buffer.from('new'), 1_000);
    expect(seq).toBe(42);
    expect(read().after(41, 10, 1e6)).toHaveLength(1);
    expect(inbox.continueAfter(42)).toBe(false);
    expect(inbox.continueAfter(50)).toBe(true);
    expect((await inbox.append('am', Buffer.from('newer'), 2_000)).seq).toBe(51);
  });

  it('keeps a ballast beside the file', () => {
    open();
    expect(existsSync(`${path}.ballast`)).toBe(true);
  });

  it('that is damaged, or in a folder that is not there, is named with the next step', () => {
    writeFileSync(path, 'no database '.repeat(500));
    expect(() => openInbox(path)).toThrow(`${path} cannot be used (file is not a database): it is damaged`);
    rmSync(path);
    mkdirSync(path);
    expect(() => openInbox(path)).toThrow(`${path} cannot be used (unable to open database file): see that the folder`);
  });

  it('refuses the file of a newer version, and says so', () => {
    const db = new Database(path);
    db.pragma('user_version = 99');
    db.close();
    expect(() => openInbox(path)).toThrow(/newer Tierbell \(format 99/);
  });
});

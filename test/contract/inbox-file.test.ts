import Database from 'better-sqlite3';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openInboxReader, type SqliteInboxReader } from '../../src/inbox/inbox-reader.ts';
import { openInbox, type SqliteInbox } from '../../src/inbox/inbox.ts';

/** What only a file can do or suffer; the rest is in inbox.test.ts. */
describe('the file of the inbox', () => {
  let folder: string;
  let path: string;
  const opened: { close(): void }[] = [];
  const open = (): SqliteInbox => {
    const inbox = openInbox(path, { ballastBytes: 64 * 1024 });
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

  it('refuses the file of a newer version, and says so', () => {
    const db = new Database(path);
    db.pragma('user_version = 99');
    db.close();
    expect(() => openInbox(path)).toThrow(/newer Tierbell \(format 99/);
  });
});

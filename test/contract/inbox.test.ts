import Database from 'better-sqlite3';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openInboxReader } from '../../src/inbox/inbox-reader.ts';
import { SIGNATURE_KEPT_MS } from '../../src/inbox/signatures.ts';
import { openInbox, type Inbox, type InboxOptions } from '../../src/inbox/inbox.ts';

const BALLAST = 64 * 1024;

describe('the inbox', () => {
  let folder: string;
  let path: string;
  const opened: { close(): void }[] = [];
  const open = (options: InboxOptions = { ballastBytes: BALLAST }): Inbox => {
    const inbox = openInbox(path, options);
    opened.push(inbox);
    return inbox;
  };
  const read = () => {
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

  it('gives back what was put in, in order, byte for byte', async () => {
    const inbox = open();
    const bodies = ['{"a":1}', '', '\u0000\u2028', 'x'.repeat(200_000)].map((text) => Buffer.from(text));
    const receipts = await Promise.all(bodies.map((body, n) => inbox.append('am', body, 1000 + n)));
    const found = read().after(0, 100, 1e9);
    expect(found.map(({ seq, id }) => ({ seq, id }))).toEqual(receipts);
    expect(found.map(({ source, receivedAt }) => ({ source, receivedAt }))).toEqual(
      bodies.map((_body, n) => ({ source: 'am', receivedAt: 1000 + n })),
    );
    expect(found.map(({ body }) => body)).toEqual(bodies);
  });

  it('all that comes in one turn of the event loop is one commit', async () => {
    const inbox = open();
    const commits: number[] = [];
    inbox.onCommit((last) => commits.push(last));
    const first = Array.from({ length: 50 }, () => inbox.append('am', Buffer.from('x'), 1));
    await Promise.all(first);
    expect(commits).toEqual([50]);
    await inbox.append('am', Buffer.from('y'), 1);
    expect(commits).toEqual([50, 51]);
  });

  it('what is acknowledged is there for another reader at once', async () => {
    const inbox = open();
    const reader = read();
    expect([reader.last(), reader.after(0, 10, 1e6)]).toEqual([0, []]);
    const { seq } = await inbox.append('am', Buffer.from('x'), 1);
    expect([reader.last(), reader.after(0, 10, 1e6).length]).toEqual([seq, 1]);
  });

  it('a reader gets portions by number and by size, but never none while there is more', async () => {
    const inbox = open();
    await Promise.all([100, 100, 5000, 100].map((size) => inbox.append('am', Buffer.alloc(size), 1)));
    const reader = read();
    expect(reader.after(0, 2, 1e6).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(reader.after(0, 100, 250).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(reader.after(2, 100, 250).map(({ seq }) => seq)).toEqual([3]);
    expect(reader.after(3, 100, 250).map(({ seq }) => seq)).toEqual([4]);
    expect(reader.after(4, 100, 250)).toEqual([]);
  });

  it('refused bodies are kept beside, and the worker never meets them', async () => {
    const inbox = open();
    const commits: number[] = [];
    inbox.onCommit((last) => commits.push(last));
    await inbox.refused('am', Buffer.from('not json'), 5, '400 not JSON');
    expect(commits).toEqual([]);
    await inbox.append('am', Buffer.from('{}'), 6);
    await inbox.refused('am', Buffer.from('again'), 7, '400 not JSON');
    const reader = read();
    expect(reader.after(0, 10, 1e6).map(({ seq }) => seq)).toEqual([2]);
    expect(reader.last()).toBe(2);
    expect(rowsOf('refused').map(({ body, reason }) => [String(body), reason])).toEqual([
      ['not json', '400 not JSON'],
      ['again', '400 not JSON'],
    ]);
  });

  it('the oldest refused bodies give way, accepted ones never', async () => {
    const inbox = open({ ballastBytes: BALLAST, refusedBytes: 2500 });
    await inbox.append('am', Buffer.alloc(5000), 1);
    for (let n = 0; n < 5; n++) await inbox.refused('am', Buffer.alloc(1000, String(n)), 1, 'r');
    expect(rowsOf('refused').map(({ body }) => String(body)[0])).toEqual(['3', '4']);
    await inbox.refused('am', Buffer.alloc(9000, 'z'), 1, 'r');
    expect(rowsOf('refused').map(({ body }) => String(body)[0])).toEqual(['z']);
    expect(rowsOf('accepted')).toHaveLength(1);
  });

  function rowsOf(kind: string): { body: Buffer; reason: string }[] {
    const db = new Database(path, { readonly: true });
    opened.push(db);
    return db.prepare<[string], { body: Buffer; reason: string }>('SELECT * FROM deliveries WHERE kind = ?').all(kind);
  }

  it('goes on after it was closed and opened again; numbers are never used twice', async () => {
    await open().append('am', Buffer.from('1'), 1);
    opened.pop()?.close();
    const { seq } = await open().append('am', Buffer.from('2'), 2);
    expect(seq).toBe(2);
    expect(
      read()
        .after(0, 10, 1e6)
        .map(({ body }) => String(body)),
    ).toEqual(['1', '2']);
  });

  describe('a signature that counts once', () => {
    const once = 'ab'.repeat(32);
    const body = Buffer.from('{}');

    it('is stored once, in one turn, later, and after a restart; every receipt is the first', async () => {
      const inbox = open();
      const receipts = await Promise.all([1, 2].map(() => inbox.append('g', body, 1000, once)));
      receipts.push(await inbox.append('g', body, 2000, once));
      opened.pop()?.close();
      receipts.push(await open().append('g', body, 3000, once));
      expect(new Set(receipts.map(({ id, seq }) => `${id} ${seq}`)).size).toBe(1);
      expect(read().after(0, 10, 1e6)).toHaveLength(1);
    });

    it('belongs to its source, and is forgotten only when it has long been out of time', async () => {
      const inbox = open();
      const count = async (source: string, at: number): Promise<number> => {
        await inbox.append(source, body, at, once);
        return read().last();
      };
      expect([await count('g', 0), await count('h', 0), await count('g', 1_200_000)]).toEqual([1, 2, 2]);
      await inbox.append('g', body, SIGNATURE_KEPT_MS + 1, 'cd'.repeat(32));
      expect(await count('g', SIGNATURE_KEPT_MS + 2)).toBe(4);
    });

    it('is not kept where the body could not be', async () => {
      const inbox = open();
      const other = new Database(path);
      other.exec('BEGIN IMMEDIATE');
      await expect(inbox.append('g', body, 1, once)).rejects.toThrow();
      other.exec('ROLLBACK');
      other.close();
      const { seq } = await inbox.append('g', body, 2, once);
      expect(read().last()).toBe(seq);
    });
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

  it('what still waits when it is closed is stored', async () => {
    const waiting = open().append('am', Buffer.from('late'), 1);
    opened.pop()?.close();
    await waiting;
    open();
    expect(read().last()).toBe(1);
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

  it('knows after a restart when each source was last seen; what was refused does not count', async () => {
    const inbox = open();
    await Promise.all([inbox.append('am', Buffer.from('x'), 1_000), inbox.append('grafana', Buffer.from('x'), 2_000)]);
    await Promise.all([inbox.append('am', Buffer.from('x'), 3_000), inbox.refused('am', Buffer.from('x'), 4_000, '')]);
    expect(Object.fromEntries(open().lastSeen())).toEqual({ am: 3_000, grafana: 2_000 });
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

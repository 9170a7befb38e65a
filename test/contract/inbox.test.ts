import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openInboxReader, type InboxReader } from '../../src/inbox/inbox-reader.ts';
import { openInbox, type Awaitable, type Inbox } from '../../src/inbox/inbox.ts';
import { openPostgresInboxReader } from '../../src/inbox/postgres-inbox-reader.ts';
import { openPostgresInbox } from '../../src/inbox/postgres-inbox.ts';
import { SIGNATURE_KEPT_MS } from '../../src/inbox/signatures.ts';
import { openConnections, openPostgres } from '../../src/store/postgres.ts';
import { describeWith } from '../helpers/requires.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { POSTGRES_PASSWORD, withPostgres } from '../servers/postgres.ts';

/** Somewhere that an inbox lies; opened twice, it is the same one. */
interface Place {
  open(refusedBytes?: number): Promise<Inbox>;
  read(): Promise<InboxReader>;
  rowsOf(kind: 'accepted' | 'refused'): Promise<readonly { readonly body: Buffer; readonly reason: string }[]>;
  remove(): Awaitable<void>;
}

/** What every inbox must do. */
function behaves(newPlace: () => Promise<Place>): void {
  let place: Place;
  const opened: { close(): Awaitable<void> }[] = [];
  const open = async (refusedBytes?: number): Promise<Inbox> => {
    const inbox = await place.open(refusedBytes);
    opened.push(inbox);
    return inbox;
  };
  const read = async (): Promise<InboxReader> => {
    const reader = await place.read();
    opened.push(reader);
    return reader;
  };
  beforeEach(async () => void (place = await newPlace()));
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
    await place.remove();
  });

  it('gives back what was put in, in order, byte for byte', async () => {
    const inbox = await open();
    const bodies = ['{"a":1}', '', '\u0000\u2028', 'x'.repeat(200_000)].map((text) => Buffer.from(text));
    const receipts = await Promise.all(bodies.map((body, n) => inbox.append('am', body, 1000 + n)));
    const found = await (await read()).after(0, 100, 1e9);
    expect(found.map(({ seq, id }) => ({ seq, id }))).toEqual(receipts);
    expect(found.map(({ source, receivedAt }) => ({ source, receivedAt }))).toEqual(
      bodies.map((_body, n) => ({ source: 'am', receivedAt: 1000 + n })),
    );
    expect(found.map(({ body }) => body)).toEqual(bodies);
  });

  it('all that comes in one turn of the event loop is one commit', async () => {
    const inbox = await open();
    const commits: number[] = [];
    inbox.onCommit((last) => commits.push(last));
    const first = Array.from({ length: 50 }, () => inbox.append('am', Buffer.from('x'), 1));
    await Promise.all(first);
    expect(commits).toEqual([50]);
    await inbox.append('am', Buffer.from('y'), 1);
    expect(commits).toEqual([50, 51]);
  });

  it('what is acknowledged is there for another reader at once', async () => {
    const inbox = await open();
    const reader = await read();
    expect([await reader.last(), await reader.after(0, 10, 1e6)]).toEqual([0, []]);
    const { seq } = await inbox.append('am', Buffer.from('x'), 1);
    expect([await reader.last(), (await reader.after(0, 10, 1e6)).length]).toEqual([seq, 1]);
  });

  it('a reader gets portions by number and by size, but never none while there is more', async () => {
    const inbox = await open();
    await Promise.all([100, 100, 5000, 100].map((size) => inbox.append('am', Buffer.alloc(size), 1)));
    const reader = await read();
    expect((await reader.after(0, 2, 1e6)).map(({ seq }) => seq)).toEqual([1, 2]);
    expect((await reader.after(0, 100, 250)).map(({ seq }) => seq)).toEqual([1, 2]);
    expect((await reader.after(2, 100, 250)).map(({ seq }) => seq)).toEqual([3]);
    expect((await reader.after(3, 100, 250)).map(({ seq }) => seq)).toEqual([4]);
    expect(await reader.after(4, 100, 250)).toEqual([]);
  });

  it('refused bodies are kept beside, and the worker never meets them', async () => {
    const inbox = await open();
    const commits: number[] = [];
    inbox.onCommit((last) => commits.push(last));
    await inbox.refused('am', Buffer.from('not json'), 5, '400 not JSON');
    expect(commits).toEqual([]);
    await inbox.append('am', Buffer.from('{}'), 6);
    await inbox.refused('am', Buffer.from('again'), 7, '400 not JSON');
    const reader = await read();
    expect((await reader.after(0, 10, 1e6)).map(({ seq }) => seq)).toEqual([2]);
    expect(await reader.last()).toBe(2);
    expect((await place.rowsOf('refused')).map(({ body, reason }) => [String(body), reason])).toEqual([
      ['not json', '400 not JSON'],
      ['again', '400 not JSON'],
    ]);
  });

  it('the oldest refused bodies give way, accepted ones never', async () => {
    const inbox = await open(2500);
    await inbox.append('am', Buffer.alloc(5000), 1);
    for (let n = 0; n < 5; n++) await inbox.refused('am', Buffer.alloc(1000, String(n)), 1, 'r');
    expect((await place.rowsOf('refused')).map(({ body }) => String(body)[0])).toEqual(['3', '4']);
    await inbox.refused('am', Buffer.alloc(9000, 'z'), 1, 'r');
    expect((await place.rowsOf('refused')).map(({ body }) => String(body)[0])).toEqual(['z']);
    expect(await place.rowsOf('accepted')).toHaveLength(1);
  });

  it('goes on after it was closed and opened again; numbers are never used twice', async () => {
    await (await open()).append('am', Buffer.from('1'), 1);
    await opened.pop()?.close();
    const { seq } = await (await open()).append('am', Buffer.from('2'), 2);
    expect(seq).toBe(2);
    expect((await (await read()).after(0, 10, 1e6)).map(({ body }) => String(body))).toEqual(['1', '2']);
  });

  describe('a signature that counts once', () => {
    const once = 'ab'.repeat(32);
    const body = Buffer.from('{}');

    it('is stored once, in one turn, later, and after a restart; every receipt is the first', async () => {
      const inbox = await open();
      const receipts = await Promise.all([1, 2].map(() => inbox.append('g', body, 1000, once)));
      receipts.push(await inbox.append('g', body, 2000, once));
      await opened.pop()?.close();
      receipts.push(await (await open()).append('g', body, 3000, once));
      expect(new Set(receipts.map(({ id, seq }) => `${id} ${seq}`)).size).toBe(1);
      expect(await (await read()).after(0, 10, 1e6)).toHaveLength(1);
    });

    it('belongs to its source, and is forgotten only when it has long been out of time', async () => {
      const inbox = await open();
      const count = async (source: string, at: number): Promise<number> => {
        await inbox.append(source, body, at, once);
        return (await read()).last();
      };
      expect([await count('g', 0), await count('h', 0), await count('g', 1_200_000)]).toEqual([1, 2, 2]);
      await inbox.append('g', body, SIGNATURE_KEPT_MS + 1, 'cd'.repeat(32));
      expect(await count('g', SIGNATURE_KEPT_MS + 2)).toBe(4);
    });
  });

  it('what still waits when it is closed is stored', async () => {
    const waiting = (await open()).append('am', Buffer.from('late'), 1);
    await opened.pop()?.close();
    await waiting;
    expect(await (await read()).last()).toBe(1);
  });

  it('knows after a restart when each source was last seen; what was refused does not count', async () => {
    const inbox = await open();
    await Promise.all([inbox.append('am', Buffer.from('x'), 1_000), inbox.append('grafana', Buffer.from('x'), 2_000)]);
    await Promise.all([inbox.append('am', Buffer.from('x'), 3_000), inbox.refused('am', Buffer.from('x'), 4_000, '')]);
    expect(Object.fromEntries(await (await open()).lastSeen())).toEqual({ am: 3_000, grafana: 2_000 });
  });
}

describe('the inbox in a file', () => {
  behaves(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tierbell-inbox-'));
    const path = join(folder, 'inbox.sqlite');
    return {
      open: async (refusedBytes) =>
        openInbox(path, { ballastBytes: 64 * 1024, ...(refusedBytes === undefined ? {} : { refusedBytes }) }),
      read: async () => openInboxReader(path),
      async rowsOf(kind) {
        const db = new Database(path, { readonly: true });
        try {
          return db
            .prepare<[string], { body: Buffer; reason: string }>('SELECT * FROM deliveries WHERE kind = ?')
            .all(kind);
        } finally {
          db.close();
        }
      },
      remove: () => rmSync(folder, { recursive: true, force: true }),
    };
  });
});

describeWith('postgres', 'the inbox on PostgreSQL', () => {
  const server = withPostgres();
  const connect = (url: string, connections = 2) => openConnections(url, { connections, queryTimeoutMs: 60_000 });

  behaves(async () => {
    const url = await server().freshUrl();
    const db = await openPostgres(url);
    return {
      open: async (refusedBytes) => openPostgresInbox(connect(url), refusedBytes === undefined ? {} : { refusedBytes }),
      read: async () => openPostgresInboxReader(db),
      rowsOf: async (kind) =>
        (await server().query(url, `select * from deliveries where kind = '${kind}' order by seq`)) as {
          body: Buffer;
          reason: string;
        }[],
      remove: () => db.destroy(),
    };
  });

  it('of several replicas: whoever reads on from the newest number misses none that is committed later', async () => {
    const url = await server().freshUrl();
    const db = await openPostgres(url);
    const reader = openPostgresInboxReader(db);
    const replicas = [1, 2, 3].map(() => openPostgresInbox(connect(url)));
    const sent: Promise<{ seq: number }>[] = [];
    const writing = replicas.map(async (inbox, replica) => {
      for (let n = 0; n < 150; n++) {
        // Every third carries a signature, and so goes another, slower way.
        const receipt = inbox.append('am', Buffer.alloc(1 + 40 * replica), n, n % 3 === 0 ? `${replica}-${n}` : null);
        sent.push(receipt);
        if (n % 5 === 0) await receipt;
      }
    });
    let done = false;
    const all = Promise.all(writing).then(() => (done = true));
    const seen: number[] = [];
    const readOn = async (): Promise<void> => {
      for (const { seq } of await reader.after(seen.at(-1) ?? 0, 50, 1e9)) seen.push(seq);
    };
    while (!done) await readOn();
    await all;
    const receipts = await Promise.all(sent);
    while (seen.length < receipts.length && (seen.at(-1) ?? 0) < (await reader.last())) await readOn();
    expect(seen).toEqual(receipts.map(({ seq }) => seq).toSorted((x, y) => x - y));
    for (const inbox of replicas) await inbox.close();
    await db.destroy();
  });

  it('of several replicas: a signature has its effect once, whoever takes it', async () => {
    const url = await server().freshUrl();
    const db = await openPostgres(url);
    const replicas = [1, 2, 3, 4].map(() => openPostgresInbox(connect(url)));
    const receipts = await Promise.all(replicas.map((inbox) => inbox.append('g', Buffer.from('{}'), 1, 'ab')));
    expect(new Set(receipts.map(({ id }) => id)).size).toBe(1);
    expect(await openPostgresInboxReader(db).after(0, 10, 1e6)).toHaveLength(1);
    for (const inbox of replicas) await inbox.close();
    await db.destroy();
  });

  it('while the database is away everybody is told, without its password; afterwards it goes on by itself', async () => {
    const url = await server().freshUrl();
    await (await openPostgres(url)).destroy();
    const inbox = openPostgresInbox(connect(url));
    await inbox.append('am', Buffer.from('x'), 1);
    expect(await inbox.healthy()).toEqual({ ok: true });
    await server().stop();
    try {
      const results = await Promise.allSettled([1, 2].map(() => inbox.append('am', Buffer.from('lost'), 1, 'ab')));
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      const health = await inbox.healthy();
      expect(health).toMatchObject({ ok: false, why: expect.stringContaining('the database cannot be used') });
      expect(JSON.stringify([health, results.map(String)])).not.toContain(POSTGRES_PASSWORD);
    } finally {
      await server().start();
    }
    await waitFor('it to be healthy again', async () => (await inbox.healthy()).ok);
    await inbox.append('am', Buffer.from('y'), 2, 'ab');
    const rows = await server().query(url, 'select body from deliveries order by seq');
    expect(rows.map(({ body }) => String(body))).toEqual(['x', 'y']);
    await inbox.close();
  });

  it('a database whose disk is full, or that only reads, is noticed without any delivery', async () => {
    const url = await server().freshUrl();
    await (await openPostgres(url)).destroy();
    const inbox = openPostgresInbox(connect(`${url}%20-c%20default_transaction_read_only%3Don`));
    await expect(inbox.append('am', Buffer.from('x'), 1)).rejects.toThrow(/read-only/);
    expect(await inbox.healthy()).toMatchObject({ ok: false });
    await inbox.close();
  });
});

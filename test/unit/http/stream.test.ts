import express from 'express';
import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Stream } from '../../../src/http/stream.ts';
import type { StampedEntry } from '../../../src/store/ledger.ts';
import { waitFor } from '../../helpers/wait-for.ts';

/** A ledger in memory. */
class Ledger {
  readonly entries: StampedEntry[] = [];

  add(count = 1, incident = 'u'): void {
    for (let added = 0; added < count; added++) {
      const n = this.entries.length + 1;
      const actor = { kind: 'system', name: 'tierbell' };
      const text = `entry ${n}`;
      this.entries.push({ n, number: 7, incident, seq: n, at: '', actor, type: 'note', text, data: {}, hash: '' });
    }
  }
}

let ledger: Ledger;
let stream: Stream;
let server: Server;
let allowed: boolean;
let failures: unknown[];

beforeEach(async () => {
  ledger = new Ledger();
  allowed = true;
  failures = [];
  stream = new Stream({
    after: async (n, limit) => ledger.entries.filter((entry) => entry.n > n).slice(0, limit),
    newest: async () => ledger.entries.length,
    failed: (error) => void failures.push(error),
    confidential: async (uids) => new Set(uids.filter((uid) => uid === 'secret')),
  });
  const app = express();
  app.get('/', (req, res) => {
    res.locals['still'] = async () => allowed;
    res.locals['actor'] = { name: 'vera', role: req.query['role'] ?? 'responder' };
    return stream.serve(req, res);
  });
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
});

afterEach(() => {
  stream.close();
  server.closeAllConnections();
  server.close();
  expect(failures).toEqual([]);
});

/** An answer that nobody need read. */
class FakeResponse extends EventEmitter {
  text = '';
  over = false;
  readonly writableLength = 0;
  readonly locals = {};
  writeHead(): void {}
  write(text: string): void {
    this.text += text;
  }
  end(): void {
    this.over = true;
  }
}

/** Reads a stream as a browser does; `ids` grows, `over` settles when the server ends it. */
async function listen(
  lastId?: string,
  role = 'responder',
): Promise<{ ids: number[]; events: string[]; texts: string[]; over: Promise<void> }> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?role=${role}`;
  const answer = await fetch(url, { headers: lastId === undefined ? {} : { 'last-event-id': lastId } });
  const ids: number[] = [];
  const events: string[] = [];
  const texts: string[] = [];
  const read = async (): Promise<void> => {
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString('utf8');
      const whole = text.split('\n\n');
      text = whole.pop() ?? '';
      for (const event of whole) {
        const id = /^id: (\d+)$/m.exec(event)?.[1];
        if (id !== undefined) ids.push(Number(id));
        events.push(/^event: (.+)$/m.exec(event)?.[1] ?? '');
        texts.push(/"text":"([^"]*)"/.exec(event)?.[1] ?? '');
      }
    }
  };
  return { ids, events, texts, over: read() };
}

function commit(count: number): void {
  ledger.add(count);
  stream.committed();
}

it('tells what is committed from now on, in order, to everybody', async () => {
  ledger.add(3);
  const [one, two] = [await listen(), await listen()];
  commit(2);
  commit(1);
  await waitFor('both to have read', () => one.ids.length === 3 && two.ids.length === 3);
  expect([one.ids, two.ids]).toEqual([
    [4, 5, 6],
    [4, 5, 6],
  ]);
});

it('tells viewers that something happened to a confidential incident, but not what', async () => {
  ledger.add(1, 'secret');
  ledger.add(1);
  const [viewer, responder, late] = [await listen(undefined, 'viewer'), await listen(), await listen('0', 'viewer')];
  ledger.add(1, 'secret');
  commit(1);
  await waitFor(
    'all to have read',
    () => viewer.ids.length === 2 && responder.ids.length === 2 && late.ids.length === 4,
  );
  expect(viewer.texts.filter(Boolean)).toEqual(['confidential', 'entry 4']);
  expect(responder.texts.filter(Boolean)).toEqual(['entry 3', 'entry 4']);
  expect(late.texts.filter(Boolean)).toEqual(['confidential', 'entry 2', 'confidential', 'entry 4']);
});

it('misses nothing and repeats nothing for somebody who comes back', async () => {
  ledger.add(10);
  const back = await listen('6');
  commit(1);
  await waitFor('all to be read', () => back.ids.length === 5);
  expect(back.ids).toEqual([7, 8, 9, 10, 11]);
});

it.each(['2', '99999', 'nonsense', '-1'])('starts somebody afresh who comes back with %s', async (lastId) => {
  ledger.add(1500);
  const back = await listen(lastId);
  await waitFor('a reset', () => back.events.includes('reset'));
  commit(1);
  await waitFor('the next one', () => back.ids.includes(1501));
  expect(back.ids).toEqual([1500, 1501]);
});

it('tells a long backlog whole', async () => {
  const one = await listen();
  commit(1300);
  await waitFor('all of it', () => one.ids.length === 1300);
  expect(one.ids).toEqual(Array.from({ length: 1300 }, (_item, index) => index + 1));
});

it('ends for somebody whose token was taken back, before anything more is told', async () => {
  const one = await listen();
  commit(1);
  await waitFor('the first', () => one.ids.length === 1);
  allowed = false;
  commit(1);
  await one.over;
  expect(one.ids).toEqual([1]);
  allowed = true;
  const next = await listen();
  commit(1);
  await waitFor('the next one', () => next.ids.length === 1);
  expect(next.ids).toEqual([3]);
});

it('whoever goes while being told what was missed is forgotten', async () => {
  let goOn = (): void => {};
  const [res, other] = [new FakeResponse(), new FakeResponse()];
  const slow = new Stream({
    after: async (n) => ledger.entries.filter((entry) => entry.n > n),
    newest: async () => {
      if (res.text !== '' && !res.over) await new Promise<void>((resolve) => (goOn = resolve));
      return ledger.entries.length;
    },
    failed: (error) => void failures.push(error),
    confidential: async () => new Set(),
  });
  const req = { headers: {}, query: {} } as never;
  const serving = slow.serve(req, res as never);
  await waitFor('it to ask', () => res.text !== '');
  res.over = true;
  res.emit('close');
  goOn();
  await serving;
  ledger.add(3);
  await slow.serve(req, other as never);
  ledger.add();
  slow.committed();
  await waitFor('the one that stayed', () => other.text.includes('entry 4'));
  slow.close();
  expect([res.text.includes('entry'), other.text.includes('entry 3')]).toEqual([false, false]);
});

it('what is committed while somebody is told what was missed is told too', async () => {
  ledger.add(3);
  const req = (id?: string) => ({ headers: id === undefined ? {} : { 'last-event-id': id }, query: {} }) as never;
  const [here, comes] = [new FakeResponse(), new FakeResponse()];
  let reads = 0;
  const busy = new Stream({
    after: async (n, limit) => {
      const found = ledger.entries.filter((entry) => entry.n > n).slice(0, limit);
      if (n !== 1 || ++reads > 1) return found;
      ledger.add(2);
      busy.committed();
      await waitFor('the other to hear', () => here.text.includes('entry 5'));
      return found;
    },
    newest: async () => ledger.entries.length,
    failed: (error) => void failures.push(error),
    confidential: async () => new Set(),
  });
  await busy.serve(req(), here as never);
  await busy.serve(req('1'), comes as never);
  ledger.add();
  busy.committed();
  await waitFor('the newest', () => comes.text.includes('entry 6'));
  busy.close();
  expect([...comes.text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))).toEqual([2, 3, 4, 5, 6]);
});

it('more than a thousand do not get to listen, and get a place when others have gone', async () => {
  const req = { headers: {}, query: {} } as never;
  const many = Array.from({ length: 1_000 }, () => new FakeResponse());
  for (const res of many) await stream.serve(req, res as never);
  await expect(stream.serve(req, new FakeResponse() as never)).rejects.toMatchObject({ problem: { status: 503 } });
  many[0]?.emit('close');
  await stream.serve(req, new FakeResponse() as never);
});

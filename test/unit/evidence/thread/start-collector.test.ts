import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { CollectedLogs } from '../../../../src/evidence/collected.ts';
import type { Collector } from '../../../../src/evidence/collector.ts';
import { logStoreConfig } from '../../../../src/evidence/registry.ts';
import { startCollector, type CollectorOptions } from '../../../../src/evidence/thread/start-collector.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { temporaryFolder } from '../../../servers/cleanup.ts';
import { countAwakeMs } from '../../../helpers/awake-time.ts';

jest.setTimeout(300_000);

const FIRED = Date.parse('2026-01-05T03:00:00Z');
const IN_TROUBLE = new URL('../../../helpers/collector-thread-in-trouble.ts', import.meta.url);
const secret = Buffer.from('a key for tests');

describe('logs read in a thread of their own', () => {
  let collector: Collector;
  afterEach(() => collector.close());

  function start(options: CollectorOptions = {}, paths = ['/nowhere/app.log']): void {
    const stores = [logStoreConfig.parse({ name: 'disk', kind: 'file', paths, scope: {} })];
    collector = startCollector({ stores, secret }, options);
  }
  const collect = (id: string, signal = new AbortController().signal): Promise<CollectedLogs> =>
    collector.collect({ id, labels: { service: 'checkout' }, startsAt: FIRED, now: FIRED + 60_000 }, signal);
  const reasonOf = async (id: string): Promise<string> => (await collect(id)).evidence.reason;
  const threadOf = async (id = 'x'): Promise<number> => Number(/\d+$/.exec(await reasonOf(id))?.[0]);

  it('come with excerpt, raw lines and texts, redacted, as from the thread that asks', async () => {
    const path = join(temporaryFolder('log').path, 'app.log');
    writeFileSync(path, '2026-01-05T02:58:00Z ERROR no such host psp-1, password=hunter2hunter2\n');
    start({}, [path]);
    const { evidence, raw, records } = await collect('e-1');
    expect(evidence).toMatchObject({
      id: 'e-1',
      state: 'complete',
      store: 'disk',
      lines: [{ level: 'error', count: 1 }],
    });
    expect(evidence.lines[0]?.text).toMatch(/no such host psp-1, password=\[password:[0-9a-f]{6}\]/);
    expect([raw instanceof Uint8Array, records.length]).toEqual([true, 1]);
  });

  it('keep one thread while there is something to read, and none when there has been nothing for a while', async () => {
    start({ entry: IN_TROUBLE, idleMs: 50 });
    const first = await threadOf();
    expect(await threadOf()).toBe(first);
    await waitFor(
      'another thread',
      async () => (await new Promise((done) => setTimeout(done, 200)), (await threadOf()) !== first),
    );
  });

  it('that need too much memory are not available, with the next step; the bridge lives and the others are read', async () => {
    start({ entry: IN_TROUBLE, memoryMb: 24 });
    const [slow, greedy] = await Promise.all([collect('slow'), collect('needs too much')]);
    expect(slow.evidence).toMatchObject({
      state: 'complete',
      reason: expect.stringMatching(/^read in thread/) as string,
    });
    expect(greedy.evidence).toMatchObject({ id: 'needs too much', kind: 'logs', state: 'unavailable', store: 'disk' });
    expect(greedy.evidence.reason).toMatch(
      /^The logs of "disk" took more than the 24 MB .* twice: make `budget.bytes` and `budget.documents` of this store smaller\./,
    );
    expect(await reasonOf('x')).toMatch(/^read in thread/);
  });

  it('that a mistake of ours stops are asked for once more in another thread, and then said to be not available', async () => {
    const told: string[] = [];
    start({ entry: IN_TROUBLE, tell: ({ message }) => void told.push(message) });
    const before = await threadOf();
    expect(await reasonOf('breaks')).toMatch(
      /because of a mistake in the bridge itself, twice: please report it; they are/,
    );
    expect(await threadOf()).toBeGreaterThan(before + 1);
    expect(told).toEqual(['a mistake of ours', 'a mistake of ours']);
  });

  it('that never come to an end are broken off', async () => {
    const told: string[] = [];
    start({ entry: IN_TROUBLE, patienceMs: 4_000, tell: ({ message }) => void told.push(message) });
    const passed = countAwakeMs();
    expect(await reasonOf('never ends')).toMatch(
      /took longer than 4 s and was broken off: they are looked for once more/,
    );
    expect(passed()).toBeLessThan(60_000);
    expect(told).toEqual(['it gave no answer within 4000 ms and was ended']);
    expect(await reasonOf('x')).toMatch(/^read in thread/);
  });

  it('whose thread ends by itself, without a word, are told of to the log all the same', async () => {
    const told: string[] = [];
    start({ entry: IN_TROUBLE, tell: ({ message }) => void told.push(message) });
    expect(await reasonOf('ends')).toMatch(/because of a mistake in the bridge itself, twice/);
    expect(told).toEqual(['it ended by itself, with status 3', 'it ended by itself, with status 3']);
    expect(await reasonOf('x')).toMatch(/^read in thread/);
  });

  it('that wait their turn at a slow store are not broken off with it', async () => {
    start({ entry: IN_TROUBLE, patienceMs: 4_000, eachMs: 1_000 });
    const all = await Promise.all(Array.from({ length: 12 }, () => reasonOf('in turn')));
    expect(all.filter((reason) => !reason.startsWith('read in thread'))).toEqual([]);
  });

  it('are called off where nobody waits any more', async () => {
    start({ entry: IN_TROUBLE });
    const giveUp = new AbortController();
    const waiting = collect('waits', giveUp.signal);
    giveUp.abort();
    expect((await waiting).evidence.reason).toMatch(/^called off in thread/);
  });

  it('say so where the configuration was exchanged meanwhile', async () => {
    start({ entry: IN_TROUBLE });
    const waiting = collect('waits');
    await collector.close();
    expect((await waiting).evidence).toMatchObject({ state: 'unavailable', store: 'disk' });
    expect(await reasonOf('x')).toMatch(/was broken off because the configuration was exchanged/);
  });

  it('that no store serves begin no thread', async () => {
    collector = startCollector({ stores: [], secret }, { entry: new URL('file:///no/such/program.ts') });
    expect(await reasonOf('x')).toMatch(/^No log store serves these labels/);
  });
});

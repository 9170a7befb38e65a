import { createWriteStream, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { holdsName } from '../../../src/evidence/file/scope.ts';
import { findWindow, readLines } from '../../../src/evidence/file/window.ts';
import type { LogAnswer, LogStore } from '../../../src/evidence/log-store.ts';
import { createLogStore } from '../../../src/evidence/create-log-store.ts';
import { logStoreConfig } from '../../../src/evidence/registry.ts';
import { logWindows } from '../../../src/evidence/windows.ts';
import { stopEverything, temporaryFolder } from '../../servers/cleanup.ts';

const FIRED = Date.parse('2026-01-05T03:00:00Z');
const MINUTE = 60_000;
const iso = (minutes: number): string => new Date(FIRED + minutes * MINUTE).toISOString();
const never = (): AbortSignal => new AbortController().signal;

const storeOf = (config: Record<string, unknown>): LogStore =>
  createLogStore(logStoreConfig.parse({ name: 'disk', kind: 'file', ...config }));
const ask = (
  store: LogStore,
  scope: Parameters<LogStore['fetch']>[0]['scope'] = [{ name: 'service', value: 'checkout' }],
) =>
  store.fetch(
    { scope, windows: logWindows({ startsAt: FIRED, now: FIRED + 5 * MINUTE }), budget: store.budget },
    never(),
  );
const textsOf = (answer: unknown): readonly string[] =>
  (answer as LogAnswer).windows[0]?.lines.map(({ text }) => text) ?? [];

describe('log files', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder('files').path;
  });
  afterAll(stopEverything);
  const write = (name: string, lines: readonly string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  };

  it('of others are read where the service is silent: those that name it or share its last traces', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const json = (minutes: number, service: string, msg: string, more: object = {}): string =>
      JSON.stringify({ time: iso(minutes), level: 'error', service, msg, ...more });
    write('all.log', [
      json(-14, 'checkout', 'order begun', { trace_id: trace }),
      json(-4, 'gateway', 'upstream checkout does not answer'),
      json(-4, 'psp', 'payment was never confirmed', { trace_id: trace }),
      json(-3, 'worker', 'checkout-worker is well'),
      json(-3, 'shipping', 'parcel sent'),
    ]);
    const answer = await ask(storeOf({ paths: [join(folder, 'all.log')] }));
    expect(textsOf(answer)).toEqual(['upstream checkout does not answer', 'payment was never confirmed']);
    expect(answer).toMatchObject({ neighbours: true, scope: { name: 'service', value: 'checkout' } });
    expect((answer as LogAnswer).notes?.join()).toMatch(/others that name checkout or share one of its 1 last traces/);
  });

  it('belong to a scope by a field, by their name, or by their text', async () => {
    write('checkout.log', [`${iso(-3)} ERROR in a file of its name`]);
    write('shared.log', [
      `${iso(-3)} ERROR [checkout] named in the text`,
      `${iso(-3)} ERROR [checkout-worker] another program`,
      JSON.stringify({ time: iso(-3), level: 'error', service: 'checkout', msg: 'named in a field' }),
      JSON.stringify({ time: iso(-3), level: 'error', service: 'shipping', msg: 'checkout is slow, says another' }),
    ]);
    const answer = await ask(storeOf({ paths: [join(folder, '*.log')] }));
    expect(textsOf(answer).toSorted()).toEqual(
      [
        'named in a field',
        `${iso(-3)} ERROR [checkout] named in the text`,
        `${iso(-3)} ERROR in a file of its name`,
      ].toSorted(),
    );
  });

  it.each([
    ['/var/log/checkout.log', true],
    ['[checkout] x', true],
    ['checkout', true],
    ['checkout-worker', false],
    ['precheckout checkouts', false],
    ['checkouts checkout', true],
  ])('%j holds the name checkout: %j', (text, expected) => {
    expect(holdsName(text, 'checkout')).toBe(expected);
  });

  it('are read whole where the mapping names no label', async () => {
    write('any.log', [`${iso(-3)} ERROR x`]);
    expect(await ask(storeOf({ paths: [join(folder, 'any.log')], scope: {} }), [])).toMatchObject({
      ok: true,
      scope: null,
      partial: [],
    });
  });

  it('give a stack trace as one record, at the time of its first line', async () => {
    write('checkout.log', [
      `${iso(-3)} ERROR lost`,
      'java.io.IOException: gone',
      '\tat a.B(C.java:1)',
      `${iso(-2)} INFO on`,
    ]);
    const answer = (await ask(storeOf({ paths: [join(folder, '*.log')] }))) as LogAnswer;
    expect(answer.windows[0]?.lines.map(({ at, text }) => [at, text])).toEqual([
      [FIRED - 3 * MINUTE, `${iso(-3)} ERROR lost`],
      [FIRED - 3 * MINUTE, 'java.io.IOException: gone\n\tat a.B(C.java:1)'],
      [FIRED - 2 * MINUTE, `${iso(-2)} INFO on`],
    ]);
  });

  it('without times give their newest lines, and that is said', async () => {
    const path = write('checkout.log', ['first', 'second', 'ERROR third']);
    utimesSync(path, FIRED / 1000, FIRED / 1000);
    const answer = (await ask(storeOf({ paths: [path] }))) as LogAnswer;
    expect(answer.partial).toEqual([expect.stringContaining('show no time that is known')]);
    expect(textsOf(answer)).toEqual(['first', 'second', 'ERROR third']);
    expect(answer.windows.map(({ records }) => records)).toEqual([3, 0, 0]);
  });

  it('say what is wrong: missing, a folder, compressed, nothing that fits', async () => {
    mkdirSync(join(folder, 'sub.log'));
    expect(await ask(storeOf({ paths: [join(folder, 'gone.log')] }))).toMatchObject({
      ok: false,
      reason: 'not_found',
      detail: expect.stringContaining('gone.log cannot be read (ENOENT)') as unknown,
    });
    expect(await ask(storeOf({ paths: [join(folder, '*.log')] }))).toMatchObject({
      ok: false,
      reason: 'not_found',
      detail: expect.stringContaining('no file fits') as unknown,
    });
    write('checkout.log', [`${iso(-3)} ERROR x`]);
    write('checkout.log.1.gz', ['x']);
    const answer = (await ask(
      storeOf({ paths: [join(folder, 'checkout.log*'), join(folder, 'gone.log')] }),
    )) as LogAnswer;
    expect(answer.partial.toSorted((a, b) => a.localeCompare(b))).toEqual([
      expect.stringContaining('is compressed and was not read'),
      expect.stringContaining('gone.log cannot be read (ENOENT)'),
    ]);
  });

  it('keep to the budget of documents, errors first', async () => {
    write(
      'checkout.log',
      Array.from(
        { length: 1_000 },
        (_, index) => `${iso(-5 + index / 1_000)} ${index === 3 ? 'ERROR' : 'INFO'} line ${index}`,
      ),
    );
    const answer = (await ask(storeOf({ paths: [join(folder, '*.log')], budget: { documents: 100 } }))) as LogAnswer;
    expect(answer.windows[0]).toMatchObject({ records: 1_000, sampled: true });
    expect(textsOf(answer)).toHaveLength(60);
    expect(textsOf(answer)[0]).toContain('ERROR line 3');
    expect(answer.partial).toEqual(['Of 1000 lines 60 were kept, errors first (`budget.documents`).']);
  });

  it('are found in by halving: a window in the middle of a large file costs a few reads', async () => {
    const path = join(folder, 'large.log');
    const out = createWriteStream(path);
    for (let second = -90_000; second < 3_600; second += 1)
      if (
        !out.write(
          `${new Date(FIRED + second * 1_000).toISOString()} INFO checkout line ${'x'.repeat(300)} ${second}\n`,
        )
      )
        await once(out, 'drain');
    out.end();
    await once(out, 'close');
    const handle = await open(path, 'r');
    let reads = 0;
    const counting = new Proxy(handle, {
      get: (target, name) => {
        if (name === 'read') reads += 1;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const { size } = await handle.stat();
    const window = { from: FIRED - 11 * MINUTE, to: FIRED + 2 * MINUTE };
    const range = await findWindow(counting, size, window, 8e6, FIRED);
    expect(size).toBeGreaterThan(30e6);
    expect(reads).toBeLessThan(40);
    expect((range?.to ?? 0) - (range?.from ?? 0)).toBeLessThan(1e6);
    const times: number[] = [];
    for await (const line of readLines(handle, range ?? { from: 0, to: 0, cut: false }))
      times.push(Date.parse(line.slice(0, 24)));
    await handle.close();
    expect(Math.min(...times)).toBeLessThanOrEqual(window.from);
    expect(Math.max(...times)).toBeGreaterThanOrEqual(window.to);
    const answer = (await ask(storeOf({ paths: [path] }))) as LogAnswer;
    expect([answer.partial, answer.windows.map(({ records }) => records)]).toEqual([[], [780, 780, 780]]);
  }, 300_000);

  it('of one endless line, or of bytes that are no text, are read within bounds', async () => {
    writeFileSync(
      join(folder, 'checkout.log'),
      Buffer.concat([Buffer.from(`${iso(-3)} ERROR `), Buffer.alloc(20e6, 0xff), Buffer.from('\n')]),
    );
    const answer = (await ask(storeOf({ paths: [join(folder, '*.log')], budget: { bytes: '64MB' } }))) as LogAnswer;
    expect(textsOf(answer).every((text) => text.length <= 16_384)).toBe(true);
    expect(textsOf(answer)[0]).toContain('ERROR');
  });
});

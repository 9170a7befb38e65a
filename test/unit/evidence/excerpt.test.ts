import { groupRecords, scoreOf, selectExcerpt, type LogGroup } from '../../../src/evidence/excerpt.ts';
import type { LogRecord } from '../../../src/evidence/log-store.ts';
import { normaliseLine, normaliseRecord } from '../../../src/evidence/normalise.ts';

const record = (text: string, more: Partial<LogRecord> = {}): LogRecord => ({
  at: 0,
  level: 'info',
  service: 'checkout',
  host: 'h1',
  text,
  ...more,
});
const many = (count: number, make: (index: number) => LogRecord): LogRecord[] =>
  Array.from({ length: count }, (_, index) => make(index));
const BUDGET = { lines: 20, bytes: 16_384 };

describe('what makes two lines alike', () => {
  it.each([
    ['user 17 took 3.5 ms', 'user 9214 took 12 ms'],
    ['2026-01-31T11:58:00.123Z x', '2026-02-01 00:00:00,001 x'],
    ['id 550e8400-e29b-41d4-a716-446655440000 gone', 'id 123e4567-e89b-12d3-a456-426614174000 gone'],
    ['trace 88ebfbcebbbc0884eabd9178e1808940 end', 'trace 0000fbcebbbc0884eabd9178e1808941 end'],
    ['key "a b" not found', 'key "other" not found'],
    ["can't open '/a' at 0x7f", "can't open '/b/c' at 0xdeadbeef"],
    ['pod checkout-7d4b9c6f5d-x2x7k failed', 'pod checkout-6c5d4b9f7d-9zk2p failed'],
    ['10.0.0.1:5432 refused', '192.168.10.20:5433 refused'],
  ])('%j and %j are', (a, b) => {
    expect(normaliseLine(a)).toBe(normaliseLine(b));
  });

  it('different words are not', () => {
    expect(normaliseLine('connect to db failed')).not.toBe(normaliseLine('connect to cache failed'));
    expect(normaliseLine('accede to the facade')).toBe('accede to the facade');
  });

  it('a stack trace is told by its causes and its first frame', () => {
    const trace = (line: number, cause: string) =>
      `lost order ${line}\nException\n\tat a.B(C.java:${line})\n\tat d.E(F.java:9)\nCaused by: ${cause}`;
    expect(normaliseRecord(trace(1, 'no such host'))).toBe(normaliseRecord(trace(2, 'no such host')));
    expect(normaliseRecord(trace(1, 'no such host'))).not.toBe(normaliseRecord(trace(1, 'timeout')));
  });

  it('takes time linear in the length', () => {
    const began = performance.now();
    for (const piece of ["'", '"', '\\"', '1', 'a1', '1.', '2026-', '0x', '*', ' -', 'f'])
      normaliseRecord(piece.repeat(200_000));
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('which lines are shown', () => {
  it('one line for each kind, the newest, with how often it came', () => {
    const lines = selectExcerpt(
      {
        incident: many(12, (index) => record(`no such host db-${index}`, { at: index, level: 'error' })),
        baselines: [],
      },
      BUDGET,
    );
    expect(lines).toEqual([{ at: 11, level: 'error', service: 'checkout', text: 'no such host db-11', count: 12 }]);
  });

  it('a new error stands before one that was always there, however often that comes', () => {
    const usual = (at: number) => record('cache miss', { at, level: 'error' });
    const lines = selectExcerpt(
      {
        incident: [...many(500, usual), record('no such host', { level: 'error' })],
        baselines: [many(500, usual), []],
      },
      BUDGET,
    );
    expect(lines.map(({ text, count }) => [text, count])).toEqual([
      ['no such host', 1],
      ['cache miss', 500],
    ]);
  });

  const group = (more: Partial<LogGroup>): LogGroup => ({
    level: 'error',
    service: '',
    example: record(''),
    observed: 10,
    expected: 10,
    recency: 0,
    ...more,
  });
  it.each([
    ['an error before a warning', group({}), group({ level: 'warn' })],
    ['fatal before an error', group({ level: 'fatal' }), group({})],
    ['what is new before what is usual', group({ expected: 0 }), group({})],
    ['what has risen before what is usual', group({ observed: 100 }), group({})],
    ['what has risen more before what has risen less', group({ observed: 80 }), group({ observed: 20 })],
    ['what is new before what has risen', group({ expected: 0 }), group({ observed: 1e6 })],
    ['a new warning before an error as usual', group({ level: 'warn', expected: 0 }), group({ recency: 1 })],
    [
      'an error as usual before something new without a problem',
      group({}),
      group({ level: 'info', expected: 0, recency: 0.9 }),
    ],
    ['what came last before what came first', group({ recency: 1 }), group({})],
  ])('%s', (_rule, first, second) => {
    expect(scoreOf(first)).toBeGreaterThan(scoreOf(second));
  });

  it('expects the mean of the baselines that hold anything', () => {
    const [only] = groupRecords({
      incident: [record('x')],
      baselines: [many(4, () => record('x')), many(2, () => record('x')), []],
    });
    expect(only?.expected).toBe(3);
  });

  it('keeps the exception and the first frames of a long trace, and says how many lines are left out', () => {
    const trace = [
      'java.io.IOException: no such host',
      ...many(400, (index) => record(`\tat a.B.m(B.java:${index})`)).map(({ text }) => text),
    ];
    const [line] = selectExcerpt({ incident: [record(trace.join('\n'), { level: 'error' })], baselines: [] }, BUDGET);
    expect(line?.text).toMatch(
      /^java\.io\.IOException: no such host\n\tat a\.B\.m\(B\.java:0\)\n[^]*\n… \d+ more lines$/,
    );
    expect(Buffer.byteLength(line?.text ?? '')).toBeLessThanOrEqual(1_200);
  });

  it('stays within its lines and bytes', () => {
    const words = 'abcdefghijklmnopqrstuvwxyz'.split('');
    const incident = words.flatMap((a) => words.map((b) => record(`${a}${b} `.repeat(200), { level: 'error' })));
    expect(selectExcerpt({ incident, baselines: [] }, { lines: 20, bytes: 1e6 })).toHaveLength(20);
    const few = selectExcerpt({ incident, baselines: [] }, { lines: 20, bytes: 3_000 });
    expect(few.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)).toBeLessThanOrEqual(3_000);
    expect(selectExcerpt({ incident: [], baselines: [] }, BUDGET)).toEqual([]);
  });
});

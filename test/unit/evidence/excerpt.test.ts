import { selectExcerpt } from '../../../src/evidence/excerpt.ts';
import type { LogRecord } from '../../../src/evidence/log-store.ts';
import { groupRecords, signedG, type ExcerptInput, type LogGroup } from '../../../src/evidence/ranking/log-group.ts';
import { classOf, rankGroups, scoreOf } from '../../../src/evidence/ranking/rank.ts';

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
const windows = (incident: LogRecord[], ...baselines: LogRecord[][]): ExcerptInput => ({
  incident: { records: incident },
  baselines: baselines.map((records) => ({ records })),
  sameLength: true,
  at: null,
});

describe('which lines are shown', () => {
  it('one line for each kind, the newest, with how often it came', () => {
    const lines = selectExcerpt(
      windows(many(12, (index) => record(`no such host db-${index}`, { at: index, level: 'error' }))),
      BUDGET,
    );
    expect(lines).toEqual([{ at: 11, level: 'error', service: 'checkout', text: 'no such host db-11', count: 12 }]);
  });

  it('a new error stands before one that was always there, however often that comes', () => {
    const usual = (at: number) => record('cache miss', { at, level: 'error' });
    const lines = selectExcerpt(
      windows([...many(500, usual), record('no such host', { level: 'error' })], many(500, usual), []),
      BUDGET,
    );
    expect(lines.map(({ text, count }) => [text, count])).toEqual([
      ['no such host', 1],
      ['cache miss', 500],
    ]);
  });

  const group = (more: Partial<LogGroup>): LogGroup => {
    const { observed = 10, expected = 10 } = more;
    return {
      id: '',
      template: 'something',
      site: '',
      level: 'error',
      service: '',
      examples: [record('')],
      members: [],
      observed,
      expected,
      dueFromElsewhere: 0,
      change: signedG(observed, expected, 1),
      recency: 0,
      late: 0,
      ...more,
    };
  };
  it.each([
    ['an error before a warning', group({}), group({ level: 'warn' })],
    ['fatal before an error', group({ level: 'fatal' }), group({})],
    ['what is new before what is usual', group({ expected: 0 }), group({})],
    ['what is certainly new before what came once', group({ expected: 0 }), group({ expected: 0, observed: 1 })],
    ['what has risen before what is usual', group({ observed: 100 }), group({})],
    ['what has risen more before what has risen less', group({ observed: 80 }), group({ observed: 20 })],
    ['what has risen for sure before what may be chance', group({ observed: 30 }), group({ observed: 3, expected: 1 })],
    ['what is new before what has risen', group({ expected: 0 }), group({ observed: 1e6 })],
    ['a new warning before an error as usual', group({ level: 'warn', expected: 0 }), group({ recency: 1 })],
    ['something that is new for sure before an error as usual', group({ level: 'info', expected: 0 }), group({})],
    [
      'an error as usual before what is new but came once and is no problem',
      group({}),
      group({ level: 'info', expected: 0, observed: 1 }),
    ],
    ['an error as usual before a warning as usual', group({}), group({ level: 'warn' })],
    [
      'what nobody ever said before what others say now and then',
      group({ expected: 0, observed: 2 }),
      group({ expected: 0, observed: 2, dueFromElsewhere: 1 }),
    ],
    [
      'what came far more often than others say it before what came as often',
      group({ expected: 0, observed: 40, dueFromElsewhere: 1 }),
      group({ expected: 0, observed: 2, dueFromElsewhere: 1 }),
    ],
    ['what came last before what came first', group({ recency: 1 }), group({})],
    [
      'what began before the alert before what began after it',
      group({ expected: 0 }),
      group({ expected: 0, late: 0.5 }),
    ],
    [
      'what rose before the alert before what rose after it',
      group({ observed: 100 }),
      group({ observed: 100, late: 0.5 }),
    ],
    [
      'a new error after the alert before a new warning ahead of it',
      group({ expected: 0, late: 1 }),
      group({ expected: 0, level: 'warn' }),
    ],
    ['what vanished before what is usual', group({ level: 'info', observed: 0, expected: 60 }), group({})],
    ['a new error before what vanished', group({ expected: 0 }), group({ level: 'info', observed: 0, expected: 1e4 })],
    [
      'what vanished for sure before what may be chance',
      group({ level: 'info', observed: 0, expected: 30 }),
      group({ level: 'info', observed: 0, expected: 4 }),
    ],
    [
      'what vanished before what only became less',
      group({ level: 'info', observed: 0, expected: 20 }),
      group({ level: 'info', observed: 10, expected: 20 }),
    ],
    [
      'ordinary lines that vanished before errors that vanished',
      group({ level: 'info', observed: 0, expected: 20 }),
      group({ observed: 0, expected: 20 }),
    ],
    [
      'words of failure, where no level is said, before none',
      group({ level: '', template: 'disk failed' }),
      group({ level: '' }),
    ],
    ['an error before what says that there is none', group({}), group({ level: '', template: '0 errors' })],
  ])('%s', (_rule, first, second) => {
    expect(scoreOf(first)).toBeGreaterThan(scoreOf(second));
  });

  it('what shares its requests with a new failure stands before what does not', () => {
    expect(scoreOf(group({ level: 'info', expected: 0 }), 0.5)).toBeGreaterThan(
      scoreOf(group({ level: 'info', expected: 0 })),
    );
    expect(scoreOf(group({ level: 'info', expected: 0 }), 1)).toBeLessThan(
      scoreOf(group({ level: 'warn', expected: 0 })),
    );
  });

  it.each<[string, number[], number[], number]>([
    ['began before the alert', [-120, 30], [], 0],
    ['began a minute after it', [60, 70, 80], [], 0.5],
    ['comes as often as ever', [-120, -60, 60], [-400, -300, -200], 0],
    ['rose before it', [-300, -200, -50, -40, -30, 60], [-900, -800], 0],
    ['rose a minute after it', [-300, -200, 60, 61, 62, 63], [-900, -800], 0.5],
  ])('what %s is as late as it says', (_what, seconds, before, late) => {
    const at = (second: number) => record('no such host', { at: second * 1_000 });
    const [only] = groupRecords({ ...windows(seconds.map(at), before.map(at)), firedAt: 0 });
    expect(only?.late).toBeCloseTo(late, 2);
  });

  it('what all services say now and then is due here too, by how much this one writes', () => {
    const token = (service: string) => record('token expired', { service, level: 'error' });
    const usual = (service: string) => many(48, () => record('order placed', { service }));
    const groups = groupRecords(
      windows(
        [...usual('cart'), ...usual('user'), token('cart'), token('cart')],
        [...usual('cart'), ...usual('user'), ...many(6, () => token('user'))],
      ),
    );
    const due = groups.map(({ service, template, dueFromElsewhere: count }) => [service, template, Math.round(count)]);
    expect(due).toEqual([
      ['cart', 'order placed', 0],
      ['user', 'order placed', 0],
      ['cart', 'token expired', 3],
      ['user', 'token expired', 0],
    ]);
  });

  it.each([
    [5, 0, 'NEW'],
    [9, 3, 'UP'],
    [3, 9, 'DOWN'],
    [0, 9, 'GONE'],
  ])('%d seen and %d expected is %s', (observed, expected, expectedClass) => {
    expect(classOf(group({ observed, expected }))).toBe(expectedClass);
  });

  it('G is that of the textbook, signed by the direction, and 0 where nothing changed', () => {
    expect(signedG(10, 10, 1)).toBe(0);
    expect(signedG(10, 0, 1)).toBeCloseTo(13.863, 3);
    expect(signedG(0, 10, 1)).toBeCloseTo(-13.863, 3);
    expect(signedG(20, 10, 2)).toBeCloseTo(0, 9);
  });

  it('a fault that shows only in what vanished is found, with how often that was to be expected', () => {
    const usual = (at: number) => record('heartbeat sent', { at });
    const paid = (at: number) => record('payment booked', { at, service: 'billing' });
    const lines = selectExcerpt(windows(many(50, usual), [...many(50, usual), ...many(40, paid)]), BUDGET);
    expect(lines[0]).toMatchObject({ text: 'payment booked', class: 'GONE', count: 0, expected: 40 });
  });

  it('each class has a line, however many new ones there are', () => {
    const fresh = many(60, (index) =>
      record(`${'abcdefgh'[index % 8]}${'uvwxyz'[index % 6]} broke ${'klmnopq'[index % 7]}`, { level: 'error' }),
    );
    const gone = many(40, () => record('payment booked'));
    const lines = selectExcerpt(windows(fresh, gone), BUDGET);
    expect(new Set(lines.map((line) => line.class))).toEqual(new Set(['NEW', 'GONE']));
  });

  it('records that were only sampled count for those that were not read', () => {
    const [only] = groupRecords({
      ...windows([record('x')], [record('x')]),
      incident: { records: many(10, () => record('x')), weight: () => 100 },
      baselines: [{ records: many(1_000, () => record('x')) }],
    });
    expect([only?.observed, only?.expected, Math.round(only?.change ?? 1)]).toEqual([1_000, 1_000, 0]);
  });

  it('windows of different length are compared by what they have in common', () => {
    const words = 'abcdefghijkl'.split('');
    const usual = (times: number) => words.flatMap((word) => many(times, () => record(`${word} done`)));
    const groups = rankGroups(
      groupRecords({
        ...windows(
          [...usual(10), ...many(5_000, () => record('flood'))],
          [...usual(100), ...many(50, () => record('lost'))],
        ),
        sameLength: false,
      }),
    );
    expect(groups.find(({ template }) => template === 'a done')).toMatchObject({
      expected: 10,
      change: expect.closeTo(0, 6) as number,
    });
    expect(groups.find(({ template }) => template === 'lost')).toMatchObject({ class: 'GONE', expected: 5 });
  });

  it('the same words of two programs, or at two places of one, are two events', () => {
    const at = (place: string) => record(`2026-01-31 12:00:00,000 INFO ${place} order lost`);
    expect(groupRecords(windows([at('a.b.Orders#12'), at('a.b.Orders#97')]))).toHaveLength(2);
  });

  it('expects the mean of the baselines that hold anything', () => {
    const [only] = groupRecords(
      windows(
        [record('x')],
        many(4, () => record('x')),
        many(2, () => record('x')),
        [],
      ),
    );
    expect(only?.expected).toBe(3);
  });

  it('keeps the exception and the first frames of a long trace, and says how many lines are left out', () => {
    const trace = [
      'java.io.IOException: no such host',
      ...many(400, (index) => record(`\tat a.B.m(B.java:${index})`)).map(({ text }) => text),
    ];
    const [line] = selectExcerpt(windows([record(trace.join('\n'), { level: 'error' })]), BUDGET);
    expect(line?.text).toMatch(
      /^java\.io\.IOException: no such host\n\tat a\.B\.m\(B\.java:0\)\n[^]*\n… \d+ more lines$/,
    );
    expect(Buffer.byteLength(line?.text ?? '')).toBeLessThanOrEqual(1_200);
  });

  it('stays within its lines and bytes', () => {
    const words = 'abcdefghijklmnopqrstuvwxyz'.split('');
    const incident = words.flatMap((a) => words.map((b) => record(`${a}${b} `.repeat(200), { level: 'error' })));
    expect(selectExcerpt(windows(incident), { lines: 20, bytes: 1e6 })).toHaveLength(20);
    const few = selectExcerpt(windows(incident), { lines: 20, bytes: 3_000 });
    expect(few.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)).toBeLessThanOrEqual(3_000);
    expect(selectExcerpt(windows([]), BUDGET)).toEqual([]);
  });
});

import { detailOf, isRed, readCue } from '../../../src/evidence/ranking/cues.ts';
import { scoreWithin, type PlainLine } from '../../../src/evidence/ranking/within.ts';
import { cpuTimeMs } from '../../helpers/cpu-time.ts';

const line = (text: string, more: Partial<PlainLine> = {}): PlainLine => ({
  text,
  level: '',
  red: false,
  at: null,
  ...more,
});
const filler = (count: number): PlainLine[] =>
  Array.from({ length: count }, (_, index) => line(`step ${String.fromCharCode(97 + (index % 26))} runs along`));
const scores = (lines: readonly PlainLine[], at: number | null = null): Map<string, number> =>
  new Map(scoreWithin(lines, at).map((score, index) => [lines[index]?.text ?? '', score]));

describe('what the words of a line say', () => {
  it.each([
    ['##[error]Process completed with exit code 1.', 'end'],
    ['error Command failed with exit code 100.', 'end'],
    ['Tests: 1 failed, 475 passed', 'end'],
    ['make: *** [all] Error 2', 'end'],
    ['BUILD FAILURE', 'end'],
    ['The operation was canceled.', 'end'],
    ['error[E0308]: mismatched types', 'strong'],
    ['src/a.ts(3,1): error TS2322: Type', 'strong'],
    ['[ERROR] Failed to execute goal', 'strong'],
    ['E   AssertionError: assert 1 == 2', 'strong'],
    ['--- FAIL: TestOrders (0.02s)', 'strong'],
    ['java.lang.IllegalStateException: closed', 'strong'],
    ["thread 'main' panicked at src/main.rs:3", 'strong'],
    ['E: Unable to locate package foo', 'strong'],
    ['npm ERR! code ELIFECYCLE', 'strong'],
    ['│ Error: Invalid reference', 'strong'],
    ['FAILURE: Build went wrong', 'strong'],
    ['connection refused by db', 'weak'],
    ['internal/store/pg.go:112:14: undefined: pgx.ErrNoRow', 'weak'],
    ['CMake Error at CMakeLists.txt:47 (find_package):', 'weak'],
    ['npm error Found: react@19.0.0', 'weak'],
    ['Failed!  - Failed:     1, Passed:   212', 'end'],
    ['  LockfileBreakingChangeError.js |     100 |', 'none'],
    ['Merge pull request #7 from acme/fix-error-handling', 'none'],
    ['finished with exit code 0', 'none'],
    ['compiling everything', 'none'],
  ])('%j: %s', (text, strength) => {
    expect(readCue(text).strength).toBe(strength);
  });

  it.each([
    '0 errors, 0 warnings',
    'test_error_page PASSED',
    'no problems found',
    'failures: 0',
    'Tests run: 1, Failures: 0, Errors: 0',
    '  fail-on-cache-miss: false',
    'tests/unit/test_os.py::test_os_error[Could not open]',
    'continue-on-error: false',
  ])('%j says that nothing failed', (text) => {
    expect(readCue(text).denied).toBe(true);
  });

  it.each([
    'npm error A complete log of this run can be found in: /x.log',
    '[ERROR] Re-run Maven using the -X switch to enable full debug logging.',
    'For more information about this error, try `rustc --explain E0308`.',
    'See also "/x/CMakeOutput.log".',
  ])('%j says where to read on', (text) => {
    expect(readCue(text).advice).toBe(true);
  });

  it('a line of nothing but the word of failure says little', () => {
    expect(['[ERROR]', 'FAIL', 'npm error no such file'].map((text) => readCue(text).bare)).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('a line of printed source code is no failure', () => {
    expect(readCue('    assert failed(').code).toBe(true);
    expect(readCue('RuntimeError: closed').code).toBe(false);
  });

  it('red is read from the colours of a terminal, also where they are written out', () => {
    expect([isRed('\u001b[31mno\u001b[0m'), isRed('^[[1;31mno'), isRed('\u001b[32mfine'), isRed('[31m')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it.each([
    ['    Expected: "a"', 1],
    ['      at Object.<anonymous> (test/a.ts:32:38)', 1],
    ['  --> src/main.rs:5:5', 1],
    ['packages/a/src/b.js', 1],
    ['    at org.junit.jupiter.api.Assertions.assertEquals(Assertions.java:1145)', 0],
    ['    at com.acme.OrderTest.total(OrderTest.java:57)', 1],
    ['  ● total › applies the coupon once', 1],
    ['  1) rejects a card that has expired', 1],
    ['all is well', 0],
  ])('%j is a detail: %d', (text, count) => {
    expect(detailOf(text)).toBe(count);
  });

  it('takes time linear in the length', () => {
    const began = cpuTimeMs();
    for (const piece of ['error ', 'failed ', 'a.', 'A.b.', 'exit ', '1 ', 'at ', '/a', '[', 'E', '  '])
      for (let round = 0; round < 20; round += 1) {
        readCue(piece.repeat(100_000));
        detailOf(piece.repeat(100_000));
        isRed(piece.repeat(100_000));
      }
    expect(cpuTimeMs() - began).toBeLessThan(20_000);
  });
});

describe('within one log, with nothing to compare it with', () => {
  it.each<[string, PlainLine[], string, string]>([
    [
      'an end before an error',
      [...filler(50), line('error: no such host'), line('exited with code 3')],
      'exited with code 3',
      'error: no such host',
    ],
    [
      'an error before a doubt',
      [line('error: closed'), ...filler(50), line('cache not found'), ...filler(5)],
      'error: closed',
      'cache not found',
    ],
    [
      'an error by its level before what says nothing',
      [...filler(20), line('lost it', { level: 'error' })],
      'lost it',
      'step a runs along',
    ],
    [
      'what is said to have passed last',
      [...filler(20), line('error page PASSED'), line('error page open')],
      'error page open',
      'error page PASSED',
    ],
    [
      'red before the same in no colour',
      [line('cannot read it', { red: true }), ...filler(3), line('cannot write it')],
      'cannot read it',
      'cannot write it',
    ],
    [
      'the rare before the frequent',
      [
        line('error: lost', {}),
        ...Array.from({ length: 60 }, (_, index) => line(`cannot reach ${'xyz'[index % 3]}`)),
        line('cannot mount it'),
      ],
      'error: lost',
      'cannot reach x',
    ],
    [
      'what stands before the end before what comes after it',
      [...filler(9), line('cannot open it'), line('##[error]exit code 1'), line('cannot tidy up')],
      'cannot open it',
      'cannot tidy up',
    ],
    [
      'where it was before what stands around',
      [...filler(9), line('error: closed'), line('  at main (src/a.ts:3:1)'), line('something else here')],
      '  at main (src/a.ts:3:1)',
      'something else here',
    ],
    [
      'what stands around an error before what stands alone',
      [...filler(30), line('error: closed'), line('the disk is gone'), ...filler(30)],
      'the disk is gone',
      'step c runs along',
    ],
    [
      'the last command before the end',
      [line('$ make early'), ...filler(30), line('$ make test'), line('$ make all'), line('exited with code 2')],
      '$ make all',
      '$ make early',
    ],
    [
      'the first lines of a report before its last',
      [
        ...filler(30),
        ...['code ERESOLVE', 'Found: react', 'Fix the conflict', 'or retry it'].map((text) =>
          line(`npm error ${text}`),
        ),
        line('##[error]exit code 1'),
      ],
      'npm error code ERESOLVE',
      'npm error or retry it',
    ],
    [
      'what failed before where to read on',
      [...filler(9), line('error: no such table'), line('error: for more information see the guide'), ...filler(3)],
      'error: no such table',
      'error: for more information see the guide',
    ],
    [
      'what the last command printed before what an earlier step did',
      [
        line('##[group]Run make fetch'),
        ...['fetched it', 'and that'].map((text) => line(text)),
        line('##[group]Run make lint'),
        line('##[endgroup]'),
        line('please put the lines of this file in order'),
        line('##[error]exit code 1'),
      ],
      'please put the lines of this file in order',
      'fetched it',
    ],
    [
      'what follows an error before what follows the end',
      [...filler(9), line('error: closed'), line('the disk is gone'), line('##[error]exit code 1'), line('tidied up')],
      'the disk is gone',
      'tidied up',
    ],
    [
      'the details after a count of failures, where nothing says with what all ended',
      [
        ...filler(30),
        line('2 failing'),
        line('  1) total'),
        line('AssertionError: 1 is not 2'),
        line('at test/a.js:8:1'),
      ],
      'AssertionError: 1 is not 2',
      'step c runs along',
    ],
    [
      'what failed though it looks like a level in front of a message',
      [
        ...filler(9),
        line('2026-01-31T12:00:00Z CMake Error at a.txt:4 (find):'),
        line('2026-01-31T12:00:00Z found it'),
      ],
      '2026-01-31T12:00:00Z CMake Error at a.txt:4 (find):',
      'step c runs along',
    ],
    [
      'what is debugged last',
      [line('fetch failed', { level: 'debug' }), line('fetch refused')],
      'fetch refused',
      'fetch failed',
    ],
  ])('%s', (_rule, lines, first, second) => {
    const found = scores(lines);
    expect(found.get(first)).toBeGreaterThan(found.get(second) ?? Infinity);
  });

  it('the first of its kind before those that repeat it', () => {
    const lines = [
      ...filler(5),
      ...'abcdef'.split('').map((name) => line(`FAILED tests/${name}.py::test`)),
      line('exit code 1'),
    ];
    const found = scoreWithin(lines).slice(5, 11);
    expect(Math.max(...found)).toBe(found[0]);
  });

  it('headings are of one kind however wide they are drawn', () => {
    const head = (name: string, width: number) =>
      line(`${'_'.repeat(width)} ERROR collecting ${name} ${'_'.repeat(width)}`, { level: 'error' });
    const lines = [...filler(5), head('a/b.py', 9), head('a/c.py', 4), head('a/longer.py', 5), line('exit code 1')];
    const [first = 0, second = 0, third = 0] = scoreWithin(lines).slice(5, 8);
    expect(second).toBeLessThan(first - 1.5);
    expect(third).toBeLessThan(second);
  });

  it('near the time that was asked for before elsewhere', () => {
    const lines = Array.from({ length: 400 }, (_, index) =>
      line(`cannot reach ${'ab'[index % 2]}${index === 100 ? ' now' : ''}${index === 390 ? ' later' : ''}`, {
        at: index * 1_000,
      }),
    );
    const found = scores(lines, 100_000);
    expect(found.get('cannot reach a now')).toBeGreaterThan(found.get('cannot reach a later') ?? Infinity);
  });

  it('an empty log has no scores', () => {
    expect(scoreWithin([])).toEqual([]);
  });
});

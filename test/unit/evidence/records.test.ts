import * as fc from 'fast-check';
import { joinLines, joinRecords, readDocument, readLine, stripAnsi } from '../../../src/evidence/records.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const utc = (text: string): number => Date.parse(text);

describe('a line of a log becomes a record', () => {
  it.each([
    ['2026-01-31T11:58:00.123Z ERROR db is gone', utc('2026-01-31T11:58:00.123Z')],
    ['2026-01-31T12:58:00.123456+01:00 x', utc('2026-01-31T11:58:00.123Z')],
    ['2026-01-31 11:58:00,123 ERROR [main] o.e.Shop - x', new Date(2026, 0, 31, 11, 58, 0, 123).getTime()],
    ['[2026-01-31 11:58:00] app.ERROR: x', new Date(2026, 0, 31, 11, 58).getTime()],
    ['2026/01/31 11:58:00 [error] 12#12: *1 connect() failed', new Date(2026, 0, 31, 11, 58).getTime()],
    ['10.0.0.1 - - [31/Jan/2026:11:58:00 +0000] "GET / HTTP/1.1" 500 0', utc('2026-01-31T11:58:00Z')],
    ['[Sat Jan 31 11:58:00 2026] [error] x', new Date(2026, 0, 31, 11, 58).getTime()],
    ['Jan 31 11:58:00 db-1 postgres[7]: x', new Date(2026, 0, 31, 11, 58).getTime()],
    ['<11>Dec 31 23:00:00 db-1 postgres[7]: x', new Date(2025, 11, 31, 23).getTime()],
    ['E0131 11:58:00.000000       1 reflector.go:138] x', new Date(2026, 0, 31, 11, 58).getTime()],
    ['01-31 11:58:00.811  1702  2395 E WindowManager: x', new Date(2026, 0, 31, 11, 58, 0, 811).getTime()],
    ['1769860680 x', 1_769_860_680_000],
    ['1769860680123 x', 1_769_860_680_123],
    ['2026-13-45 99:99:99 x', null],
    ['9999-01-01T00:00:00Z x', null],
    ['port 5432: 11 tries', null],
    ['', null],
  ])('reads the time of %j', (line, expected) => {
    expect(readLine(line, NOW).at).toBe(expected);
  });

  it.each([
    ['2026-01-31 11:58:00 ERROR x', 'error'],
    ['INFO retry after ERROR', 'info'],
    ['ts=1 level=warn msg="x"', 'warn'],
    ['{"severity":"CRITICAL","message":"x"}', 'fatal'],
    ['{"level":50,"msg":"x"}', 'error'],
    ['{"level":30,"msg":"x"}', 'info'],
    ['{"severity_number":17,"body":"x"}', 'error'],
    ['[Sun Dec 04 04:47:44 2005] [error] mod_jk', 'error'],
    ['E0131 11:58:00.000000 1 x.go:1] x', 'error'],
    ['<11>Jan 31 11:58:00 db-1 x: y', 'error'],
    ['panic: runtime error: index out of range', 'fatal'],
    ['java.lang.IllegalStateException: closed', 'error'],
    ['Traceback (most recent call last):', 'error'],
    ['fatal: not a git repository', 'fatal'],
    ['handled 12 errors in errors.log', ''],
    ['com.example.ErrorHandler started', ''],
    ['GET /error/INFO 200', ''],
  ])('reads the level of %j as %j', (line, expected) => {
    expect(readLine(line, NOW).level).toBe(expected);
  });

  it.each([
    [
      'ECS',
      {
        '@timestamp': '2026-01-31T11:58:00Z',
        message: 'no such host',
        log: { level: 'ERROR' },
        service: { name: 'checkout' },
        host: { name: 'h1' },
        kubernetes: { pod: { name: 'p1' }, namespace: 'shop' },
      },
    ],
    [
      'ECS with flat keys',
      {
        '@timestamp': '2026-01-31T11:58:00Z',
        message: 'no such host',
        'log.level': 'error',
        'service.name': 'checkout',
        'host.name': 'h1',
        'kubernetes.pod.name': 'p1',
        'kubernetes.namespace': 'shop',
      },
    ],
    [
      'Fluent Bit around JSON',
      {
        '@timestamp': '2026-01-31T11:58:00Z',
        log: '{"level":50,"msg":"no such host","time":1}\n',
        kubernetes: { pod_name: 'p1', namespace_name: 'shop', labels: { app: 'checkout' }, host: 'h1' },
      },
    ],
    [
      'OpenTelemetry',
      {
        '@timestamp': '1769860680000.0',
        body: { text: 'no such host' },
        severity_text: 'Error',
        resource: {
          attributes: {
            'service.name': 'checkout',
            'host.name': 'h1',
            'k8s.pod.name': 'p1',
            'k8s.namespace.name': 'shop',
          },
        },
      },
    ],
    [
      'Logstash',
      {
        '@timestamp': '2026-01-31T11:58:00Z',
        '@version': '1',
        message: 'no such host',
        loglevel: 'err',
        host: 'h1',
        service: 'checkout',
        pod: 'p1',
        namespace: 'shop',
      },
    ],
  ])('unwraps a document of %s', (_name, document) => {
    expect(readDocument(document, NOW)).toMatchObject({
      at: utc('2026-01-31T11:58:00Z'),
      level: 'error',
      service: 'checkout',
      host: 'h1',
      pod: 'p1',
      namespace: 'shop',
      text: 'no such host',
    });
    expect(readLine(JSON.stringify(document), NOW)).toEqual(readDocument(document, NOW));
  });

  it('puts a stack trace that is a field of its own under the message', () => {
    const record = readDocument(
      { message: 'lost', error: { stack_trace: 'java.io.IOException: x\n\tat a.B(C.java:1)' } },
      NOW,
    );
    expect(record).toMatchObject({ text: 'lost\njava.io.IOException: x\n\tat a.B(C.java:1)', level: 'error' });
  });

  it('takes away colours', () => {
    expect(stripAnsi('\u001b[31;1mERROR\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007 ^[[32mok^[[0m')).toBe(
      'ERROR link ok',
    );
  });

  it('stays harmless and quick on what is no log: binary, huge, deeply nested, prototype names', () => {
    const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
    expect(readLine(deep, NOW).text.length).toBeLessThanOrEqual(16_384);
    expect(readLine('x'.repeat(10_000_000), NOW).text.length).toBeLessThanOrEqual(16_384);
    expect(readLine('{"__proto__":{"message":"x"},"constructor":1}', NOW).level).toBe('');
    expect(readLine(Buffer.from([0, 255, 254, 10, 200]).toString('utf8'), NOW).text).not.toContain('\u0000');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (line) => {
        const { at, text } = readLine(line, NOW);
        expect(at === null || Number.isSafeInteger(at)).toBe(true);
        expect(text.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('lines that go on the one before', () => {
  const join = (text: string): readonly string[] =>
    joinLines(text.split('\n'), (line) => readLine(line, NOW)).map((record) => record.text);

  it.each([
    ['Java', 'ERROR x\njava.io.IOException: y\n\tat a.B(C.java:1)\n\t... 3 more\nCaused by: z\nINFO next', 3],
    ['Python', 'Traceback (most recent call last):\n  File "a.py", line 1\n    x()\nValueError: no\nINFO next', 2],
    ['Go', 'panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\nINFO next', 3],
    ['Node', 'TypeError: x\n    at f (a.js:1:1)\n    at g (b.js:1:1)\nINFO next', 2],
    ['PHP', 'PHP Fatal error:  x\n#0 /a/b.php(3): c()\n#1 {main}\n  thrown in /a/b.php on line 3\nINFO next', 2],
  ])('belong to a stack trace of %s', (_name, text, count) => {
    const records = join(text);
    expect(records).toHaveLength(count);
    expect(records.at(-1)).toBe('INFO next');
  });

  it('are not those of a build that numbers its steps', () => {
    const build = ['#9 [base 2/6] RUN make', '#9 0.412 cc a.c', '#9 DONE 3.1s', '#10 [base 3/6] COPY . .'];
    expect(join(build.join('\n'))).toEqual(build);
  });

  it('are joined for each service and host where the store holds one line a record', () => {
    const line = (service: string, text: string) => ({ at: 1, level: '', service, host: 'h', text });
    const joined = joinRecords([
      line('a', 'java.io.IOException: y'),
      line('b', 'hello'),
      line('a', '\tat a.B(C.java:1)'),
      line('b', 'again'),
    ]);
    expect(joined.map(({ text }) => text)).toEqual(['java.io.IOException: y\n\tat a.B(C.java:1)', 'hello', 'again']);
  });
});

import fc from 'fast-check';
import { messageStart } from '../../../../src/evidence/mining/header.ts';
import { maskLine } from '../../../../src/evidence/mining/mask.ts';
import { shapeOfText, siteOfText } from '../../../../src/evidence/mining/message.ts';
import { printShape } from '../../../../src/evidence/mining/shape.ts';
import { cpuTimeMs } from '../../../helpers/cpu-time.ts';

const shown = (line: string): string => printShape(maskLine(line));

describe('what is variable in a message by its form', () => {
  it.each([
    ['user 17 took 3.5 ms', 'user <*> took <*>'],
    ['id 550e8400-e29b-41d4-a716-446655440000 gone', 'id <*> gone'],
    ['trace 88ebfbcebbbc0884eabd9178e1808940 end', 'trace <*> end'],
    ['at 2026-01-31T11:58:00.123Z and Fri Jun 17 07:07:00 2005', 'at <*> and <*>'],
    ['from 10.0.0.1:5432 and [2001:db8::1]', 'from <*> and [<*>]'],
    ['mac FF:F2:9F:16:E2:23 joined', 'mac <*> joined'],
    ['no such host db.example.org:5432', 'no such host <*>'],
    ['GET https://example.org/a?b=c&d=e HTTP', 'GET <*> HTTP'],
    ["can't open /var/log/app.log.", "can't open <*>."],
    ['loaded C:\\Windows\\x.dll at 0x7fed80', 'loaded <*> at <*>'],
    ['wrote 1293 bytes (1.26 KB) in <1 sec', 'wrote <*> in <*>'],
    ['en0 and eth12 are up', 'en<*> and eth<*> are up'],
    ['replicas [10.0.0.1:50, 10.0.0.2:50, 10.0.0.3:50]', 'replicas [<*>]'],
    ['nodes dn12 dn13 dn14 lost', 'nodes dn<*> lost'],
    ['fans ( 3552 **** 3375 )', 'fans ( <*> )'],
    ['cache enable.........0', 'cache enable.........<*>'],
    ['connection from 1.2.3.4 () closed', 'connection from <*> (<*>) closed'],
    ['java.net.SocketException: reset', 'java.net.SocketException: reset'],
    ['com.example.shop.Orders started', '<*> started'],
    ['jk2_init() found', 'jk2_init() found'],
    ['port=8080 tag="View Lock"', 'port=<*> tag="View Lock"'],
    ['accede to the facade', 'accede to the facade'],
  ])('%j is %j', (line, shape) => {
    expect(shown(line)).toBe(shape);
  });

  it('lines that differ in numbers only are one', () => {
    const word = fc.stringMatching(/^[a-z]{3,9}$/);
    const number = fc.integer({ min: 0, max: 2 ** 40 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), fc.array(number), fc.array(number), (words, a, b) => {
        const line = (numbers: readonly number[]): string =>
          words.map((each, index) => `${each} ${numbers[index] ?? 7}`).join(' ');
        return maskLine(line(a)) === maskLine(line(b));
      }),
    );
  });

  it('never fails, never grows, and is the same every time, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const shape = shapeOfText(text);
        return shape.length <= text.length + 200 && shape === shapeOfText(text);
      }),
    );
  });

  it('takes time linear in the length', () => {
    const began = cpuTimeMs();
    for (const piece of [
      "'",
      '"',
      '1',
      'a1',
      '1.',
      '2026-',
      '0x',
      ' -',
      'f:',
      ':',
      '(',
      '<1',
      '/a',
      '..',
      ' ',
      'Jan ',
      '[',
      'a=b ',
    ])
      for (const front of ['', '2026-01-31T11:58:00Z ', 'Jan 31 11:58:00 ']) shapeOfText(front + piece.repeat(200_000));
    expect(cpuTimeMs() - began).toBeLessThan(20_000);
  });
});

describe('what stands in front of a message', () => {
  it.each([
    ['081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1', 'PacketResponder 1'],
    ['[Sun Dec 04 04:47:44 2005] [error] mod_jk child in error state 6', 'mod_jk child in error state 6'],
    ['Jun 14 15:16:01 combo sshd(pam_unix)[19939]: check pass; user unknown', 'check pass; user unknown'],
    ['03-17 16:13:38.811  1702  2395 D WindowManager: opening app', 'opening app'],
    ['2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.App: Created', 'Created'],
    [
      '2015-07-29 17:41:44,747 - INFO  [Peer[myid=1]/0:0:2181:Fast@774] - Notification time out: 3200',
      'Notification time out: 3200',
    ],
    ['E0131 12:00:00.000000    1 reflector.go:138] watch failed', 'watch failed'],
    ['20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged 3579', 'onStandStepChanged 3579'],
    ['<34>1 2003-10-11T22:14:15.003Z host app: lost', 'host app: lost'],
    ['2026-04-22T16:09:37.3317193Z fatal: not a repository', 'fatal: not a repository'],
    ['2026-01-31 12:00:00 ERROR error[E0308]: mismatched types', 'error[E0308]: mismatched types'],
    ['no time here: INFO x', 'no time here: INFO x'],
    ['1365301360 double-hummer alignment exceptions', '1365301360 double-hummer alignment exceptions'],
  ])('%j says %j', (line, message) => {
    expect(line.slice(messageStart(line))).toBe(message);
  });

  it.each([
    ['16:48:16.545 INFO  t.c.Travel2Controller#129 TraceID: 88', 't.c.Travel2Controller#129'],
    ['Jun 14 15:16:01 combo sshd[19939]: check pass', 'sshd'],
    ['2026-01-31 12:00:00 ERROR could not', ''],
    ['boom', ''],
  ])('the place of %j is %j', (line, site) => {
    expect(siteOfText(line)).toBe(site);
  });
});

describe('what makes two stack traces alike', () => {
  const trace = (line: number, cause: string, own = 'com.shop.Orders.pay') =>
    `lost order ${line}\n\tat java.util.List.get(List.java:${line})\n\tat ${own}(Orders.java:${line})\nCaused by: java.io.IOException: ${cause}`;

  it('the same exceptions and the same frame of the application, whatever the line numbers', () => {
    expect(shapeOfText(trace(1, 'no such host'))).toBe(shapeOfText(trace(22, 'no such host')));
  });

  it('not another cause, and not another frame of the application', () => {
    expect(shapeOfText(trace(1, 'timeout'))).not.toBe(shapeOfText(trace(1, 'no such host')));
    expect(shapeOfText(trace(1, 'timeout', 'com.shop.Cart.add'))).not.toBe(shapeOfText(trace(1, 'timeout')));
  });
});

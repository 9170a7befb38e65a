import * as fc from 'fast-check';
import { compileAll, covers, exclude } from '../../../src/config/matcher-logic.ts';
import { labelSet } from '../../../src/domain/alert.ts';
import { matchesAll } from '../../../src/domain/matcher.ts';

describe('whether an earlier rule takes everything', () => {
  it.each<[readonly string[], readonly string[], boolean]>([
    [[], ['team="shop"'], true],
    [['team="shop"'], [], false],
    [['team="shop"'], ['team = "shop"', 'severity="critical"'], true],
    [['alertname=~"Sys.*"'], ['alertname="SystemdUnitFailed"'], true],
    [['alertname=~"Sys.*"'], ['alertname=~"SysA|SysB"'], true],
    [['alertname=~"Sys.*"'], ['alertname=~"SysA|Disk"'], false],
    [['alertname=~"Sys.*"'], ['alertname=~"System.*"'], false],
    [['team=~"shop|pay"'], ['team="pay"', 'severity="critical"'], true],
    [['team!="shop"'], ['team=~"(pay|desk)"'], true],
    [['host=~"db\\.example"'], ['host="db.example"'], true],
    [['host="dbxexample"'], ['host=~"db.example"'], false],
    [['team=~".*"'], ['severity="critical"'], false],
  ])('%j before %j: %s', (wide, narrow, covered) => {
    expect(covers(compileAll(wide), compileAll(narrow))).toBe(covered);
  });

  it.each<[string, string, boolean]>([
    ['job="a"', 'job="b"', true],
    ['job=~"a|b"', 'job=~"c|d.*"', true],
    ['job=~"a|b"', 'job=~"b.*"', false],
    ['job=~"a.*"', 'job!~"a.*"', true],
    ['job=~"a.*"', 'job=~"b.*"', false],
    ['job="a"', 'team="b"', false],
  ])('%s and %s exclude one another: %s', (a, b, excluded) => {
    const [one, other] = compileAll([a, b]);
    expect(one !== undefined && other !== undefined && exclude(one, other)).toBe(excluded);
  });

  it('is never claimed wrongly, whatever the labels', () => {
    const value = fc.constantFrom('', 'a', 'b', 'ab', 'a|b', '(a|b)', 'a.*', '.*', '.+', 'a\\.b', 'a.b');
    const matcher = fc
      .tuple(fc.constantFrom('x', 'y'), fc.constantFrom('=', '!=', '=~', '!~'), value)
      .map(([name, op, text]) => `${name}${op}"${text}"`);
    const matchers = fc.array(matcher, { maxLength: 3 });
    const label = fc.constantFrom('', 'a', 'b', 'ab', 'a.b', 'axb', 'a|b', 'c');
    fc.assert(
      fc.property(matchers, matchers, label, label, (first, second, x, y) => {
        const labels = labelSet([
          ['x', x],
          ['y', y],
        ]);
        const [wide, narrow] = [compileAll(first), compileAll(second)];
        if (covers(wide, narrow) && matchesAll(narrow, labels)) expect(matchesAll(wide, labels)).toBe(true);
        for (const one of wide)
          for (const other of narrow) if (exclude(one, other)) expect(matchesAll([one, other], labels)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});

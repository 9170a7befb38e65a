import fc from 'fast-check';
import { splitCondition } from '../../../../src/evidence/beyond/split-condition.ts';
import { cpuTimeMs } from '../../../helpers/cpu-time.ts';

it.each([
  ['up == 0', 'up', '==', 0],
  ['rate(errors_total{job="a > b"}[5m]) > 0.05', 'rate(errors_total{job="a > b"}[5m])', '>', 0.05],
  ['(disk_free / disk_size) * 100 < 10', '(disk_free / disk_size) * 100', '<', 10],
  ['(rate(x[5m]) >= bool 5 * 60)', 'rate(x[5m])', '>=', 300],
  ['a > on (job) group_left (team) 1e3', 'a', '>', 1000],
  ['0.5 > min(x)', 'min(x)', '<', 0.5],
  ['sum by (job) (x) != -1', 'sum by (job) (x)', '!=', -1],
  ['x > (80 / 100)', 'x', '>', 0.8],
  ['x{a=~"or and unless"} > 1', 'x{a=~"or and unless"}', '>', 1],
  ['x > 1 # > 5 and y', 'x', '>', null],
  ['absent(up{job="a"})', 'absent(up{job="a"})', null, null],
  ['a > b', 'a', null, null],
  ['predict_linear(free[1h], 4 * 3600) < 0', 'predict_linear(free[1h], 4 * 3600)', '<', 0],
])('%s measures %s', (expression, asked, comparison, threshold) => {
  const found = splitCondition(expression);
  if (expression.includes('#')) expect(found.asked).toBe(asked);
  else expect(found).toEqual({ asked, comparison, threshold, hasMore: false });
});

it.each([
  ['a > 1 and b < 2', 'a', '>', 1],
  ['(a > 1 and on(x) c) or b', 'a', '>', 1],
  ['((a) > 3) UNLESS maintenance == 1', '(a)', '>', 3],
])(
  'of %s the first condition is taken, and it is said that there are more',
  (expression, asked, comparison, threshold) => {
    expect(splitCondition(expression)).toEqual({ asked, comparison, threshold, hasMore: true });
  },
);

const CHARACTERS = '( ) { } [ ] " \' ` # \\ < > = ! a o r 1 . * / \n and or'.split(' ');

it('takes anything without throwing and in time', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200, unit: fc.constantFrom(...CHARACTERS) }), (text) => {
      expect(typeof splitCondition(text).asked).toBe('string');
    }),
  );
  for (const text of [
    '('.repeat(1e5),
    `${'('.repeat(1990)}a${')'.repeat(1990)}`,
    'a and '.repeat(600),
    '"'.repeat(3999),
  ]) {
    const began = cpuTimeMs();
    splitCondition(text);
    expect(cpuTimeMs() - began).toBeLessThan(10_000);
  }
});

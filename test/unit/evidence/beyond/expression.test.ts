import { failure, success } from '../../../../src/domain/result.ts';
import { describeExpression, questionOf, type Asked } from '../../../../src/evidence/beyond/expression.ts';
import { graphSvg } from '../../../../src/evidence/beyond/graph-svg.ts';
import type { Series } from '../../../../src/metrics/metrics-source.ts';
import { DAWN } from '../../../helpers/incident-world.ts';

const MINUTE = 60_000;
const piece = { id: 'e1', now: DAWN + 5 * MINUTE };
const asked: Asked = {
  ...{ expression: 'rate(errors[5m]) > 0.05', labels: { alertname: 'Errors', instance: 'shop-1', job: 'shop' } },
  ...{ startsAt: DAWN, generatorURL: 'http://prom.example.org/graph?g0.expr=x', store: 'prom' },
};
const question = questionOf(asked, piece.now);
const series = (labels: Record<string, string>, ...values: number[]): Series => ({
  labels,
  points: values.map((value, index) => [DAWN - (values.length - 1 - index) * question.stepMs, value]),
});
const describe1 = (all: readonly Series[], change: Partial<Asked> = {}, warnings: readonly string[] = []) =>
  describeExpression({ ...asked, ...change }, question, success({ series: all, warnings }), piece);

it('asks for half an hour before and up to now, in some sixty points that end now', () => {
  expect(question.promql).toBe('rate(errors[5m])');
  expect(question.to).toBe(piece.now);
  expect((question.to - question.from) / question.stepMs).toBeLessThanOrEqual(60);
  expect(question.from).toBeLessThanOrEqual(DAWN - 29 * MINUTE);
  expect((question.to - question.from) % question.stepMs).toBe(0);
  expect(questionOf({ ...asked, startsAt: DAWN + 9 * 3_600_000 }, piece.now).to).toBe(piece.now);
  expect(questionOf({ ...asked, startsAt: DAWN - 86_400_000 }, piece.now).to).toBe(DAWN - 86_400_000 + 10 * MINUTE);
});

it.each([
  ['rate(errors[5m]) > 0.05', [0.02, 0.31, 0.2], '0.02 → 0.31 at 02:59, threshold > 0.05'],
  ['free < 10', [50, 4.56789, 8], '50 → 4.57 at 02:59, threshold < 10'],
  ['up == 0', [1, 1, 0], '1 → 0 at 03:00, threshold == 0'],
  ['errors', [1, 2, 1_234_567], '1 → 1,235,000 at 03:00'],
  ['free < 1e9', [2e9, 5e8], '2,000,000,000 → 500,000,000 at 03:00, threshold < 1,000,000,000'],
])('says in words what %s did', (expression, values, text) => {
  const found = describe1([series({ instance: 'shop-1' }, ...values)], { expression });
  expect([found.state, found.facts?.[0]?.text]).toEqual(['complete', text]);
  expect(found.graph?.series).toHaveLength(1);
});

it('shows the series of the alert first, then the worst, at most five, and says that there are more', () => {
  const others = Array.from({ length: 8 }, (_, index) => series({ instance: `shop-${index + 2}`, job: 'shop' }, index));
  const found = describe1([...others, series({ instance: 'shop-1', job: 'shop' }, 0.1)]);
  expect(found.graph?.series.map(({ name }) => name)).toEqual(
    ['shop-1', 'shop-9', 'shop-8', 'shop-7', 'shop-6'].map((name) => `instance=${name}`),
  );
  expect([found.state, found.reason]).toEqual(['partial', expect.stringContaining('5 of 9 series')]);
});

it('what is missing, fails or is empty is said with the next step, never an empty drawing', () => {
  expect(describe1([series({}, 1)], {}, ['remote read failed'])).toMatchObject({
    state: 'partial',
    reason: expect.stringContaining('prom says: remote read failed.') as string,
  });
  for (const none of [[], [series({})]])
    expect(describe1(none)).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('Set matchers') as string,
    });
  const failed = describeExpression(asked, question, failure('refused', 'prom (h:1) cannot be reached'), piece);
  expect(failed).toMatchObject({ state: 'unavailable', reason: 'prom (h:1) cannot be reached.', store: 'prom' });
  expect(failed.graph).toBeUndefined();
});

describe('the drawing', () => {
  const drawn = (all: readonly Series[], change: Partial<Asked> = {}): string => {
    const { graph } = describe1(all, change);
    if (graph === undefined) throw new Error('nothing is drawn');
    return graphSvg(graph);
  };

  it('holds every series, the threshold and the moment of the alert, and no style and no script', () => {
    const svg = drawn([series({ instance: 'shop-1' }, 1, 2, 3), series({ instance: 'b' }, 2, 2, 2)]);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).toMatch(/stroke-dasharray[^]*fired 03:00/);
    expect(svg).not.toMatch(/style|script|NaN|Infinity|undefined/);
    expect(svg.length).toBeLessThan(12_000);
  });

  it('what labels and expressions hold stays text', () => {
    const evil = '</title><script>alert(1)</script>\u0000\u202e';
    const svg = drawn([series({ instance: evil }, 1), series({ instance: 'b' }, 1)], {
      expression: `x{a="${evil}"} > 1`,
    });
    for (const part of ['<script', '\u0000', '\u202e']) expect(svg).not.toContain(part);
    expect(svg.match(/<title>/g)).toHaveLength(1);
  });

  it.each([[[5, 5, 5]], [[0]], [[1e308, -1e308]], [[Number.MIN_VALUE, 0]]])('draws %j within its frame', (values) => {
    for (const [, y] of drawn([series({}, ...values)], { expression: 'x' }).matchAll(/ c?y[12]?="([^"]*)"/g)) {
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeLessThanOrEqual(220);
    }
  });

  it('a gap is a gap', () => {
    const gap: Series = {
      labels: {},
      points: [
        [question.from, 1],
        [question.from + question.stepMs, 1],
        [question.to, 2],
      ],
    };
    expect(drawn([gap]).match(/<polyline|<circle/g)).toEqual(['<polyline', '<circle']);
  });
});

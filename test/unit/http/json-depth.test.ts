import * as fc from 'fast-check';
import { excessOf } from '../../../src/http/json-depth.ts';

const deeperThan = (body: Buffer, depth: number): boolean => excessOf(body, { depth, values: 1e9 }) === 'depth';
const nested = (depth: number, open = '[', close = ']'): string => open.repeat(depth) + close.repeat(depth);

describe('the depth of JSON text', () => {
  it.each([
    ['32 lists', nested(32), false],
    ['33 lists', nested(33), true],
    ['32 objects', `${'{"a":'.repeat(31)}{}${'}'.repeat(31)}`, false],
    ['33 objects', `${'{"a":'.repeat(32)}{}${'}'.repeat(32)}`, true],
    ['a million, never closed', '['.repeat(1e6), true],
    ['many beside each other', `[${Array.from({ length: 1000 }, () => '[{}]').join()}]`, false],
    ['brackets in a string', `["${'['.repeat(100)}"]`, false],
    ['brackets after an escaped quote', String.raw`["\"${'['.repeat(100)}"]`, false],
    ['brackets after an escaped backslash', String.raw`["\\",${nested(32)}]`, true],
    ['a string that never ends', `["${'['.repeat(100)}`, false],
    ['a string that ends in a backslash', '["\\', false],
    ['closed too often', `]${'['.repeat(100)}`, false],
    ['nothing', '', false],
  ])('%s', (_what, text, deeper) => {
    expect(deeperThan(Buffer.from(text), 32)).toBe(deeper);
  });

  it('is the depth of the value, whatever the value', () => {
    const anything = fc.json({ depthSize: 'large', maxDepth: 10 });
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 8 }), (text, max) => {
        expect(deeperThan(Buffer.from(text), max)).toBe(depthOf(JSON.parse(text)) > max);
      }),
    );
  });
});

describe('the number of values in JSON text', () => {
  const values = (text: string, most: number) => excessOf(Buffer.from(text), { depth: 32, values: most });

  it.each([
    ['numbers', `[${Array(100).fill(1).join()}]`, 100],
    ['empty objects', `[${Array(100).fill('{}').join()}]`, 200],
    ['the labels of an object', JSON.stringify(Object.fromEntries(Array.from({ length: 50 }, (_, n) => [n, '']))), 50],
    ['none in a string', `["${',{['.repeat(100)}"]`, 1],
  ])('%s', (_what, text, count) => {
    expect(values(text, count)).toBe(null);
    expect(values(text, count - 1)).toBe('values');
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

import * as fc from 'fast-check';
import { foldCase, requiredLiterals } from '../../../src/classify/required-literals.ts';
import { substringIndex } from '../../../src/classify/substring-index.ts';
import { compileLinear } from '../../../src/domain/matcher.ts';

describe('finding many texts in one pass', () => {
  it('finds exactly what a plain search finds', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'ä'), maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'ä') }),
        (needles, hay) => {
          const found = new Set<number>();
          substringIndex(needles).find(hay, (number) => found.add(number));
          const plain = needles.flatMap((needle, number) => (needle !== '' && hay.includes(needle) ? [number] : []));
          expect([...found].toSorted((x, y) => x - y)).toEqual(plain);
        },
      ),
    );
  });
});

describe('what a text must contain so that an expression can match it', () => {
  it.each([
    ['CoreDNS.*', ['coredns']],
    ['(CoreDNS|Dns|DNS).*', ['coredns', 'dns', 'dns']],
    ['(?i).*(timeout|timed out).*', ['timeout', 'timed out']],
    ['(A|B).*Down', ['down']],
    ['a[bc]+defg?', ['def']],
    ['x{2,3}yz', ['yz']],
    ['.*', null],
    ['', null],
    ['(abc)?', null],
    ['abc|', null],
    ['abc|.*', null],
    ['\\d+', null],
    ['\\Qa|b\\E', null],
    ['(?s:abc)', null],
    ['über', ['ber']],
  ])('%j: %j', (expression, literals) => {
    expect(requiredLiterals(expression)).toEqual(literals);
  });

  it('never rules out a text that the expression matches', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      'K',
      's',
      'é',
      '.',
      '[ab]',
      '[^a]',
      '\\.',
      '\\w',
      '(?:ab|b)',
      '(a|)',
      '(?i:S)',
    );
    const quantified = fc
      .tuple(atom, fc.constantFrom('', '', '', '*', '+', '?', '{0,2}', '{2}'))
      .map((parts) => parts.join(''));
    const sequence = fc.array(quantified, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
    const expression = fc
      .tuple(fc.constantFrom('', '(?i)'), fc.array(sequence, { minLength: 1, maxLength: 3 }))
      .map(([flags, branches]) => flags + branches.join('|'));
    const value = fc.string({
      unit: fc.constantFrom('a', 'b', 'A', 'K', '\u212a', 's', '\u017f', 'é', '.'),
      maxLength: 8,
    });
    let found = 0;
    fc.assert(
      fc.property(expression, fc.array(value, { minLength: 30, maxLength: 30 }), (text, subjects) => {
        const literals = requiredLiterals(text);
        const compiled = compileLinear(text);
        const matched = literals === null ? [] : subjects.filter((subject) => compiled.matches(subject));
        const without = matched.filter((subject) => !literals?.some((one) => foldCase(subject).includes(one)));
        expect(without).toEqual([]);
        found += matched.length;
      }),
      { numRuns: 2000 },
    );
    expect(found).toBeGreaterThan(100);
  });
});

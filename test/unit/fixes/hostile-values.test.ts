import * as fc from 'fast-check';
import { planFix } from '../../../src/fixes/plan.ts';
import { fillPromql } from '../../../src/fixes/promql-template.ts';
import { argvOf, commandFix, factsWith, fakeExecutor } from './example-fix.ts';

/** Any text at all, and text made of what has broken others. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .array(
      fc.constantFrom(
        '-',
        '--',
        '=',
        '"',
        "'",
        '`',
        '\\',
        '\n',
        '{{',
        '}}',
        '$(',
        ')',
        ';',
        ' ',
        'a',
        '1',
        '.',
        '|',
        '#',
        '{{ b }}',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);
const any = { a: { from: 'labels.a', pattern: '.*' }, b: { from: 'labels.b', pattern: '.*' } };

/** Reads PromQL strings as Prometheus does (Go's escapes); null where the text is not one whole string. */
function readString(text: string): string | null {
  const quote = text[0];
  if (quote === '`') return /^`[^`]*`$/.test(text) ? text.slice(1, -1) : null;
  let value = '';
  for (let at = 1; at < text.length; at += 1) {
    const char = text[at];
    if (char === quote) return at === text.length - 1 ? value : null;
    if (char === '\n') return null;
    if (char !== '\\') value += char;
    else {
      at += 1;
      const escaped = text[at];
      if (escaped !== '\\' && escaped !== quote && escaped !== 'n') return null;
      value += escaped === 'n' ? '\n' : escaped;
    }
  }
  return null;
}

describe('no hostile value', () => {
  it('becomes an argument of its own, changes another, or stands as an option before --', () => {
    const template = ['/opt/fix', '{{ a }}', 'x={{ b }}', '--', '{{ b }}'];
    const fix = commandFix(template, any);
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const planned = planFix(fix, 'automatic', factsWith({ a, b }), [fakeExecutor()]);
        if (!planned.ok) return planned.reasons.length > 0 && planned.reasons.every((reason) => reason.length > 10);
        const argv = argvOf(planned.plan);
        expect(argv).toEqual(['/opt/fix', a, `x=${b}`, '--', b]);
        return !a.startsWith('-');
      }),
      { numRuns: 2000 },
    );
  });

  it('reaches a shell with anything that a shell acts upon', () => {
    const fix = commandFix(['/usr/bin/ssh', 'h', 'run', '--', '{{ a }}'], any);
    fc.assert(
      fc.property(hostile, (a) => {
        const planned = planFix(fix, 'automatic', factsWith({ a, b: 'x' }), [fakeExecutor()]);
        return !planned.ok || /^[\p{L}\p{N}_./@:%+,=-]+$/u.test(argvOf(planned.plan)[4] ?? '');
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['"', "'", '`'])('leaves a PromQL string in %s', (quote) => {
    fc.assert(
      fc.property(hostile, (value) => {
        const { text, reasons } = fillPromql(`up{a=${quote}x {{ v }}${quote}} == 1`, () => value);
        if (reasons.length > 0) return quote === '`' ? /`|[\ud800-\udfff]/.test(value) : !value.isWellFormed();
        const literal = text.slice('up{a='.length, -'} == 1'.length);
        return readString(literal) === `x ${value}`;
      }),
      { numRuns: 2000 },
    );
  });

  it('means anything but itself in a regular expression of PromQL', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const { text, reasons } = fillPromql('up{a=~"({{ v }}|y).*"} == 1', () => value);
        if (reasons.length > 0) return !value.isWellFormed();
        const expression = readString(text.slice('up{a=~'.length, -'} == 1'.length)) ?? '(';
        const inner = expression.slice(1, -'|y).*'.length);
        return inner.replace(/\\(.)/gsu, '$1') === value && !/(?<!\\)(?:\\\\)*[.*+?()|[\]{}^$]/.test(inner);
      }),
      { numRuns: 2000 },
    );
  });
});

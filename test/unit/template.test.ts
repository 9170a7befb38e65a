import * as fc from 'fast-check';
import { blanksOf, fillTemplate, templateProblem } from '../../src/domain/template.ts';

describe('templates hold names, not programs', () => {
  it('names the blanks in order', () => {
    expect(blanksOf('{{ a }}-{{labels.instance}}-{{  b_1 }}')).toEqual(['a', 'labels.instance', 'b_1']);
  });

  it('says which names had no value', () => {
    const filled = fillTemplate('{{ a }} {{ b }}', (name) => (name === 'a' ? 'x' : undefined));
    expect(filled).toEqual({ text: 'x ', missing: ['b'] });
  });

  it('what is put in is never read as a template, nor as a replacement pattern', () => {
    const hostile = fc.oneof(fc.constantFrom('{{ secret }}', '$&', '$1', '}}{{'), fc.string());
    fc.assert(
      fc.property(hostile, (value) => {
        const lookUp = (name: string): string | undefined => (name === 'v' ? value : 'leaked');
        expect(fillTemplate('<{{ v }}>', lookUp)).toEqual({ text: `<${value}>`, missing: [] });
      }),
    );
  });

  it('each value is escaped for where it stands', () => {
    expect(
      fillTemplate(
        'a="{{ v }}"',
        () => '"',
        (value) => value.replaceAll('"', '\\"'),
      ).text,
    ).toBe('a="\\""');
  });

  it.each(['{{ a | upper }}', '{{ }}', '{{ a', '{{ a b }}', '{{ 1 }}'])('%j is not what its author meant', (text) => {
    expect(templateProblem(text)).toBe('a blank holds one name and nothing else');
  });

  it.each(['', 'plain', '{{ a }}', 'x{y="{{ a }}"}', 'a}} b', '{{{ a }}{'])('%j is all right', (text) => {
    expect(templateProblem(text)).toBeNull();
  });
});

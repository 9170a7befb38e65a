import { fillPromql, promqlBlanks, promqlProblems } from '../../../src/fixes/promql-template.ts';

const fill = (template: string, value: string) => fillPromql(template, () => value).text;

describe('values in PromQL', () => {
  it.each([
    ['up{a="{{ v }}"}', String.raw`x"y\z`, String.raw`up{a="x\"y\\z"}`],
    ['up{a="{{ v }}"}', 'x\ny', String.raw`up{a="x\ny"}`],
    ['up{a!="{{ v }}"}', '"} or vector(1) or up{a="', String.raw`up{a!="\"} or vector(1) or up{a=\""}`],
    [`up{a='{{ v }}'}`, `x'"y`, String.raw`up{a='x\'"y'}`],
    ['up{a=`{{ v }}`}', String.raw`x\y`, 'up{a=`x\\y`}'],
    ['up{a=~"{{ v }}:.*"}', 'db.1|.*', String.raw`up{a=~"db\\.1\\|\\.\\*:.*"}`],
    ['up{a!~"[{{ v }}]"}', 'a-z', String.raw`up{a!~"[a\\-z]"}`],
    ['up{a =~ "{{ v }}"}', 'a.b', String.raw`up{a =~ "a\\.b"}`],
    ['up{"a.b"="{{ v }}",c="d"}', 'x', 'up{"a.b"="x",c="d"}'],
    [String.raw`up{a="\"{{ v }}"}`, 'x', String.raw`up{a="\"x"}`],
    ['up{a="{{ v }}"} # it\'s "up"\n == 1', 'x', 'up{a="x"} # it\'s "up"\n == 1'],
    ['up{a="{{ v }}"}', '{{ v }} $& $1', 'up{a="{{ v }} $& $1"}'],
    ['up{a="é{{ v }}"}', '€😀', 'up{a="é€😀"}'],
  ])('%s with %j gives %s', (template, value, expected) => {
    expect(fill(template, value)).toBe(expected);
  });

  it.each([
    ['up > {{ v }}', /only inside the quoted value of a label matcher/],
    ['{{ v }} == 1', /only inside/],
    ['up{ {{ v }}="x" }', /only inside/],
    ['label_replace(up, "a", "{{ v }}", "b", ".*")', /only inside/],
    ['x == "{{ v }}"', /only inside/],
    ['up{a="x"} # {{ v }}', /only inside/],
    [String.raw`up{a="\{{ v }}"}`, /backslash right before/],
    [String.raw`up{a=~"\\{{ v }}"}`, /backslash right before/],
    ['up{a="{{ v }}} == 1', /not closed/],
  ])('refuses %s', (template, expected) => {
    expect(promqlProblems(template).join('; ')).toMatch(expected);
    expect(fillPromql(template, () => 'x').reasons).not.toEqual([]);
  });

  it('refuses a missing value and what cannot be written', () => {
    expect(fillPromql('up{a="{{ v }}"}', () => undefined).reasons).toEqual([
      'v has no value for the query up{a="{{ v }}"}',
    ]);
    expect(fillPromql('up{a=`{{ v }}`}', () => 'a`b').reasons).toHaveLength(1);
    expect(fillPromql('up{a="{{ v }}"}', () => '\ud800').reasons).toHaveLength(1);
  });

  it('names its blanks', () => {
    expect(promqlBlanks('up{a="{{ v }}",b="{{labels.x}}"} == 1')).toEqual(['v', 'labels.x']);
  });
});

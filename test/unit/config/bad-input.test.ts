import { shippedModel } from '../../../src/category-model.ts';
import { compileClassifier } from '../../../src/classify/classifier.ts';
import { shippedRules } from '../../../train/corpus.ts';
import { POLICY, problemsOf } from './files.ts';

/** What would take a machine down, or mislead people, if it were believed. */

const category = (any: string, id = 'a'): string =>
  `  - { id: ${id}, category: other, reason: why not, any: [${any}] }\n`;
const categories = (any: string): string => `categories:\n${category(any)}`;
const steps = (list: string): string => `procedures:\n  - { category: other, level: 2, steps: [${list}] }\n`;

/** Each level of aliases is ten times as wide as the one before: ten thousand million entries, written in a dozen lines. */
function bomb(): string {
  const wider = Array.from({ length: 9 }, (_, i) =>
    `b${i}: &b${i} [${`*b${i - 1},`.repeat(10)}]`.replaceAll('*b-1', 'x'),
  );
  return `${wider.join('\n')}\ncategories: *b8\n`;
}

const many = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('');

const WRONG: readonly (readonly [string, string, RegExp])[] = [
  [
    'look-ahead',
    categories(`{ log: '(?=a)b' }`),
    /^etc\/rules.yaml:2:61: categories\[0\].any\[0\].log: not a linear-time/,
  ],
  ['a back reference', categories(`{ log: '(a+)\\1' }`), /^etc\/rules.yaml:2:61: .*not a linear-time .*invalid escape/],
  [
    'a repetition of repetitions',
    categories(`{ log: '((a{100}){100}){100}' }`),
    /^etc\/rules.yaml:2:61: .*invalid repeat count/,
  ],
  [
    'a linear expression with a thousand places to be in',
    categories(`{ log: '(x?){500}x{500}' }`),
    /^etc\/rules.yaml:2:61: categories\[0\].any\[0\].log: its repetitions unfold into 2502 steps, .* allowed smaller counts, such as \{1,50\}/,
  ],
  [
    'a matcher that backtracks',
    categories(`{ matchers: ['a=~"(?!b)c"'] }`),
    /^etc\/rules.yaml:2:67: .*not a linear-time/,
  ],
  [
    'a word of five million letters',
    categories(`{ words: [${'x'.repeat(5_000_000)}] }`),
    /^etc\/rules.yaml:2:64: .*too long, found `x+…`, allowed at most 200 characters/,
  ],
  [
    'aliases of aliases',
    bomb(),
    /^etc\/rules.yaml:2:\d+: aliases that unfold into more than 100; write the values out/,
  ],
  [
    '100,000 brackets',
    `categories: ${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    /^etc\/rules.yaml:1:\d+: nested too deeply/,
  ],
  [
    '5,000 maps in one another',
    `categories:\n${many(5000, (i) => `${'  '.repeat(i + 1)}a:\n`)}`,
    /^etc\/rules.yaml:\d+:\d+: nested too deeply/,
  ],
  [
    '10,000 services in a circle',
    `services:\n${many(10_000, (i) => `  - { name: s${i}, depends_on: [s${(i + 1) % 10_000}] }\n`)}`,
    /^etc\/rules.yaml:10001:33: services\[9999\].depends_on\[0\]: a cyclic dependency: s0 → s1 → s2 → s3 → … → s9998 → s9999 → s0/,
  ],
  [
    'a team that does not exist',
    'services: [{ name: shop, team: levle2 }]\n',
    /^etc\/rules.yaml:1:32: services\[0\].team: no such team, .*did you mean `level2`/,
  ],
  [
    'the same rule 1,000 times',
    `categories:\n${many(1_000, () => category('{ words: [dns] }'))}`,
    /^etc\/rules.yaml:3:11: categories\[1\].id: this id is taken, .* stands at etc\/rules.yaml:2:11/,
  ],
  [
    'a step with a blank that nothing fills',
    steps(`{ id: look, text: "Look at {{ incident.sevice }}" }`),
    /^etc\/rules.yaml:2:60: procedures\[0\].steps\[0\].text: nothing fills `\{\{ incident.sevice \}\}`, .*; did you mean `incident.service`/,
  ],
  [
    'a step with an expression',
    steps(`{ id: look, text: "Look at {{ labels.x | upper }}" }`),
    /^etc\/rules.yaml:2:60: .*a blank holds one name and nothing else/,
  ],
  [
    'a link to the logs of nobody',
    steps(`{ id: look, text: Look, link: "{{ evidence.url }}" }`),
    /^etc\/rules.yaml:2:72: .*nothing fills `\{\{ evidence.url \}\}`/,
  ],
  [
    'two steps of one name',
    steps('{ id: look, text: Look here }, { id: look, text: Look there }'),
    /^etc\/rules.yaml:2:79: procedures\[0\].steps\[1\].id: this step stands here twice, found `look`; the other one stands at etc\/rules.yaml:2:48/,
  ],
  [
    'a template that fits every line',
    categories(`{ template: '<*>: <*>' }`),
    /^etc\/rules.yaml:2:66: categories\[0\].any\[0\].template: wrong value, .*allowed words with <\*> between them/,
  ],
  [
    'a NUL',
    'categories:\n  - { id: a\u0000, category: other, reason: why not, any: [{ words: [dns] }] }\n',
    /^etc\/rules.yaml:2:11: categories\[0\].id: wrong form/,
  ],
];

describe('is refused with its place, and soon:', () => {
  it.each(WRONG)('%s', async (_what, rules, told) => {
    const [first] = await problemsOf({ rules: rules + POLICY });
    expect(first).toMatch(told);
  });
});

describe('is right, however odd:', () => {
  it.each([
    [
      'an expression that would take for ever elsewhere',
      categories(`{ log: '(a+)+$' }, { matchers: ['x=~"(a|a)*b"'] }`),
    ],
    [
      '10,000 rules',
      `categories:\n${many(10_000, (i) => category(`{ words: [zork${i}] }, { log: "e${i}:" }`, `r${i}`))}`,
    ],
    ['a step that names a label which an alert may lack', steps(`{ id: look, text: "Look at {{ labels.rack }}" }`)],
  ])('%s', async (_what, rules) => {
    expect(await problemsOf({ rules: rules + POLICY })).toEqual([]);
  });
});

describe('an alert that says little, or in another way, gets reasons and never a wrong certainty:', () => {
  const classifier = compileClassifier(shippedRules(), { model: shippedModel });
  const judge = (alertname: string, annotations: Record<string, string> = {}) =>
    classifier.classify({ labels: { alertname }, annotations, source: 'am' });

  it.each<[string, string, Record<string, string>]>([
    ['Polish', 'Brak miejsca', { summary: 'Na komputerze prawie nie ma miejsca' }],
    ['Turkish', 'Alan kalmadı', { summary: 'Sunucuda neredeyse hiç yer kalmadı' }],
    ['Arabic', 'الخادم لا يستجيب', { summary: 'الخادم لا يستجيب منذ خمس دقائق' }],
    ['Russian', 'Сервер недоступен', { description: 'Хост не отвечает' }],
    ['pictures alone', '🔥🔥🔥', {}],
    ['no name at all', '', {}],
    ['empty annotations', 'Awaria', { summary: '', description: '   ' }],
    ['100 kB of nothing', 'Awaria', { summary: 'lorem '.repeat(17_000) }],
    ['100 kB of one word', 'Awaria', { summary: 'x'.repeat(100_000) }],
    ['100 kB of brackets and blanks', 'Awaria', { summary: '{{ {'.repeat(25_000) }],
  ])('%s', (_what, name, annotations) => {
    const { category: found, reasons, alternatives } = judge(name, annotations);
    expect(found).toBe('unclassified');
    expect(alternatives).toHaveLength(2);
    expect(reasons.length).toBeGreaterThan(0);
    for (const reason of reasons) expect(reason.length).toBeLessThan(300);
  });

  it.each([
    ['Festplatte fast voll', 'Auf dem Rechner ist kaum noch Platz', 'other'],
    ['ディスク使用率が高い', 'サーバーのディスク使用率が 95% を超えました', 'other'],
    ['Ausfall', 'Der Webshop antwortet nicht', 'cloud-service-interruption'],
  ])('languages that the rules know are judged by them: %s', (name, summary, category) => {
    expect(judge(name, { summary })).toMatchObject({ category, method: 'rule' });
  });

  it('what is the same in every language is understood in every language', () => {
    expect(judge('Ausfall', { summary: 'Die Namensauflösung schlägt fehl: NXDOMAIN' }).category).toBe(
      'network-downtime',
    );
    expect(judge('检测到暴力破解', { summary: 'sshd: Failed password for root' }).category).toBe(
      'data-security-breach',
    );
  });
});

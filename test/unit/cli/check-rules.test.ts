import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRules } from '../../../src/cli/check-rules.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierbell-check-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const ESCALATION = readFileSync('rules/escalation.yaml', 'utf8');
const PROCEDURES = readFileSync('rules/procedures.yaml', 'utf8');

/** Checks the shipped main file with these rule files. */
async function check(files: Record<string, string>, format: 'table' | 'sarif' = 'table') {
  const all = { 'escalation.yaml': ESCALATION, 'procedures.yaml': PROCEDURES, ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  const names = Object.keys(all).join(', ');
  const main = readFileSync('rules/tierbell.yaml', 'utf8').replace(/rule_files:[^]*$/, `rule_files: [${names}]`);
  writeFileSync(join(folder, 'main.yaml'), main);
  const told: string[] = [];
  let out = '';
  const status = await checkRules({
    ...{ file: join(folder, 'main.yaml'), env: {}, format, version: '1.0.0' },
    write: (text) => void (out += text),
    writeError: (line) => void told.push(line.replace(`${folder}/`, '')),
  });
  return { status, out, told };
}

const FIX = readFileSync('rules/known-fixes.yaml', 'utf8');
const category = (more: string) => `categories:\n  - { id: a, category: other, reason: why not, any: [${more}] }\n`;
const policy = (
  name: string,
  matchers: string,
  steps = '{ level: 2, notify: [level2] }, { level: 3, notify: [level3] }',
) => `  - { name: ${name}, matchers: [${matchers}], steps: [${steps}] }\n`;

it('what is shipped has nothing to look at', async () => {
  const told: string[] = [];
  const options = { file: 'rules/tierbell.yaml', env: {}, format: 'table', version: '1' } as const;
  const status = await checkRules({ ...options, write: () => {}, writeError: (line) => void told.push(line) });
  expect({ status, told }).toEqual({ status: 0, told: [] });
});

it.each<[string, Record<string, string>, RegExp]>([
  [
    'a policy behind one that takes everything',
    { 'escalation.yaml': `${ESCALATION}${policy('shop', `'team="shop"'`)}` },
    /^escalation\.yaml:15:13: escalation_policies\[1\]\.name: never chosen: default fits whatever this one fits/,
  ],
  [
    'a fix behind a wider one',
    { 'fixes.yaml': FIX + FIX.replace(/^[\s\S]*?known_fixes:\n/, '').replace('id: restart-unit', 'id: again') },
    /^fixes\.yaml:\d+:\d+: known_fixes\[1\]\.applies_to: never chosen: restart-unit fits whatever/,
  ],
  [
    'matchers that exclude one another',
    { 'c.yaml': category(`{ matchers: ['job="a"', 'job="b"'] }`) },
    /^c\.yaml:2:\d+: categories\[0\]\.any\[0\]\.matchers\[1\]: never fits together with job=/,
  ],
  ['a rule for everything', { 'c.yaml': category('{ matchers: [] }') }, /^c\.yaml:2:\d+: .*speaks for every alert/],
  ['a word that is none', { 'c.yaml': category('{ words: ["--"] }') }, /^c\.yaml:2:\d+: .*nothing of this is a word/],
  [
    'Level 3 at once without such a step',
    {
      'escalation.yaml':
        'escalation_policies:\n  - name: flat\n    steps: [{ level: 2, notify: [level2] }]\n    immediately: [{ priority: P1 }]\n',
    },
    /^escalation\.yaml:4:18: .*immediately: it sends incidents to Level 3 at once/,
  ],
  [
    'an expression that is not linear',
    { 'c.yaml': category(`{ matchers: ['job=~"(?=x)a"'] }`) },
    /^c\.yaml:2:\d+: .*not a linear-time regular expression/,
  ],
  ['an expression that never ends', { 'c.yaml': category(`{ log: '(a' }`) }, /^c\.yaml:2:\d+: .*\.log: /],
  [
    'a team that does not exist',
    { 'escalation.yaml': ESCALATION.replace('notify: [level2]', 'notify: [levle2]') },
    /^escalation\.yaml:7:\d+: .*no such team.*did you mean `level2`/,
  ],
])('%s is an error with its place', async (_what, files, message) => {
  const { status, told } = await check(files);
  expect(status).toBe(1);
  expect(told.join('\n')).toMatch(new RegExp(message.source, 'm'));
});

it.each<[string, Record<string, string>, RegExp]>([
  [
    'a policy that ends at Level 2',
    {
      'escalation.yaml': `escalation_policies:\n${policy('flat', '', '{ level: 2, notify: [level2], ack_timeout: 5m }')}`,
    },
    /warning: the policy ends at Level 2: when nobody acknowledges in time, only the fallback hears of it/,
  ],
  [
    'no policy for the rest',
    { 'escalation.yaml': `escalation_policies:\n${policy('shop', `'team="shop"'`)}` },
    /warning: no policy is for what fits none of them/,
  ],
  [
    'categories without procedure',
    { 'procedures.yaml': PROCEDURES.slice(0, PROCEDURES.indexOf('  - category: network-downtime')) },
    /warning: no procedure for Level 2 of network-downtime, data-security-breach, cloud-service-interruption/,
  ],
  [
    'a rule that stands there twice',
    {
      'c.yaml': `${category('{ words: [xy] }')}  - { id: b, category: other, reason: why not, any: [{ words: [xy] }] }\n`,
    },
    /warning: says the same as a, so it counts twice/,
  ],
])('%s is a warning, and the rules may be used', async (_what, files, message) => {
  const { status, told } = await check(files);
  expect(told.join('\n')).toMatch(message);
  expect(status).toBe(0);
});

it('SARIF names each finding with its rule and place', async () => {
  const { out, status } = await check({ 'c d.yaml': category('{ matchers: [] }') }, 'sarif');
  const log = JSON.parse(out) as {
    version: string;
    runs: [
      {
        tool: { driver: { rules: { id: string }[] } };
        results: {
          ruleId: string;
          locations: [{ physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } }];
        }[];
      },
    ];
  };
  const [run] = log.runs;
  expect(status).toBe(1);
  expect(log.version).toBe('2.1.0');
  expect(run.results.map(({ ruleId }) => ruleId)).toEqual(['fits-everything']);
  expect(run.tool.driver.rules.map(({ id }) => id)).toContain('fits-everything');
  const { artifactLocation, region } = run.results[0]?.locations[0].physicalLocation ?? {};
  expect([artifactLocation?.uri.endsWith('/c%20d.yaml'), region?.startLine]).toEqual([true, 2]);
});

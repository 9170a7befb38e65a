import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runCli } from '../../../src/cli/cli.ts';
import { captureTerminal } from '../../helpers/capture-terminal.ts';

const MAIN = resolve('rules/tierbell.yaml');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierbell-rules-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the verb; `text` becomes a file. */
async function run(text: string, ...flags: string[]): Promise<{ status: number | null; out: string; err: string }> {
  const file = join(folder, 'test.yaml');
  writeFileSync(file, text);
  return runFiles([file], ...flags);
}

async function runFiles(files: readonly string[], ...flags: string[]) {
  const { terminal, said } = captureTerminal();
  const status = await runCli(['test', 'rules', ...files, ...flags], terminal);
  return { status, ...said };
}

const head = `rule_files: ['${MAIN}']\ntests:\n`;
const unit = `firing: { alertname: SystemdUnitFailed, instance: 'db-1:9100', name: nginx.service, severity: warning }`;

it('the tests that are shipped with the rules hold', async () => {
  const { status, err } = await runFiles(globSync('rules/tests/*.yaml'));
  expect({ status, err }).toEqual({ status: 0, err: '' });
});

it('what is not as expected is told with its place, and the others go on', async () => {
  const text = `${head}  - name: wrong
    events:
      - { after: 0s, ${unit} }
    expect:
      - { after: 1s, category: other, notified: [l3-mail] }
      - after: 4h
        level: 2
  - name: right
    events: [{ after: 0s, ${unit} }]
    expect: [{ after: 1s, level: 2 }]
`;
  const { status, out, err } = await run(text);
  expect(status).toBe(1);
  expect(err.split('\n').map((line) => line.replace(/^.*test\.yaml/, ''))).toEqual([
    ':7:32: after 1 s: category is software-installation-failure, expected other (wrong)',
    ':7:49: after 1 s: l3-mail not told; told were l2-mail (wrong)',
    ':9:16: after 4 h: level is 3, expected 2 (wrong)',
    '',
  ]);
  expect(out).toMatch(/test\.yaml: 1 failed \(2 tests\)\n$/);
});

it('names that the configuration does not have are told with the nearest that it has, and nothing is played', async () => {
  const { status, err } = await run(`${head}  - name: unknown
    events:
      - { after: 0s, ${unit}, source: alertmanger }
      - { after: 1m, run: { by: ada, fix: restart-unti } }
    fixes: { restart: failed }
    expect: [{ after: 1s, fix: { id: restart-unit }, notified: [l2-mail], not_notified: [l3-mial] }]
`);
  expect(status).toBe(1);
  expect(err.split('\n').map((line) => line.replace(/^.*test\.yaml/, ''))).toEqual([
    expect.stringMatching(
      /^:5:\d+: .*: no such source, found `alertmanger`, allowed .*; did you mean `alertmanager`\?$/,
    ),
    expect.stringMatching(/^:6:\d+: .*: no such known fix, found `restart-unti`, .*; did you mean `restart-unit`\?$/),
    expect.stringMatching(/^:7:14: tests\[0\]\.fixes\.restart: no such known fix/),
    expect.stringMatching(
      /^:8:\d+: .*not_notified\[0\]: no such channel, found `l3-mial`, .*did you mean `l3-mail`\?$/,
    ),
    '',
  ]);
});

it('what a person does to an incident that is not there fails the test', async () => {
  const { status, err } = await run(`${head}  - name: nobody there
    events:
      - { after: 0s, ${unit} }
      - { after: 1m, incident: 2, acknowledge: { by: ada } }
    expect: [{ after: 2m, level: 2 }]
`);
  expect({ status, err: err.replace(/^.*test\.yaml/, '') }).toEqual({
    status: 1,
    err: ':6:9: there is no incident 2 then, only 1 (nobody there)\n',
  });
});

it('escalations come at their exact second', async () => {
  const { status, err } = await run(`${head}  - name: exact
    events:
      - { after: 0s, ${unit} }
    expect:
      - { after: 3h59m59s, level: 2 }
      - { after: 4h, level: 3, reason: ack_timeout }
`);
  expect({ status, err }).toEqual({ status: 0, err: '' });
});

/** The shipped rules, with the fix that they ship in another mode. */
function writeRules(mode: 'automatic' | 'approval'): void {
  for (const name of ['categories.yaml', 'escalation.yaml'])
    writeFileSync(join(folder, name), readFileSync(join('rules', name)));
  const fixes = readFileSync('rules/known-fixes.yaml', 'utf8').replace('mode: dry_run', `mode: ${mode}`);
  writeFileSync(join(folder, 'fixes.yaml'), fixes);
  const files = 'rule_files: [categories.yaml, escalation.yaml, fixes.yaml]';
  writeFileSync(join(folder, 'main.yaml'), readFileSync(MAIN, 'utf8').replace(/rule_files:[^]*$/, files));
}

const answers = `metrics: { 'up{instance="db-1:9100"} == 1': 1, 'count(up{job="node"})': 20 }`;

it('a fix that may run by itself is run by nobody: guards refuse without an answer, and the test says what comes of it', async () => {
  writeRules('automatic');
  const { status, err } = await run(`rule_files: [main.yaml]
tests:
  - name: no answer, no fix
    events: [{ after: 0s, ${unit} }]
    expect: [{ after: 1s, fix: { id: restart-unit, state: refused, because: the test gives no answer } }]
  - name: verified
    ${answers}
    events: [{ after: 0s, ${unit} }]
    expect:
      - { after: 4m, status: triggered, fix: { id: restart-unit, state: succeeded } }
      - { after: 5m, status: resolved, fix: { id: restart-unit, state: verified } }
  - name: failed
    ${answers}
    fixes: { restart-unit: failed }
    events: [{ after: 0s, ${unit} }]
    expect: [{ after: 1s, level: 3, reason: fix_failed }]
  - name: not twice on one target
    ${answers}
    events:
      - { after: 0s, ${unit} }
      - { after: 1m, firing: { alertname: SystemdUnitFailed, instance: 'db-2:9100', name: nginx.service } }
    expect: [{ after: 2m, incidents: 1, fix: { id: restart-unit } }]
`);
  expect({ status, err }).toEqual({ status: 0, err: '' });
});

it('a proposed fix is approved or turned down by a person, and too late an approval changes nothing', async () => {
  writeRules('approval');
  const { status, err } = await run(`rule_files: [main.yaml]
tests:
  - name: approved
    ${answers}
    events: [{ after: 0s, ${unit} }, { after: 3m, approve: { by: ada } }]
    expect:
      - { after: 1m, level: 2, notified: [l2-mail], fix: { id: restart-unit, state: awaiting_approval } }
      - { after: 4m, fix: { id: restart-unit, state: succeeded } }
      - { after: 8m, status: resolved, fix: { id: restart-unit, state: verified } }
  - name: turned down
    ${answers}
    events: [{ after: 0s, ${unit} }, { after: 3m, deny: { by: ada, reason: in use } }, { after: 4m, approve: { by: ben } }]
    expect:
      - { after: 5m, status: triggered, fix: { id: restart-unit, state: denied, because: 'by ada: in use' } }
      - { after: 4h, level: 3, reason: ack_timeout }
  - name: it failed
    ${answers}
    fixes: { restart-unit: failed }
    events: [{ after: 0s, ${unit} }, { after: 3m, approve: { by: ada } }]
    expect: [{ after: 3m, level: 3, reason: fix_failed }]
  - name: too late
    ${answers}
    events: [{ after: 0s, ${unit} }, { after: 30h, approve: { by: ada } }]
    expect: [{ after: 31h, fix: { id: restart-unit, state: refused, because: nobody approved it in time } }]
  - name: turned down, and then run all the same
    ${answers}
    events:
      - { after: 0s, ${unit} }
      - { after: 1m, deny: { by: ada } }
      - { after: 2m, run: { by: ben, fix: restart-unit } }
    expect: [{ after: 10m, status: resolved, fix: { id: restart-unit, state: verified } }]
  - name: no longer wanted
    ${answers}
    events:
      - { after: 0s, ${unit} }
      - { after: 1m, resolve: { by: ada } }
      - { after: 2m, approve: { by: ben } }
    expect: [{ after: 3m, status: resolved, fix: { id: restart-unit, state: refused } }]
`);
  expect({ status, err }).toEqual({ status: 0, err: '' });
});

it.each([
  [
    'an unknown key',
    `${head}  - { name: x, events: [{ after: 0s, ${unit} }], expect: [{ after: 1s, cathegory: other }] }\n`,
    /:3:\d+: .*cathegory/,
  ],
  [
    'two things in one event',
    `${head}  - { name: x, events: [{ after: 0s, firing: {}, resolved: {} }], expect: [{ after: 1s }] }\n`,
    /:3:\d+: /,
  ],
  [
    'rules that are not there',
    `rule_files: [nowhere.yaml]\ntests: [{ name: x, events: [{ after: 0s, ${unit} }], expect: [{ after: 1s }] }]\n`,
    /nowhere\.yaml.*no such file/,
  ],
  ['no YAML', 'tests: [', /test\.yaml:\d+:\d+: /],
  [
    'an alias bomb',
    `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
    /aliases/,
  ],
])('%s is an error with a place', async (_what, text, message) => {
  const { status, err } = await run(text);
  expect(status).toBe(1);
  expect(err).toMatch(message);
});

it('JUnit names each test, with hostile text made harmless', async () => {
  const { out } = await run(
    `${head}  - { name: '<b>&"\\u0001', events: [{ after: 0s, ${unit} }], expect: [{ after: 1s, category: other }] }\n`,
    '-o',
    'junit',
  );
  expect(out).toContain('<testsuite name=');
  expect(out).toContain('tests="1" failures="1" errors="0"');
  expect(out).toContain('<testcase name="&lt;b&gt;&amp;');
  expect(out).toMatch(/<failure message="[^"<>]*category is software-installation-failure, expected other"/);
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as fc from 'fast-check';
import { loadConfig } from '../../../src/config/load.ts';
import { renderProblem } from '../../../src/config/problem.ts';
import { FIX, load, MAIN, POLICY, problemsOf, replaced } from './files.ts';

const FIXTURES = 'test/fixtures/config';

async function fileProblems(file: string): Promise<string[]> {
  const result = await loadConfig({ file, env: {} });
  return result.ok ? [] : result.problems.map(renderProblem);
}

describe('the files that ship and the documented examples', () => {
  it('the shipped rules are right without any server, secret or variable', async () => {
    const result = await loadConfig({ file: 'rules/tierbell.yaml', env: {} });
    expect(result.ok ? [] : result.problems.map(renderProblem)).toEqual([]);
    expect(result.ok && result.config.known_fixes.every((fix) => fix.mode === 'dry_run')).toBe(true);
  });

  it('every documented example that this version has is right', async () => {
    expect(await fileProblems(`${FIXTURES}/built/tierbell.yaml`)).toEqual([]);
  });

  it('whatever else is documented is called not built, never unknown or wrong', async () => {
    const problems = await fileProblems(`${FIXTURES}/documented/tierbell.yaml`);
    expect(problems.filter((line) => !line.includes('is not built yet in this version'))).toEqual([]);
    expect(problems.length).toBeGreaterThan(5);
  });

  it('durations come out in milliseconds, sizes in bytes, `off` as never', async () => {
    const result = await loadConfig({ file: `${FIXTURES}/built/tierbell.yaml`, env: {} });
    if (!result.ok) throw new Error('refused');
    const { sources, flap, retention, escalation_policies: policies, known_fixes: fixes } = result.config;
    expect(retention).toEqual({ deliveries: 1_209_600_000, evidence: 7_776_000_000 });
    expect(sources[0]).toMatchObject({ max_body: 32_000_000, heartbeat: { interval: 300_000 } });
    expect(flap).toEqual({ resolve_hold: 120_000, reopen_within: 3_600_000, settle: 900_000 });
    expect(policies[0]?.steps[0]).toMatchObject({ level: '2', ack_timeout: { P1: 300_000, P4: null } });
    expect(policies[0]?.max_time_at_level).toMatchObject({ '2': { P3: 28_800_000, P4: null } });
    expect(fixes[0]).toMatchObject({ guards: { cooldown: 1_800_000 }, overrides: [{ mode: 'automatic' }] });
  });

  it('the result is plain data that can go to another thread', async () => {
    const result = await loadConfig({ file: `${FIXTURES}/built/tierbell.yaml`, env: {} });
    expect(structuredClone(result)).toEqual(result);
  });
});

describe('all problems of all files are told at once', () => {
  it('and one broken file does not hide those of another, nor bring up false ones', async () => {
    const main = replaced(
      replaced(MAIN, 'fallback:', 'mood: full\nfallback:'),
      '[rules.yaml]',
      '[a.yaml, b.yaml, c.yaml]',
    );
    const result = await load({
      'etc/main.yaml': main,
      'etc/a.yaml': 'known_fixes: [',
      'etc/b.yaml': 'catgories: []\n',
    });
    expect(
      result.ok ? [] : result.problems.map(({ file, line, column, message }) => [file, line, column, message]),
    ).toEqual([
      ['etc/main.yaml', 14, 1, 'unknown key'],
      ['etc/main.yaml', 16, 30, 'no such file'],
      ['etc/a.yaml', 1, 15, expect.stringMatching(/^not YAML: /)],
      ['etc/b.yaml', 1, 1, 'unknown key'],
    ]);
  });

  it('an element whose own shape is wrong still counts for those who name it', async () => {
    const main = replaced(MAIN, 'from: a@example.org', 'from: 5');
    expect(await problemsOf({ main })).toEqual([
      'etc/main.yaml:8:68: channels[0].from: wrong type, found 5, allowed text',
    ]);
  });

  it('the same id in two files is told with the other place', async () => {
    const main = replaced(MAIN, '[rules.yaml]', '[rules.yaml, fix.yaml]');
    const result = await load({ 'etc/main.yaml': main, 'etc/rules.yaml': FIX + POLICY, 'etc/fix.yaml': FIX });
    expect(result.ok ? [] : result.problems.map(renderProblem)).toEqual([
      'etc/fix.yaml:2:9: known_fixes[0].id: this id is taken, found `restart`; the other one stands at etc/rules.yaml:2:9',
    ]);
  });

  it('without any escalation policy nobody would be told, so it is refused', async () => {
    expect(await problemsOf({ rules: 'categories: []\n' })).toEqual([
      'etc/main.yaml:15:13: rule_files: no file holds an escalation policy, allowed at least one under `escalation_policies`; begin with the shipped rules/escalation.yaml',
    ]);
  });

  it('two executors or metrics sources need a name', async () => {
    const main = replaced(MAIN, 'executors:', "  - { name: more, kind: prometheus, url: 'http://a' }\nexecutors:");
    const twice = replaced(main, 'channels:', '  - { name: other, kind: command, allow: [/bin/] }\nchannels:');
    expect(await problemsOf({ main: twice, rules: FIX + POLICY })).toEqual([
      'etc/rules.yaml:7:13: known_fixes[0].action.kind: more than one executor could run it, found `command`; name one: `executor: local`',
      'etc/rules.yaml:11:5: known_fixes[0].verify: more than one metrics source could be asked; name one: `metrics: prom`',
    ]);
  });

  it.each([
    ['a missing main file', {}, 'etc/main.yaml:1:1: no such file; name the file with --config.file'],
    ['an empty main file', { 'etc/main.yaml': '# nothing\n' }, 'etc/main.yaml:1:1: the file is empty'],
    [
      'a main file that is a list',
      { 'etc/main.yaml': '- a\n' },
      'etc/main.yaml:1:1: wrong type, found a list, allowed a map',
    ],
    [
      'a bare rule file',
      { 'etc/main.yaml': MAIN, 'etc/rules.yaml': '{}\n' },
      'etc/rules.yaml:1:1: the file holds no rules, allowed categories, known_fixes, escalation_policies, procedures, services',
    ],
  ])('%s', async (_name, files: Record<string, string>, line) => {
    const result = await load(files);
    expect(result.ok ? [] : result.problems.map(renderProblem)).toContain(line);
  });

  it('never throws, whatever the file holds', async () => {
    const yamlish = fc.stringMatching(/^[-a-z0-9:{}[\],&*!|>'"#%@ \n\t$]{0,60}$/);
    const anyText = fc.oneof(
      yamlish,
      fc.string({ maxLength: 60 }),
      yamlish.map((text) => MAIN + text),
    );
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const problems = await problemsOf({ main: text, rules: text });
        expect(problems.length).toBeGreaterThan(0);
        for (const line of problems) expect(line).toMatch(/^etc\/(main|rules)\.yaml:[1-9]\d*:[1-9]\d*: /);
      }),
      { numRuns: 300 },
    );
  });
});

describe('YAML cannot be used against the reader', () => {
  it('aliases that unfold without end are refused at the first of them', async () => {
    const levels = 'bcdefgh'
      .split('')
      .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[index]}`).join(', ')}]`);
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${levels.join('\n')}\n`;
    expect(await problemsOf({ main: bomb })).toEqual([
      'etc/main.yaml:2:8: aliases that unfold into more than 100; write the values out',
    ]);
  });

  it('an alias is followed where it is used, and a problem behind it stands at its anchor', async () => {
    const main = replaced(
      replaced(MAIN, 'to: [b@example.org]', 'to: &to [7]'),
      'people:',
      "  - { name: m2, kind: email, smtp_url: 'smtp://a', from: abc@example.org, to: *to }\npeople:",
    );
    expect(await problemsOf({ main })).toEqual([
      'etc/main.yaml:8:92: channels[0].to[0]: wrong type, found 7, allowed text',
      'etc/main.yaml:8:92: channels[1].to[0]: wrong type, found 7, allowed text',
    ]);
  });

  it('deep nesting is refused', async () => {
    expect((await problemsOf({ main: '['.repeat(50_000) })).join('\n')).toContain('nested too deeply');
  });

  it('keys of the prototype are keys like any other', async () => {
    const line = (await problemsOf({ main: `__proto__: { mode: full }\nconstructor: 1\n${MAIN}` })).join('\n');
    expect(line).toContain('etc/main.yaml:1:1: __proto__: unknown key');
    expect(line).toContain('etc/main.yaml:2:1: constructor: unknown key');
  });
});

describe('variables', () => {
  const withUrl = (text: string): string => replaced(MAIN, "'smtp://127.0.0.1'", text);

  it('fill text after the YAML was read, so that a value never becomes structure', async () => {
    const nasty = 'a@h/\nmode: notify # "}]';
    const result = await load(
      { 'etc/main.yaml': replaced(MAIN, 'a@example.org', "'${FROM}'"), 'etc/rules.yaml': POLICY },
      { FROM: nasty },
    );
    expect(result).toMatchObject({ ok: true, config: { mode: 'full', channels: [{ from: nasty }] } });
  });

  it('are not filled a second time', async () => {
    const files = { 'etc/main.yaml': replaced(MAIN, 'a@example.org', "'${FROM}'"), 'etc/rules.yaml': POLICY };
    const result = await load(files, { FROM: '${HOME} {{ x }} <a@b>', HOME: '/root' });
    expect(result).toMatchObject({ ok: true, config: { channels: [{ from: '${HOME} {{ x }} <a@b>' }] } });
  });

  it('take their default where they are unset or empty', async () => {
    const files = { 'etc/main.yaml': withUrl("'${URL:-smtp://default:25}'"), 'etc/rules.yaml': POLICY };
    expect(await load(files)).toMatchObject({ config: { channels: [{ smtp_url: 'smtp://default:25' }] } });
    expect(await load(files, { URL: '' })).toMatchObject({ config: { channels: [{ smtp_url: 'smtp://default:25' }] } });
    expect(await load(files, { URL: 'smtp://x' })).toMatchObject({ config: { channels: [{ smtp_url: 'smtp://x' }] } });
  });

  it('that are missing are told once, without the mistakes that follow from them', async () => {
    expect(await problemsOf({ main: withUrl("'${URL}'") })).toHaveLength(1);
  });
});

describe('a secret never stands in a problem', () => {
  const SECRET = 'hunter2-hunter2';
  const places: readonly (readonly [string, string, string])[] = [
    ['a variable in an address', "'smtp://127.0.0.1'", "'${SECRET}'"],
    ['a variable in a name', '[b@example.org]', "['${SECRET}'], observe: '${SECRET}'"],
    ['a password in an address', "'smtp://127.0.0.1'", `'http://user:${SECRET}@host'`],
    ['a token', 'kind: alertmanager }', `kind: alertmanager, auth: { bearer_token: [${SECRET}] } }`],
    [
      'a variable in a matcher',
      'kind: alertmanager }',
      'kind: alertmanager, heartbeat: { matchers: [\'a=~"(${SECRET}"\'] } }',
    ],
    ['a variable as a reference', 'notify: [mail]', "notify: ['${SECRET}']"],
    ['a variable as a kind', 'kind: email', "kind: '${SECRET}'"],
    ['a header', "url: 'http://127.0.0.1:9090'", `url: 'http://a', headers: { X-Auth: [${SECRET}] }`],
    ['an unclosed quote', "'smtp://127.0.0.1'", `"smtp://u:${SECRET}@h`],
    ['a flow map that ends early', "'smtp://127.0.0.1'", `smtp://u}: ${SECRET}`],
    ['a variable as a file', '[rules.yaml]', "[rules.yaml, '${SECRET}/x.yaml']"],
  ];

  it.each(places)('%s', async (_name, from, to) => {
    const lines = await problemsOf({ main: replaced(MAIN, from, to) }, { SECRET });
    expect(lines).not.toEqual([]);
    expect(lines.join('\n')).not.toContain(SECRET);
  });
});

describe('files beside the main file', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tierbell-config-'));
    await mkdir(join(folder, 'fixes'));
    await writeFile(join(folder, 'rules.yaml'), POLICY);
    await writeFile(join(folder, 'fixes', 'restart.yaml'), FIX);
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });
  const loadFrom = async (main: string, access?: (path: string) => Promise<void>) => {
    await writeFile(join(folder, 'main.yaml'), main);
    const accessSecret = access === undefined ? {} : { accessSecret: access };
    return loadConfig({ file: join(folder, 'main.yaml'), env: {}, ...accessSecret });
  };

  it('a pattern takes every file that fits, each once, and may fit none', async () => {
    const rules = '[rules.yaml, fixes/*.yaml, fixes/restart.yaml, none/*.yaml]';
    const result = await loadFrom(replaced(MAIN, '[rules.yaml]', rules));
    expect(result).toMatchObject({ ok: true, config: { known_fixes: [{ id: 'restart' }] } });
  });

  it('a folder and a file that is not text are told as what they are', async () => {
    await writeFile(join(folder, 'bytes.yaml'), new Uint8Array([0xff, 0xfe, 0x00]));
    const result = await loadFrom(replaced(MAIN, '[rules.yaml]', '[rules.yaml, fixes, bytes.yaml]'));
    expect(result.ok ? [] : result.problems.map(({ column, message }) => [column, message])).toEqual([
      [26, 'this is a folder, not a file'],
      [33, 'this file is not UTF-8 text'],
    ]);
  });

  it('relative paths of log files lie beside the main file as well', async () => {
    const result = await loadFrom(
      `${MAIN}\nlogs: [{ name: files, kind: file, paths: ['../logs/*.log', /var/log/a.log] }]\n`,
    );
    const beside = join(folder, '..', 'logs', '*.log');
    expect(result).toMatchObject({ ok: true, config: { logs: [{ paths: [beside, '/var/log/a.log'] }] } });
  });

  it('a relative secret file lies beside the main file and is looked for only on request', async () => {
    const main = replaced(
      MAIN,
      'kind: alertmanager }',
      'kind: alertmanager, auth: { bearer_token_files: [am.token] } }',
    );
    const token = resolve(folder, 'am.token');
    expect(await loadFrom(main)).toMatchObject({ config: { sources: [{ auth: { bearer_token_files: [token] } }] } });
    const refused = await loadFrom(main, () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' })));
    expect(refused.ok ? [] : refused.problems.map(renderProblem)).toEqual([
      `${join(folder, 'main.yaml')}:2:76: sources[0].auth.bearer_token_files[0]: this file may not be read, found \`${token}\`; create it, and let the account that runs Tierbell read it`,
    ]);
  });
});

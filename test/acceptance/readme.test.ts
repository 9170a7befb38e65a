import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { codeBlocks, readDoc } from '../helpers/markdown.ts';
import { PROJECT } from '../helpers/project.ts';
import { describeWith } from '../helpers/requires.ts';
import { runProgram, runTierbell } from '../helpers/run-program.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { withPostgres } from '../servers/postgres.ts';
import { startProcess } from '../servers/start-process.ts';

const LIMIT_MS = 300_000;
const README = codeBlocks(readDoc('README.md'));
const OPERATING = codeBlocks(readDoc('docs/guides/operating.md'));
const yamlWith = (key: string): string =>
  README.find(({ language, text }) => language === 'yaml' && text.includes(`${key}:`))?.text ?? '';
/** What Alertmanager is told as well where it proves itself with a token. */
const HTTP_CONFIG = /`(http_config: .+?)`/.exec(readDoc('README.md'))?.[1] ?? 'no http_config';
const commands = [...README, ...OPERATING]
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.trim().split('\n'));

/** As a fresh shell would have it: nothing of this test run's npm or Tierbell. */
function shellEnvironment(more: Readonly<Record<string, string>>): Record<string, string> {
  const dropped = /^(npm_|TIERBELL_|JEST_|NODE_OPTIONS$|NODE_ENV$)/;
  const kept = Object.entries(process.env).filter(([name]) => !dropped.test(name));
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...more };
}

const shell = (command: string, more: Readonly<Record<string, string>> = {}) =>
  runProgram('/bin/sh', ['-c', command], { env: shellEnvironment(more) });

afterAll(stopEverything);

describe('the commands of the README', () => {
  const folder = temporaryFolder('readme');
  const store = { TIERBELL_STORAGE_PATH: join(folder.path, 'data') };
  let url = '';

  beforeAll(async () => {
    const start = commands.find((command) => command.startsWith('npm start')) ?? '';
    const bridge = await startProcess({
      name: start,
      command: '/bin/sh',
      args: ['-c', `exec ${start}`],
      cwd: PROJECT,
      env: shellEnvironment({ ...store, TIERBELL_WEB_LISTEN_ADDRESS: '127.0.0.1:0' }),
      ready: /^\{"ready":true,"url":"(.+)","pid":(\d+)\}$/,
      readyOn: 'stdout',
      readyWithinMs: LIMIT_MS,
    });
    url = bridge.ready[1] ?? '';
    const alert = readFileSync(join(PROJECT, 'rules', 'demo', 'alerts', '3-orders.json'), 'utf8');
    await fetch(`${url}/webhooks/alertmanager`, { method: 'POST', body: alert });
    await waitFor('an incident', async () => (await fetch(`${url}/api/v1/incidents/INC-1`)).ok);
  }, LIMIT_MS);

  it.each(commands.filter((command) => command.includes('-- incident ')))('%s', async (command) => {
    expect(await shell(`${command} --url ${url}`)).toMatchObject({ code: 0, stdout: expect.stringContaining('INC-1') });
  });

  it.each(commands.filter((command) => command.includes('-- token ')))('%s', async (command) => {
    const apart = { TIERBELL_STORAGE_PATH: join(folder.path, 'apart') };
    expect(await shell(command, apart)).toMatchObject({ code: 0 });
  });

  it('db backup of the running bridge, and db restore elsewhere', async () => {
    const [backup = '', restore = ''] = commands.filter((command) => / db (backup|restore) /.test(command));
    const [file, restored] = [join(folder.path, 'backup.gz'), join(folder.path, 'restored')];
    const adapted = (command: string): string =>
      command.replace('tierbell.backup.gz', file).replace('restored/', restored);
    expect(await shell(adapted(backup), store)).toMatchObject({ code: 0 });
    expect(await shell(adapted(restore))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('the record holds'),
    });
  });

  it('npm run -s tierbell -- check-config says that the shipped configuration is right', async () => {
    const command = commands.find((each) => each.endsWith('check-config')) ?? '';
    expect(await shell(command)).toMatchObject({ code: 0, stdout: expect.stringContaining('rules/tierbell.yaml: ok') });
  });

  it(
    'npm run demo -- --exit ends with status 0',
    async () => {
      expect(readDoc('README.md')).toContain('`npm run demo -- --exit`');
      const ran = await shell('npm run demo -- --exit', { TMPDIR: folder.path });
      expect({ code: ran.code, wrong: /^ +✗.*/m.exec(ran.stdout)?.[0] ?? null }).toEqual({ code: 0, wrong: null });
    },
    LIMIT_MS,
  );

  it('are all known to this test', () => {
    const here =
      /-- (incident|token|check-config|db (migrate|backup|restore))|^npm (start|test|run demo|run soak -- (kill|load|postgres) )/;
    const ofPostgres = /^(createuser|createdb) |^export TIERBELL_STORAGE_URL=/; // below
    expect(commands.filter((command) => !here.test(command) && !ofPostgres.test(command))).toEqual([]);
    const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { scripts: object };
    expect(Object.keys(scripts)).toEqual(
      expect.arrayContaining(['demo', 'test', 'start', 'tierbell', 'bench', 'soak']),
    );
  });
});

describeWith('postgres', 'the commands for PostgreSQL', () => {
  const postgres = withPostgres();

  it('make a user and a database in which the bridge makes its tables', async () => {
    const [user = '', database = '', address = ''] = commands.slice(
      commands.findIndex((one) => one.startsWith('createuser')),
    );
    const url = new URL(await postgres().freshUrl());
    const server = { PGHOST: url.hostname, PGPORT: url.port, PGUSER: url.username, PGPASSWORD: url.password };
    // Nobody types a password here, and the test's own server has a `tierbell` already.
    const adapted = (command: string): string => command.replace('--pwprompt ', '').replaceAll('tierbell', 'told');
    expect(await shell(adapted(user), server)).toMatchObject({ code: 0 });
    expect(await shell(adapted(database), server)).toMatchObject({ code: 0 });
    expect(address).toMatch(/^export TIERBELL_STORAGE_URL='postgres:\/\/tierbell:PASSWORD@[a-z.]+\/tierbell'$/);
    url.pathname = '/told';
    url.search = '';
    const migrate = commands.find((one) => one.endsWith('db migrate')) ?? '';
    expect(await shell(migrate, { TIERBELL_STORAGE_URL: url.href })).toMatchObject({ code: 0 });
  });
});

describe('the lines of tierbell.yaml in the README', () => {
  it('pass check-config in the shipped configuration, with the files that they name there', async () => {
    const { path } = temporaryFolder('readme-rules');
    cpSync(join(PROJECT, 'rules'), path, { recursive: true });
    mkdirSync(join(path, 'secrets'));
    for (const name of ['alertmanager.token', 'grafana.key', 'elasticsearch.key'])
      writeFileSync(join(path, 'secrets', name), 'a secret');
    const shipped = parse(readFileSync(join(path, 'tierbell.yaml'), 'utf8')) as Record<string, unknown>;
    const told = parse(yamlWith('sources').replaceAll('/etc/tierbell/', 'secrets/')) as Record<string, unknown>;
    expect(Object.keys(told)).toEqual(['sources', 'logs', 'channels']);
    writeFileSync(join(path, 'tierbell.yaml'), stringify({ ...shipped, ...told }));
    const checked = await runTierbell(['check-config', '--config.file', join(path, 'tierbell.yaml')]);
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    expect(checked.stdout).toContain('2 sources, 1 log store');
  });

  it('take the token that the Alertmanager of the README sends', () => {
    const file = '/etc/tierbell/alertmanager.token';
    expect(HTTP_CONFIG).toContain(`credentials_file: ${file}`);
    expect(yamlWith('sources')).toContain(`bearer_token_files: [${file}]`);
  });
});

describeWith('alertmanager', 'the lines of alertmanager.yml in the README', () => {
  it('are five, and pass amtool check-config, with the token as without', async () => {
    const { path } = temporaryFolder('readme-alertmanager');
    const file = join(path, 'alertmanager.yml');
    expect(yamlWith('receivers').trim().split('\n')).toHaveLength(5);
    for (const more of ['', `        ${HTTP_CONFIG}\n`]) {
      writeFileSync(file, `${yamlWith('receivers')}${more}`);
      expect(await runProgram('amtool', ['check-config', file])).toMatchObject({ code: 0 });
    }
  });
});

describe('the flags of the operating guide', () => {
  it('are those that serve has, with their defaults', async () => {
    const { stdout } = await runTierbell(['serve', '--help']);
    const real = stdout
      .split(/\n +(?=--)/)
      .slice(1)
      .map((text) => text.replace(/\s+/g, ' '))
      .map((text) => [/^--([\w.-]+)/.exec(text)?.[1], /default: "([^"]+)"/.exec(text)?.[1] ?? 'none']);
    const told = [...readDoc('docs/guides/operating.md').matchAll(/^\| `--([\w.-]+)` \| `?([^|`]+?)`? \|/gm)];
    expect(Object.fromEntries(told.map(([, flag, value]) => [flag, value]))).toEqual(Object.fromEntries(real));
  });
});

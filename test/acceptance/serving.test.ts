import Database from 'better-sqlite3';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { writeConfiguration } from '../helpers/configuration.ts';
import { deliver, waitForIncident } from '../helpers/incident-api.ts';
import { firing } from '../helpers/payload.ts';
import { runTierbell, type Ran } from '../helpers/run-program.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startSmtp } from '../servers/smtp.ts';
import { startTierbell } from '../servers/tierbell.ts';
import { countAwakeMs } from '../helpers/awake-time.ts';

jest.setTimeout(300_000);
afterEach(stopEverything, 300_000);

async function configFile(): Promise<string> {
  return writeConfiguration((await startSmtp()).url);
}

function serve(config: string, dataDir: string, ...more: string[]) {
  const flags = [`--config.file=${config}`, `--storage.path=${dataDir}`, '--web.listen-address=127.0.0.1:0', ...more];
  return runTierbell(['serve', ...flags]);
}

describe('tierbell serve', () => {
  it('prints one line when it is ready, and ends with status 0 when it is told to', async () => {
    const bridge = await startTierbell({ configFile: await configFile() });
    expect(JSON.parse(bridge.stdout())).toEqual({ ready: true, url: bridge.url, pid: bridge.pid });
    await bridge.api('/-/ready'); // a connection that stays open must not hold it up
    const passed = countAwakeMs();
    expect(await bridge.stop()).toEqual({ code: 0, signal: null });
    expect(passed()).toBeLessThan(20_000);
  });

  it('forgets nothing when it is told to end in the middle of work', async () => {
    const config = await configFile();
    const dataDir = temporaryFolder('data').path;
    const first = await startTierbell({ configFile: config, dataDir });
    const names = Array.from({ length: 20 }, (_none, n) => `Term${n}`);
    const answers = await Promise.all(names.map((name) => deliver(first, firing(name))));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 200));
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    const second = await startTierbell({ configFile: config, dataDir });
    for (const name of names) await waitForIncident(second, { alertname: name });
  });

  it('says who holds the folder when a second one is started on it, and the first goes on', async () => {
    const config = await configFile();
    const first = await startTierbell({ configFile: config });
    const second = await serve(config, first.dataDir);
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toContain(`another Tierbell runs on ${first.dataDir}`);
    expect((await deliver(first, firing('StillHere'))).status).toBe(200);
    await waitForIncident(first, { alertname: 'StillHere' });
    await first.kill9();
    await startTierbell({ configFile: config, dataDir: first.dataDir }); // kill -9 freed it
  });

  it('says in one sentence that a store is of a newer version', async () => {
    const [config, dataDir] = [await configFile(), temporaryFolder('data').path];
    await (await startTierbell({ configFile: config, dataDir })).stop();
    const store = new Database(join(dataDir, 'tierbell.sqlite'));
    store.exec("UPDATE meta SET value = '999' WHERE name = 'schema'");
    store.close();
    const { code, stdout, stderr } = await serve(config, dataDir);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^tierbell: the store is of a newer Tierbell \(schema 999, .*\): start that one$/m);
    expect(stderr).not.toMatch(/supervisor|at async/);
  });

  it('listens beyond this machine only once there is a user: exit 2, and how to get one', async () => {
    const config = await configFile();
    const external = '--web.external-url=https://bell.example.org'; // it never opens that door
    const listen = (address: string): Promise<Ran> =>
      serve(config, temporaryFolder('data').path, `--web.listen-address=${address}`, external);
    for (const ran of await Promise.all(['0.0.0.0:0', ':0', '[::]:0', '192.0.2.1:0'].map(listen))) {
      expect([ran.code, ran.stdout]).toEqual([2, '']);
      expect(ran.stderr).toMatch(
        /refusing to listen on .* without accounts.*"tierbell token create NAME --role admin"/,
      );
    }
  });

  it('says which address is taken', async () => {
    const config = await configFile();
    const { url } = await startTierbell({ configFile: config });
    const { host } = new URL(url);
    const ran = await serve(config, temporaryFolder('data').path, `--web.listen-address=${host}`);
    expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`${host} is taken`) });
  });

  it('starts with no wrong configuration, and shows each of its mistakes at its place', async () => {
    const folder = temporaryFolder('wrong').path;
    const main = join(folder, 'tierbell.yaml');
    writeFileSync(
      main,
      [
        'sources:',
        '  - { name: am, kind: alertmanagr }',
        'channels:',
        '  - { name: l2-mail, kind: email, smtp_url: smtp://127.0.0.1:25, from: a@example.org, to: [b@example.org] }',
        'teams:',
        '  - { name: level2, channels: [l2-mial] }',
        'fallbak: { notify: [l2-mail] }',
        'flap: { settle: soon }',
        'rule_files: [escalation.yaml, missing.yaml]',
        '',
      ].join('\n'),
    );
    writeFileSync(
      join(folder, 'escalation.yaml'),
      'escalation_policies:\n  - name: default\n    steps:\n      - { level: 7, notify: [level2] }\n',
    );
    const dataDir = join(folder, 'data');
    const [served, checked] = await Promise.all([
      serve(main, dataDir),
      runTierbell(['check-config', '--config.file', main]),
    ]);
    for (const ran of [served, checked]) {
      expect(ran.code).toBe(1);
      const told = ran.stdout + ran.stderr;
      for (const place of [
        'tierbell.yaml:2:23',
        'tierbell.yaml:6:',
        'tierbell.yaml:7:1',
        'tierbell.yaml:8:',
        'tierbell.yaml:9:',
        'escalation.yaml:4:',
      ]) {
        expect(told).toContain(`${folder}/${place}`);
      }
      expect(told).toMatch(/did you mean `alertmanager`\?/);
    }
    expect(served.stdout).toBe('');
  });

  it('ends with 2 where it is used wrongly, and says what is allowed', async () => {
    const usages: [args: string[], said: RegExp][] = [
      [['serve', '--no-such-flag'], /--no-such-flag/],
      [['sevre'], /serve/],
      [['serve', '--web.listen-address=nonsense'], /host:port/],
      [['serve', '--web.external-url=bell'], /https:\/\//],
      [['serve', '--log.level=loud'], /info/],
      [['incident', 'ack'], /missing required argument/],
    ];
    const rans = await Promise.all(usages.map(([args]) => runTierbell(args)));
    expect(rans).toMatchObject(usages.map(() => ({ code: 2, stdout: '' })));
    for (const [index, [, said]] of usages.entries()) expect(rans[index]?.stderr).toMatch(said);
  });

  it('takes its flags from the environment too', async () => {
    const config = await configFile();
    const dataDir = temporaryFolder('data').path;
    const env = { TIERBELL_LOG_FORMAT: 'json', TIERBELL_WEB_EXTERNAL_URL: 'https://bell.example.org/' };
    const bridge = await startTierbell({ configFile: config, dataDir, env });
    await bridge.stop();
    const lines = bridge.stderr().trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(expect.objectContaining({ msg: 'ready' }));
    expect(bridge.stderr()).not.toContain('no --web.external-url');
  });
});

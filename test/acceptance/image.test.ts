import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { PROJECT } from '../helpers/project.ts';
import { readDockerfile, type Instruction } from '../helpers/dockerfile.ts';
import { runProgram } from '../helpers/run-program.ts';
import { guardProcess, stopEverything, temporaryFolder } from '../servers/cleanup.ts';

/** npm installs from its cache or the registry. */
const LIMIT_MS = 600_000;
/** nobody and nogroup; only root can become them. */
const NOBODY = 65_534;
const CAN_BE_NOBODY = process.getuid?.() === 0;
const STAGES = readDockerfile(readFileSync(join(PROJECT, 'Dockerfile'), 'utf8'));

/** There is no container engine here: the instructions are followed by hand, in folders that stand for the image. */
const root = temporaryFolder('image').path;
const pathIn = (stage: string, path: string): string => join(root, stage, path.replace(/^\//, ''));

interface Started {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly pid: number;
  readonly exited: Promise<number | null>;
}

/** As nobody, with the image's environment and nothing else. */
function start(words: readonly string[], env: Readonly<Record<string, string>>): Started {
  const [command = '', ...args] = words;
  const child = spawn(command === 'node' ? process.execPath : command, args, {
    cwd: pathIn('final', '/app'),
    env: { PATH: `${dirname(process.execPath)}${delimiter}/usr/bin:/bin`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(CAN_BE_NOBODY ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (bytes: Buffer) => (said[name] += String(bytes)));
  const release = child.pid === undefined ? () => undefined : guardProcess(child.pid);
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  void exited.then(release);
  return { stdout: () => said.stdout, stderr: () => said.stderr, pid: child.pid ?? -1, exited };
}

async function follow(stage: string, instructions: readonly Instruction[]): Promise<void> {
  let workdir = '/';
  for (const { name, words, text } of instructions) {
    if (name === 'WORKDIR') mkdirSync(pathIn(stage, (workdir = text)), { recursive: true });
    else if (name === 'COPY') copy(stage, workdir, words);
    else if (name === 'RUN' && stage === 'build') await run(text, pathIn(stage, workdir));
  }
}

function copy(stage: string, workdir: string, words: readonly string[]): void {
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const [target = '', ...sources] = words.filter((word) => !word.startsWith('--')).toReversed();
  const folder = pathIn(stage, join(workdir, target));
  for (const source of sources) {
    const origin = from === undefined ? join(PROJECT, source) : pathIn(from, source);
    const into = target.endsWith('/') ? join(folder, source) : folder;
    cpSync(origin, into, { recursive: true, verbatimSymlinks: true });
  }
}

/** The image has Node 24 as `node`; npm is this machine's, with its own settings and cache. */
async function run(command: string, folder: string): Promise<void> {
  const path = `${dirname(realpathSync(process.execPath))}${delimiter}${process.env['PATH'] ?? ''}`;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NODE_OPTIONS|NODE_ENV|JEST_)/.test(name)),
  );
  const ran = await runProgram('/bin/sh', ['-c', `cd '${folder}' && ${command}`], {
    env: { ...(env as Record<string, string>), PATH: path, npm_config_prefer_offline: 'true' },
  });
  if (ran.code !== 0) throw new Error(`${command} ended with ${ran.code}\n${ran.stdout}${ran.stderr}`);
}

afterAll(stopEverything, LIMIT_MS);

describe('the Dockerfile', () => {
  const final = STAGES.at(-1)?.instructions ?? [];
  const [entrypoint, cmd] = ['ENTRYPOINT', 'CMD'].map((name) => final.find((one) => one.name === name)?.words ?? []);
  const command = [...(entrypoint ?? []), ...(cmd ?? [])];
  const data = pathIn('final', '/data');
  const token = join(root, 'admin.token');
  const env = Object.fromEntries(
    final
      .filter(({ name }) => name === 'ENV')
      .map(({ text }) => text.split('=') as [string, string])
      .map(([name, value]) => [name, value.startsWith('/') ? pathIn('final', value) : value.replace(':9096', ':0')]),
  );

  beforeAll(async () => {
    await follow('build', STAGES[0]?.instructions ?? []);
    await follow('final', final);
    mkdirSync(data, { recursive: true });
    writeFileSync(token, 'a-token-for-the-first-start');
    for (const path of [root, token]) chmodSync(path, 0o755);
    if (CAN_BE_NOBODY) chownSync(data, NOBODY, NOBODY);
  }, LIMIT_MS);

  it('listens on all addresses, keeps its data in the volume, runs as somebody who is not root, and says how it is', () => {
    const said = (name: string): string | undefined => final.find((one) => one.name === name)?.text;
    expect(final.filter(({ name }) => name === 'ENV').map(({ text }) => text)).toEqual(
      expect.arrayContaining(['TIERBELL_WEB_LISTEN_ADDRESS=0.0.0.0:9096', 'TIERBELL_STORAGE_PATH=/data']),
    );
    expect([said('VOLUME'), said('USER'), said('EXPOSE')]).toEqual(['/data', 'node', '9096']);
    expect(said('HEALTHCHECK')).toContain('/-/healthy');
    expect(STAGES.every(({ base }) => base.startsWith('node:24-'))).toBe(true);
  });

  it('brings what runs and nothing for building or testing', () => {
    expect(existsSync(pathIn('final', '/app/node_modules/better-sqlite3'))).toBe(true);
    for (const name of ['typescript', 'jest', 'node', '@types/node'])
      expect(existsSync(pathIn('final', `/app/node_modules/${name}`))).toBe(false);
    expect(existsSync(pathIn('final', '/app/src'))).toBe(false);
  });

  it('refuses to start in the open without an account, and says which command makes the first', async () => {
    const bridge = start(command, env);
    expect(await bridge.exited).toBe(2);
    expect(bridge.stderr()).toMatch(/token create|TIERBELL_ADMIN_TOKEN_FILE/);
  }, 300_000);

  it('starts as nobody with a first token, writes to its volume alone, and is healthy by its own check', async () => {
    const bridge = start(command, { ...env, TIERBELL_ADMIN_TOKEN_FILE: token });
    const url = await new Promise<string>((resolve, reject) => {
      void bridge.exited.then((code) => reject(new Error(`ended with ${code}: ${bridge.stderr()}`)));
      const timer = setInterval(() => {
        const found = /"url":"([^"]+)"/.exec(bridge.stdout())?.[1];
        if (found === undefined) return;
        clearInterval(timer);
        resolve(found.replace('0.0.0.0', '127.0.0.1'));
      }, 50);
      void bridge.exited.then(() => clearInterval(timer));
    });
    const [, ...check] = JSON.parse(
      /CMD (\[.+\])/.exec(final.find(({ name }) => name === 'HEALTHCHECK')?.text ?? '')?.[1] ?? '[]',
    ) as string[];
    const health = start(['node', ...check.map((word) => word.replace('http://127.0.0.1:9096', url))], {});
    expect(await health.exited).toBe(0);
    expect((await fetch(`${url}/api/v1/incidents`)).status).toBe(401);
    const headers = { authorization: 'Bearer a-token-for-the-first-start' };
    expect((await fetch(`${url}/api/v1/incidents`, { headers })).status).toBe(200);
    expect(existsSync(join(data, 'tierbell.sqlite'))).toBe(true);
    process.kill(bridge.pid, 'SIGTERM');
    expect(await bridge.exited).toBe(0);
  }, 300_000);
});

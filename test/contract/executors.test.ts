import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Executor, ExecutorTools, RunResult } from '../../src/fixes/executor.ts';
import type { RenderedAction } from '../../src/fixes/rendered-action.ts';
import { createExecutor, executorConfig, executorKinds } from '../../src/fixes/registry.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { temporaryFolder } from '../servers/cleanup.ts';
import { countAwakeMs } from '../helpers/awake-time.ts';

/** Each kind says how its executor is made and how to have it do what the table asks for. */
interface Subject {
  readonly config: Record<string, unknown>;
  /** Succeeds and says `hello`; fails and says `broken`; says `begun` and never ends. */
  readonly actions: Readonly<Record<'succeed' | 'fail' | 'hang', RenderedAction>>;
  /** How often the action that never ends has begun its effect. */
  readonly begun: () => number;
  readonly forbidden: RenderedAction;
  /** How success and failure are told, besides their output. */
  readonly success: Pick<RunResult, 'exitCode' | 'reason'>;
  readonly failure: Pick<RunResult, 'exitCode' | 'reason'>;
}

const folder = temporaryFolder('fixes');
afterAll(() => folder.remove());

/** A line for each time that the command which never ends has begun. */
const hangs = join(folder.path, 'hangs');

function script(name: string, ...lines: readonly string[]): string {
  const path = join(folder.path, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(path, 0o755);
  return path;
}

function action(argv: readonly string[], timeoutMs = 30_000): RenderedAction {
  return { kind: 'command', argv, timeoutMs };
}

let hanging = 0;
const server = createServer((request, response) => {
  if (request.url === '/hang') hanging += 1;
  if (request.url === '/succeed') response.end('hello\n');
  else if (request.url === '/fail') response.writeHead(409).end('broken\n');
  else response.write('begun\n');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function request(url: string, timeoutMs = 30_000): RenderedAction {
  return { kind: 'http', method: 'POST', url, headers: {}, body: null, expect: null, poll: null, timeoutMs };
}

const SUBJECTS: Readonly<Record<string, Subject>> = {
  http: {
    config: { allow: [origin] },
    actions: {
      succeed: request(`${origin}/succeed`),
      fail: request(`${origin}/fail`),
      hang: request(`${origin}/hang`, 3_000),
    },
    begun: () => hanging,
    forbidden: request('http://127.0.0.1:1/succeed'),
    success: { exitCode: null, reason: 'it was answered with 200' },
    failure: { exitCode: null, reason: 'it was refused with 409' },
  },
  command: {
    config: { allow: [`${folder.path}/allowed/`, '/usr/bin/env'] },
    actions: {
      succeed: action([script('allowed/hello', 'echo hello')]),
      fail: action([script('allowed/fail', 'echo broken >&2', 'exit 3')]),
      hang: action([script('allowed/hang', 'echo begun', `echo x >> ${hangs}`, 'exec sleep 1000')], 3_000),
    },
    begun: () => (existsSync(hangs) ? readFileSync(hangs, 'utf8').length / 2 : 0),
    forbidden: action([script('elsewhere/hello', 'echo hello')]),
    success: { exitCode: 0, reason: 'it ended with status 0' },
    failure: { exitCode: 3, reason: 'it ended with status 3' },
  },
};

function make(kind: string, change: Record<string, unknown> = {}, tools?: ExecutorTools): Executor {
  return createExecutor(executorConfig.parse({ name: 'local', kind, ...SUBJECTS[kind]?.config, ...change }), tools);
}

const ATTEMPT = { id: 'attempt-1', fence: 7 };
const never = new AbortController().signal;
const run = (wanted: RenderedAction, signal = never, tools?: ExecutorTools): Promise<RunResult> =>
  make('command', {}, tools).run(wanted, ATTEMPT, signal);

it('every executor in the folder is in the registry, and every one in the registry is under test', () => {
  const files = readdirSync(new URL('../../src/fixes/executors/', import.meta.url));
  expect(files.map((file) => file.replace(/\.ts$/, '')).sort()).toEqual(executorKinds.map(({ kind }) => kind).sort());
  expect(Object.keys(SUBJECTS).sort()).toEqual(executorKinds.map(({ kind }) => kind).sort());
});

describe.each(executorKinds.map(({ kind }) => kind))('the executor %s', (kind) => {
  const { actions, begun, forbidden, success, failure } = SUBJECTS[kind] as Subject;

  it('tells success with its output', async () => {
    expect(await make(kind).run(actions.succeed, ATTEMPT, never)).toEqual({
      state: 'succeeded',
      output: 'hello\n',
      ...success,
    });
  });

  it('tells failure with its output', async () => {
    const result = await make(kind).run(actions.fail, ATTEMPT, never);
    expect(result).toMatchObject({
      state: 'failed',
      output: 'broken\n',
      ...failure,
    });
  });

  it('does not know the outcome of what it had to stop', async () => {
    const result = await make(kind).run(actions.hang, ATTEMPT, never);
    expect(result).toMatchObject({ state: 'unknown', output: 'begun\n' });
    expect(result.reason).toMatch(/did not end within .*may or may not have taken effect/);
  });

  it('does not know the outcome of what its caller stopped, and starts nothing that was called off', async () => {
    const caller = new AbortController();
    const long = { ...actions.hang, timeoutMs: 600_000 };
    const before = begun();
    const running = make(kind).run(long, ATTEMPT, caller.signal);
    await waitFor('it to begin', () => begun() > before);
    caller.abort();
    expect(await running).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('Tierbell had to stop it') as string,
    });
    expect(await make(kind).run(long, ATTEMPT, caller.signal)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('called off before it started') as string,
    });
  });

  it('refuses what its configuration does not allow, beforehand and when it is to run', async () => {
    expect(make(kind).refuses(actions.succeed)).toBeNull();
    expect(make(kind).refuses(forbidden)).toMatch(/not on the executor's allow list/);
    expect(await make(kind).run(forbidden, ATTEMPT, never)).toMatchObject({ state: 'failed', output: '' });
  });

  it('refuses the actions of every other kind', async () => {
    for (const [other, subject] of Object.entries(SUBJECTS)) {
      if (other === kind) continue;
      expect(make(kind).refuses(subject.actions.succeed)).toMatch(/this executor .* only; name another one/);
      expect(await make(kind).run(subject.actions.succeed, ATTEMPT, never)).toMatchObject({ state: 'failed' });
    }
  });

  it('serves the alerts that its matchers fit', () => {
    const executor = make(kind, { matchers: ['environment="prod"'] });
    expect(executor.serves({ environment: 'prod' })).toBe(true);
    expect(executor.serves({ environment: 'dev' })).toBe(false);
    expect(make(kind).serves({})).toBe(true);
  });

  it('redacts output', async () => {
    const tools = { redact: (text: string) => text.replaceAll('hello', '[hidden]') };
    expect(await make(kind, {}, tools).run(actions.succeed, ATTEMPT, never)).toMatchObject({ output: '[hidden]\n' });
  });
});

describe('a command', () => {
  it('gets its arguments one by one, with nothing for a shell to act upon', async () => {
    const show = script('allowed/show', 'for one in "$@"; do printf "<%s>" "$one"; done');
    const marker = join(folder.path, 'touched');
    const hostile = [`; touch ${marker}`, `$(touch ${marker})`, '`id`', 'a b', "'", '"', '*', '', '--', '-x', '\n'];
    const result = await run(action([show, ...hostile]));
    expect(result.output).toBe(hostile.map((value) => `<${value}>`).join(''));
    expect(readdirSync(folder.path)).not.toContain('touched');
  });

  it('sees nothing of the environment but its own few variables, and closed input, and /', async () => {
    process.env['TIERBELL_TEST_SECRET'] = 'hunter2';
    try {
      const result = await run(action(['/usr/bin/env']));
      expect(result.output.trim().split('\n').sort()).toEqual([
        'LANG=C',
        'PATH=/usr/bin:/bin',
        'TIERBELL_ATTEMPT=attempt-1',
        'TIERBELL_FENCE=7',
      ]);
    } finally {
      delete process.env['TIERBELL_TEST_SECRET'];
    }
    const where = script('allowed/where', 'pwd', 'cat');
    expect(await run(action([where]))).toMatchObject({ state: 'succeeded', output: '/\n' });
  });

  it('has its output and its errors together in order, without control characters', async () => {
    const both = script(
      'allowed/both',
      'printf "one\\n"',
      'sleep 3',
      'printf "\\033[31mtwo\\033[0m\\n" >&2',
      'sleep 3',
      'echo three',
    );
    expect((await run(action([both]))).output).toBe('one\ntwo\nthree\n');
  });

  it('may flood its output without harm', async () => {
    const flood = script('allowed/flood', 'echo first', 'head -c 20000000 /dev/zero | tr "\\0" x', 'echo', 'echo last');
    const { state, output } = await run(action([flood]));
    expect(state).toBe('succeeded');
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(65_536);
    expect(output).toMatch(/^first\n[^]*output was cut here[^]*last\n$/);
  });

  it('does not hold us where a grandchild keeps the pipe open', async () => {
    const pidFile = join(folder.path, 'grandchild');
    const leave = script('allowed/leave', 'sleep 1000 &', `echo $! > ${pidFile}`, 'echo done');
    const passed = countAwakeMs();
    const result = await run(action([leave], 600_000));
    expect(result).toMatchObject({ state: 'succeeded', output: 'done\n' });
    expect(passed()).toBeLessThan(100_000);
    process.kill(Number(readFileSync(pidFile, 'utf8')));
  });

  it('is ended with its whole group: TERM first, KILL for what does not hear it', async () => {
    const pidFile = join(folder.path, 'deaf');
    const deaf = script(
      'allowed/deaf',
      `trap '' TERM`,
      'sleep 1000 &',
      `echo $$ $! > ${pidFile}`,
      'while :; do sleep 1; done',
    );
    const result = await run(action([deaf], 3_000));
    expect(result).toMatchObject({ state: 'unknown', exitCode: null });
    expect(result.reason).toMatch(/was ended by SIGKILL/);
    for (const pid of readFileSync(pidFile, 'utf8').trim().split(' '))
      await waitFor(`process ${pid} to be gone`, () => !lives(Number(pid)));
  }, 300_000);

  it('is unknown even where it answers TERM with success', async () => {
    const polite = script(
      'allowed/polite',
      `trap 'echo bye; exit 0' TERM`,
      'echo begun',
      'while :; do sleep 0.1; done',
    );
    expect(await run(action([polite], 3_000))).toMatchObject({ state: 'unknown', exitCode: 0 });
  });

  it('is unknown where somebody else ended it', async () => {
    expect(await run(action([script('allowed/suicide', 'kill -9 $$')]))).toMatchObject({
      state: 'unknown',
      reason: 'it was ended by SIGKILL, and may or may not have taken effect',
    });
  });

  it.each<[string, () => string, RegExp]>([
    [
      'is not there',
      () => join(folder.path, 'allowed/missing'),
      /not started: there is no program .*missing; install it/,
    ],
    ['may not be run', () => plainFile('allowed/plain', '#!/bin/sh\n', 0o644), /may not be run by this user/],
    [
      'lacks its interpreter',
      () => plainFile('allowed/odd', '#!/no/such/interpreter\n', 0o755),
      /interpreter on its first line/,
    ],
    ['is a folder', () => join(folder.path, 'allowed/sub/..'), /could not be started|not on the executor's allow list/],
  ])('that %s has failed, for nothing ran', async (_what, program, expected) => {
    mkdirSync(join(folder.path, 'allowed/sub'), { recursive: true });
    const result = await run(action([program()]));
    expect(result).toMatchObject({ state: 'failed', exitCode: null, output: '' });
    expect(result.reason).toMatch(expected);
  });

  it('that cannot even be handed over has failed', async () => {
    const hello = join(folder.path, 'allowed/hello');
    expect(await run(action([hello, 'a\0b']))).toMatchObject({ state: 'failed' });
    expect(await run(action([hello, 'x'.repeat(5_000_000)]))).toMatchObject({ state: 'failed' });
  });
});

describe('the allow list of commands', () => {
  const outside = script('elsewhere/tool', 'echo escaped');
  const inside = script('allowed/tool', 'echo fine');
  const link = (name: string, to: string): string => {
    const path = join(folder.path, name);
    mkdirSync(join(path, '..'), { recursive: true });
    symlinkSync(to, path);
    return path;
  };

  const table: [string, string, string[], boolean][] = [
    ['a program in an allowed folder', inside, [`${folder.path}/allowed/`], true],
    ['a program below it', script('allowed/deep/down/tool', ''), [`${folder.path}/allowed/`], true],
    ['a way out with ..', `${folder.path}/allowed/../elsewhere/tool`, [`${folder.path}/allowed/`], false],
    [
      'a way round with .. that stays inside',
      `${folder.path}/elsewhere/../allowed/tool`,
      [`${folder.path}/allowed/`],
      true,
    ],
    ['a link inside that leads out', link('allowed/way-out', outside), [`${folder.path}/allowed/`], false],
    [
      'a folder link inside that leads out',
      join(link('allowed/door', join(folder.path, 'elsewhere')), 'tool'),
      [`${folder.path}/allowed/`],
      false,
    ],
    ['an allowed folder that is a link itself', inside, [`${link('alias', join(folder.path, 'allowed'))}/`], true],
    ['a folder that only begins alike', script('allowed-not/tool', ''), [`${folder.path}/allowed/`], false],
    ['a folder named without its slash', inside, [`${folder.path}/allowed`], false],
    ['an allowed file', outside, [outside], true],
    ['another file', inside, [outside], false],
    ['an allowed file under another name (busybox)', link('elsewhere/rm', outside), [outside], false],
    ['an allowed link by its own name', link('bin/tool', outside), [`${folder.path}/bin/tool`], true],
    ['a relative path', 'allowed/tool', [`${folder.path}/allowed/`], false],
    ['a bare name', 'tool', ['/'], false],
    ['nothing', '', ['/'], false],
    ['a program that is not installed yet', `${folder.path}/allowed/later`, [`${folder.path}/allowed/`], true],
    ['a missing one outside', `${folder.path}/allowed/../later`, [`${folder.path}/allowed/`], false],
    ['a NUL', `${inside}\0x`, [`${folder.path}/allowed/`], false],
  ];

  it.each(table)('%s', async (_what, program, allow, allowed) => {
    const executor = make('command', { allow });
    expect(executor.refuses(action([program])) === null).toBe(allowed);
    const { output } = await executor.run(action([program]), ATTEMPT, never);
    if (!allowed) expect(output).toBe('');
  });
});

function plainFile(name: string, text: string, mode: number): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

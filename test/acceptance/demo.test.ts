import { existsSync } from 'node:fs';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeBlocks, readDoc } from '../helpers/markdown.ts';
import { PROJECT } from '../helpers/project.ts';
import { runTierbell } from '../helpers/run-program.ts';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';
import { startProcess, type RunningProcess } from '../servers/start-process.ts';

/** A minute in all is promised; a busy machine may take longer without the demo being wrong. */
const LIMIT_MS = 300_000;
const STEPS = 41;

const stepsOf = (text: string, mark: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`  ${mark} `));

function demo(folder: string, flags: readonly string[], ready: RegExp, more: Readonly<Record<string, string>> = {}) {
  return startProcess({
    name: 'the demo',
    command: process.execPath,
    ready,
    readyWithinMs: LIMIT_MS,
    readyOn: 'stdout',
    args: [join(folder, 'dist', 'bin.js'), 'demo', ...flags],
    env: { PATH: process.env['PATH'], TMPDIR: temporaryFolder('demo-tmp').path, ...more },
  });
}

afterAll(stopEverything);

describe('npm run demo', () => {
  let tour: RunningProcess;
  const address = (): string => /at (http:\/\/127\.0\.0\.1:\d+),/.exec(tour.stdout())?.[1] ?? 'no address';

  beforeAll(async () => {
    tour = await demo(PROJECT, [], /The console is open/, { FORCE_COLOR: '1' });
  }, LIMIT_MS);

  it('takes every step as told', () => {
    const { length } = stepsOf(tour.stdout(), '✓');
    expect({ wrong: stepsOf(tour.stdout(), '✗'), length }).toEqual({ wrong: [], length: STEPS });
    expect(tour.stdout()).toContain(`All ${STEPS} steps came out as told`);
    expect(tour.stderr()).toBe('');
  });

  it('is plain text of 80 columns where standard output is no terminal', () => {
    expect(tour.stdout()).not.toContain('\u001b');
    const meantToBeCopied = /^ {4}\S|^ {9}\/|^ {17}(?:\/|http)/;
    const long = tour
      .stdout()
      .split('\n')
      .filter((line) => line.length > 80 && !meantToBeCopied.test(line));
    expect(long).toEqual([]);
  });

  it('tells for each alert the category, the lines that explain it, and what was done', () => {
    for (const part of [
      /Software installation failure, \d+ % sure/,
      /libvips\.so\.42/,
      /release 2\.4\.1 withdrawn, release 2\.4\.0 serves/,
      /Network downtime, \d+ % sure/,
      /no such host/,
      /by ada, with the button behind her link/,
      /Cloud service interruption, \d+ % sure/,
      /503 Service\s+│? ?Unavailable/,
      /nobody acknowledged in time/,
      /"Restart the service", status 1, tried once/,
      /computed checksum did NOT match/,
      /Data security breach, \d+ % sure/,
      /Accepted password for root/,
      /Other, \d+ % sure/,
      /Unclassified, not sure enough to say/,
    ])
      expect(tour.stdout()).toMatch(part);
  });

  it(
    'played again from its record, every incident is decided as it was',
    async () => {
      const folder = / {4}(\/\S*tierbell-demo-\w+)\n/.exec(tour.stdout())?.[1] ?? 'no folder';
      const replay = (id: string) =>
        runTierbell([
          ...['replay', id, '--exit-code', '--config.file', join(PROJECT, 'rules', 'demo', 'tierbell.yaml')],
          ...['--storage.path', join(folder, 'store')],
        ]);
      for (let n = 1; n <= 7; n += 1) {
        const { code, stdout, stderr } = await replay(`INC-${n}`);
        expect({ code, stderr, stdout }).toEqual({
          code: 0,
          stderr: '',
          stdout: expect.stringContaining('no difference'),
        });
      }
    },
    LIMIT_MS,
  );

  it('ends with where each incident stands: category, evidence, fix or hand-over, bundle', () => {
    const table = tour.stdout().slice(tour.stdout().indexOf('── What became of them'));
    const rows = [...table.matchAll(/^ {2}(INC-\d) {2}(.+?)(?:, \d+ %)? {2,}logs (\w+): .+\n {9}(.+)$/gm)].map((row) =>
      row.slice(1),
    );
    expect(rows).toEqual([
      ['INC-1', 'Software installation failure', 'complete', 'healed by a known fix, verified; nobody was woken'],
      ['INC-2', 'Network downtime', 'complete', 'acknowledged by ada of Level 2'],
      ['INC-3', 'Cloud service interruption', 'complete', expect.stringContaining('nobody acknowledged in time')],
      ['INC-4', 'Software installation failure', 'complete', expect.stringContaining('the known fix failed')],
      ['INC-5', 'Data security breach', 'complete', expect.stringContaining('a breach goes there at once')],
      ['INC-6', 'Other', 'unavailable', 'Level 2 was told, no hurry'],
      ['INC-7', 'Unclassified', 'unavailable', 'Level 2 was told: a person says what it is'],
    ]);
    const bundles = [...table.matchAll(/^ {9}(\/\S+\.zip)$/gm)].map(([, path = '']) => path);
    expect(bundles.map((path) => basename(path))).toEqual(
      ['INC-3', 'INC-4', 'INC-5'].map((id) => `${id}-handover-1.zip`),
    );
    expect(bundles.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('says how to connect an Alertmanager in the words of the README', () => {
    const lines = /in alertmanager\.yml\n((?: {4}.+\n)+)/.exec(tour.stdout())?.[1]?.replace(/^ {4}/gm, '') ?? '';
    const told = codeBlocks(readDoc('README.md')).find(({ text }) => text.includes('webhook_configs'))?.text ?? '';
    const inReadme = lines
      .trimEnd()
      .split('\n')
      .filter((line) => !told.includes(line));
    expect([lines.trimEnd().split('\n').length, inReadme]).toEqual([5, []]);
  });

  it('leaves the console open, with each incident on it', async () => {
    expect(tour.stdout()).toContain(`The console is open: ${address()}`);
    const page = await (await fetch(`${address()}/`)).text();
    for (let n = 2; n <= 7; n += 1) expect(page).toContain(`INC-${n}`);
  });

  it('leaves the bundle where it says, and serves the same bytes at the address that it says', async () => {
    const path = /^ {17}(\S+INC-3-handover-1\.zip)$/m.exec(tour.stdout())?.[1] ?? '';
    const url = /^ +(http\S+handover\.zip\S*)$/m.exec(tour.stdout())?.[1] ?? '';
    const served = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(served.equals(await readFile(path))).toBe(true);
  });

  it('leaves the bridge up, and the commands that it offers work on it', async () => {
    const offered = [...tour.stdout().matchAll(/^ {4}npm run -s tierbell -- (.+)$/gm)].map(([, words]) => words ?? '');
    expect(offered).toHaveLength(3);
    for (const words of offered) {
      const run = await startProcess({
        name: words,
        command: process.execPath,
        ready: /INC-[34]/,
        env: { PATH: process.env['PATH'], USER: 'grace' },
        args: [join(PROJECT, 'dist', 'bin.js'), ...words.split(' ')],
      });
      expect((await run.exited).code).toBe(0);
    }
    const incident = (await (await fetch(`${address()}/api/v1/incidents/INC-3`)).json()) as Record<string, unknown>;
    expect(incident).toMatchObject({ status: 'acknowledged', acknowledgedBy: 'grace', level: '3' });
    expect(await (await fetch(`${address()}/metrics`)).text()).toContain('tierbell_incidents_open{');
  });

  it('ends with status 0 at SIGTERM, and leaves what it wrote', async () => {
    const folder = /^ {4}(\S+tierbell-demo-\w+)$/m.exec(tour.stdout())?.[1] ?? '';
    expect((await tour.stop()).code).toBe(0);
    expect(existsSync(join(folder, 'store', 'tierbell.sqlite'))).toBe(true);
  });
});

describe('npm run demo -- --exit', () => {
  it(
    'says which step came out otherwise, and ends with status 1',
    async () => {
      const folder = await spoiltCopy();
      const tour = await demo(folder, ['--exit'], /steps? did NOT come out as told/);
      expect((await tour.exited).code).toBe(1);
      expect(stepsOf(tour.stdout(), '✗')).toHaveLength(1);
      expect(stepsOf(tour.stdout(), '✓')).toHaveLength(STEPS - 1);
      expect(tour.stdout()).toMatch(/✗ evidence +NOT AS TOLD: "no such host" is not among the first three lines/);
    },
    LIMIT_MS,
  );
});

/** The program with recorded logs that lack the line that explains the second alert. */
async function spoiltCopy(): Promise<string> {
  const { path } = temporaryFolder('demo-copy');
  for (const name of ['dist', 'rules', 'package.json'])
    await cp(join(PROJECT, name), join(path, name), { recursive: true });
  await symlink(join(PROJECT, 'node_modules'), join(path, 'node_modules'));
  const log = join(path, 'rules', 'demo', 'logs', 'payments.txt');
  await writeFile(log, (await readFile(log, 'utf8')).replaceAll('no such host', 'i/o timeout'));
  return path;
}

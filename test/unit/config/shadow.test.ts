import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/load.ts';
import { renderProblem } from '../../../src/config/problem.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierbell-shadow-'));
  cpSync('rules', folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const main = (): string => join(folder, 'tierbell.yaml');

/** The configuration with these rules in its shadow. */
async function load(shadow: string) {
  writeFileSync(main(), `${readFileSync('rules/tierbell.yaml', 'utf8')}\nshadow: { rules: ${shadow} }\n`);
  const loaded = await loadConfig({ file: main(), env: {} });
  return loaded.ok ? loaded.config : loaded.problems.map((one) => renderProblem(one).replaceAll(folder, ''));
}

/** The shipped rules once more below `next/`, one of them changed. */
function next(file: string, from: string | RegExp, to: string): void {
  cpSync('rules', join(folder, 'next'), { recursive: true });
  writeFileSync(join(folder, 'next', file), readFileSync(join('rules', file), 'utf8').replace(from, to));
}

it('a folder with a main file is taken whole, whatever it names as its own shadow', async () => {
  next('tierbell.yaml', /$/, '\nshadow: { rules: nowhere/ }\ngrouping: { by: [severity] }\n');
  const config = await load('next/');
  expect(config).toMatchObject({
    grouping: { by: ['groupKey', 'alertname'] },
    shadow: { rules: 'next/', config: { grouping: { by: ['severity'] } } },
  });
  expect(config).not.toHaveProperty('shadow.config.shadow');
});

it('a folder with rule files alone goes with the running main file', async () => {
  next('escalation.yaml', 'P1: 5m', 'P1: 1m');
  rmSync(join(folder, 'next', 'tierbell.yaml'));
  const waits = { escalation_policies: [{ steps: [{ ack_timeout: { P1: 60_000 } }, {}] }] };
  expect(await load('next')).toMatchObject({ shadow: { config: waits } });
});

it('what is wrong in the shadow is told with its place, and nothing is loaded', async () => {
  next('escalation.yaml', 'level: 3', 'level: 9');
  expect(await load('next/')).toEqual([expect.stringMatching(/^\/next\/escalation\.yaml:\d+:\d+: .*level/)]);
  expect(await load('nothing/')).toEqual([
    expect.stringMatching(
      /^\/tierbell\.yaml:\d+:\d+: shadow\.rules: there is nothing, found `nothing\/`; name a folder/,
    ),
  ]);
});

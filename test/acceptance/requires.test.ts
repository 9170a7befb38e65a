import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { stopEverything, temporaryFolder } from '../servers/cleanup.ts';

const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

jest.setTimeout(300_000);
afterEach(stopEverything);

/** Runs requires.probe.ts on a machine whose PATH is one folder with these programs in it. */
function probe(programs: readonly string[], ci: string): { status: number | null; output: string } {
  const folder = temporaryFolder('path').path;
  for (const name of programs) writeFileSync(join(folder, name), '#!/bin/sh\n', { mode: 0o755 });
  const args = ['--experimental-vm-modules', '--no-warnings', join(PROJECT, 'node_modules/jest/bin/jest.js')];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...args, '--testMatch', '**/requires.probe.ts', '--runInBand', '--colors=false'],
    { cwd: PROJECT, encoding: 'utf8', env: { PATH: folder, CI: ci } },
  );
  return { status, output: `${stdout}${stderr}` };
}

describe('tests that need a server', () => {
  it('run where the server is', () => {
    const { status, output } = probe(['prometheus'], 'true');
    expect(output).toContain('1 passed, 1 total');
    expect(output).not.toContain('Skipped');
    expect(status).toBe(0);
  });

  it('are skipped where it is not, and named with the reason and the remedy at the end', () => {
    const { status, output } = probe([], '');
    expect(output).toMatch(
      /Skipped \(1\):\n {2}a story \[skipped: no Prometheus here \(apt-get install prometheus\)\] › is told\n/,
    );
    expect(status).toBe(0);
  });

  it('fail where it is not and CI=true', () => {
    const { status, output } = probe([], 'true');
    expect(output).toContain('CI=true skips nothing, but there is no Prometheus here (apt-get install prometheus)');
    expect(output).toContain('1 failed, 1 total');
    expect(status).toBe(1);
  });
});

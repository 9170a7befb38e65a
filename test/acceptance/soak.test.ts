import { join } from 'node:path';
import { PROJECT } from '../helpers/project.ts';
import { runProgram } from '../helpers/run-program.ts';
import { seeded } from '../soak/seeded.ts';

const soak = (...args: readonly string[]) =>
  runProgram(process.execPath, ['--no-warnings', join(PROJECT, 'test', 'soak', 'soak.ts'), ...args], {
    env: { PATH: process.env['PATH'] ?? '' },
  });

describe('npm run soak', () => {
  it('kills the bridge, prints what became of it, and ends with status 0 where every promise held', async () => {
    const { code, stdout } = await soak('kill', '--kills', '2');
    expect(stdout).toContain('every promise held');
    expect(stdout).toMatch(/^all +2 +\d+ +\d+ +0 +0 +0 +\d+ +\d+ +0 +\d+ +0 +holds$/m);
    expect(code).toBe(0);
  }, 300_000);

  it.each([['flood'], ['kill', '--kills', '0'], ['--speed', '3']])('refuses %s %s', async (...args) => {
    expect(await soak(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('usage:') });
  });

  it('draws the same numbers for the same seed', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, seeded(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(7).every((number) => number >= 0 && number < 1)).toBe(true);
  });
});

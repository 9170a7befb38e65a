import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAM = ['dist/bin.js', 'classify', '-', '-o', 'ndjson', '--threshold', '0'];

function rules(count: number): string {
  const one = (n: number): string =>
    JSON.stringify({
      alert: `PackageInstallFailed${n}`,
      expr: 'package_install_failed == 1',
      labels: { severity: 'critical' },
      annotations: {},
    });
  return Array.from({ length: count }, (_item, n) => `${one(n)}\n`).join('');
}

describe('tierbell classify, as a process', () => {
  it('gives one verdict a line, in order, with two alternatives each', () => {
    const out = execFileSync(process.execPath, PROGRAM, { input: rules(3), encoding: 'utf8' });
    const verdicts = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(verdicts).toHaveLength(3);
    for (const verdict of verdicts) {
      expect(Object.keys(verdict)).toEqual(['category', 'confidence', 'method', 'reasons', 'alternatives']);
      expect(verdict['category']).toBe('software-installation-failure');
      expect(verdict['alternatives']).toHaveLength(2);
    }
  });

  it('loses no line to a reader that is slow', async () => {
    const child = spawn(process.execPath, PROGRAM, { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(rules(4000));
    let text = '';
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.length < 400_000) await sleep(5);
    }
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    expect(text.trim().split('\n')).toHaveLength(4000);
  });

  it('ends quietly when its reader has had enough', () => {
    const command = `"${process.execPath}" ${PROGRAM.join(' ')} | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const out = execFileSync('bash', ['-c', command], { input: rules(4000), encoding: 'utf8' });
    expect(out.trim().split('\n')).toHaveLength(2);
    expect(out.trim().endsWith('0')).toBe(true);
  });
});

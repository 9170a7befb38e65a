import { readFileSync } from 'node:fs';
import { renderProblem } from '../../../src/config/problem.ts';
import { loadConfig } from '../../../src/config/load.ts';

describe("names that are Tierbell's own", () => {
  const read = (main: string, rules: string) =>
    loadConfig({ file: 'm.yaml', env: {}, readFile: async (path) => (path.endsWith('m.yaml') ? main : rules) });
  const main = (source: string) => `sources: [{ name: ${source}, kind: alertmanager }]
channels: [{ name: hook, kind: webhook, url: 'http://127.0.0.1:9/' }]
fallback: { notify: [hook] }
rule_files: [r.yaml]
`;
  const rules = (policy: string) =>
    `escalation_policies: [{ name: ${policy}, steps: [{ level: 2, notify: [hook] }] }]\n`;

  it('are refused for a source and for a policy, with what is allowed', async () => {
    expect((await read(main('am'), rules('default'))).ok).toBe(true);
    const result = await read(main('tierbell'), rules('fallback'));
    const problems = result.ok ? [] : result.problems.map(renderProblem);
    expect(problems).toEqual([
      expect.stringContaining("allowed any name but `tierbell`, which is Tierbell's own"),
      expect.stringContaining("allowed any name but `fallback`, which is Tierbell's own"),
    ]);
  });

  it('are free in the shipped rules', () => {
    expect(readFileSync('rules/escalation.yaml', 'utf8')).not.toMatch(/name: fallback/);
  });
});

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { describeWith } from '../../helpers/requires.ts';
import { runProgram } from '../../helpers/run-program.ts';

interface AlertRule {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

const RULES = file('tierbell-alerts.yaml');
const TESTS = [file('tierbell-alerts.test.yaml'), file('tierbell-alerts-days.test.yaml')];

function file(name: string): string {
  return fileURLToPath(new URL(`../../../dashboards/${name}`, import.meta.url));
}

function rules(): readonly AlertRule[] {
  const { groups } = parse(readFileSync(RULES, 'utf8')) as { groups: readonly { rules: readonly AlertRule[] }[] };
  return groups.flatMap((group) => group.rules);
}

describe('the alert rules for Tierbell itself', () => {
  it.each(rules().map((rule) => [rule.alert, rule] as const))(
    '%s says what is wrong and the next step',
    (name, rule) => {
      expect(name).toMatch(/^Tierbell[A-Z]/);
      expect(['critical', 'warning']).toContain(rule.labels.severity);
      expect(rule.annotations.summary.length).toBeGreaterThan(20);
      expect(rule.annotations.description.length).toBeGreaterThan(120);
    },
  );

  it('each is named by a test that sees it fire', () => {
    const tests = TESTS.map((one) => readFileSync(one, 'utf8')).join('\n');
    for (const { alert } of rules())
      expect(tests).toMatch(new RegExp(`ALERTS\\{alertname="${alert}", alertstate="firing"|alertname: ${alert}\\n`));
  });
});

describeWith('prometheus', 'the alert rules for Tierbell itself, in Prometheus’s own words', () => {
  it('are rules that Prometheus takes', async () => {
    const { code, stdout, stderr } = await runProgram('promtool', ['check', 'rules', RULES]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`SUCCESS: ${rules().length} rules found`);
  });

  it('fire when they should, and only then', async () => {
    const { code, stdout, stderr } = await runProgram('promtool', ['test', 'rules', ...TESTS]);
    expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' });
  }, 300_000);
});

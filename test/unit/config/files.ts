import { loadConfig } from '../../../src/config/load.ts';
import { renderProblem } from '../../../src/config/problem.ts';

/** A small configuration that is right; tests replace one file or one line of it. */
export const MAIN = `sources:
  - { name: alertmanager, kind: alertmanager }
metrics:
  - { name: prom, kind: prometheus, url: 'http://127.0.0.1:9090' }
executors:
  - { name: local, kind: command, allow: [/usr/bin/ssh, /opt/fixes/] }
channels:
  - { name: mail, kind: email, smtp_url: 'smtp://127.0.0.1', from: a@example.org, to: [b@example.org] }
people:
  - { name: ada, channels: [mail] }
  - { name: bob }
teams:
  - { name: level2, channels: [mail] }
fallback: { notify: [mail] }
rule_files: [rules.yaml]
`;

export const POLICY = `escalation_policies:
  - name: default
    steps:
      - { level: 2, notify: [level2], ack_timeout: 15m }
      - { level: 3, notify: [ada] }
`;

export const FIX = `known_fixes:
  - id: restart
    title: Restart it
    applies_to: { categories: [network-downtime], sources: [alertmanager] }
    target: '{{ host }}'
    action:
      kind: command
      argv: [/usr/bin/ssh, '{{ host }}', restart]
      parameters:
        host: { from: labels.instance, pattern: '[a-z]+' }
    verify: { kind: promql, query: 'up{instance="{{ labels.instance }}"}' }
`;

/** Files that exist in memory only; what is not among them is missing as on a disk. */
export async function load(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  const readFile = (path: string): Promise<string> => {
    const text = Object.hasOwn(files, path) ? files[path] : undefined;
    return text === undefined
      ? Promise.reject(Object.assign(new Error('missing'), { code: 'ENOENT' }))
      : Promise.resolve(text);
  };
  return loadConfig({ file: 'etc/main.yaml', env, readFile });
}

/** Every problem as one line; empty where the configuration is right. */
export async function problemsOf(
  files: { main?: string; rules?: string },
  env: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const { main = MAIN, rules = POLICY } = files;
  const result = await load({ 'etc/main.yaml': main, 'etc/rules.yaml': rules }, env);
  return result.ok ? [] : result.problems.map(renderProblem);
}

/** Puts `to` in the place of `from`, which must stand there. */
export function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`the text holds no ${from}`);
  return text.replace(from, () => to);
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../servers/cleanup.ts';

/** What differs from a small configuration: one source `am` without a token, Level 2 and Level 3 over the mail server. */
export interface Configuration {
  /** Sections of the main file, each in place of the one that stands here. */
  readonly main?: Readonly<Record<string, unknown>>;
  readonly fixes?: readonly unknown[];
  readonly policies?: readonly unknown[];
  readonly categories?: readonly unknown[];
  readonly procedures?: readonly unknown[];
  readonly services?: readonly unknown[];
}

export const LEVEL2 = 'level2@example.org';
export const LEVEL3 = 'level3@example.org';
export const DESK = 'desk@example.org';

/** The three mail boxes of the tests, all on one server. */
export function mailChannels(smtpUrl: string): Readonly<Record<string, unknown>>[] {
  return [
    ['l2-mail', LEVEL2],
    ['l3-mail', LEVEL3],
    ['desk-mail', DESK],
  ].map(([name, to]) => ({ name, kind: 'email', smtp_url: smtpUrl, from: 'Tierbell <bell@example.org>', to: [to] }));
}

/** Level 2 first, Level 3 after `ackTimeout`. */
export function twoLevels(name: string, ackTimeout: string, matchers: readonly string[] = []): unknown {
  const steps = [
    { level: 2, notify: ['level2'], ack_timeout: ackTimeout },
    { level: 3, notify: ['level3'], ack_timeout: '15m' },
  ];
  return { name, matchers, steps };
}

const ANY_FAILURE = {
  id: 'payment-worker',
  category: 'software-installation-failure',
  any: [{ words: ['payment worker'] }, { log: 'cannot open shared object file' }],
  weight: 3,
  reason: 'A worker of the shop does not start',
};

/** Writes the files into a folder of their own and gives the main file's path. JSON is YAML. */
export function writeConfiguration(
  smtpUrl: string,
  { main, fixes, policies, categories, procedures, services }: Configuration = {},
): string {
  const folder = temporaryFolder('config').path;
  const write = (file: string, content: unknown): string => {
    writeFileSync(join(folder, file), JSON.stringify(content, null, 2));
    return file;
  };
  const files = [
    write('categories.yaml', { categories: categories ?? [ANY_FAILURE] }),
    write('escalation.yaml', { escalation_policies: policies ?? [twoLevels('default', '15m')] }),
    ...(fixes === undefined ? [] : [write('known-fixes.yaml', { known_fixes: fixes })]),
    ...(services === undefined ? [] : [write('services.yaml', { services })]),
    ...(procedures === undefined ? [] : [write('procedures.yaml', { procedures })]),
  ];
  const whole = {
    sources: [{ name: 'am', kind: 'alertmanager' }],
    channels: mailChannels(smtpUrl),
    teams: [
      { name: 'level2', channels: ['l2-mail'] },
      { name: 'level3', channels: ['l3-mail'] },
    ],
    fallback: { notify: ['desk-mail'] },
    rule_files: files,
    ...main,
  };
  return join(folder, write('tierbell.yaml', whole));
}

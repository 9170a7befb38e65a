import { stringify } from 'yaml';
import type { Imported } from './backstage.ts';

/** What was imported as a rule file, with what to do next in its head. */
export function writeServices({ services, teams }: Imported, from: string): string {
  const known =
    teams.length === 0 ? [] : [`# Each of these must stand under \`teams\` in tierbell.yaml: ${teams.join(', ')}`];
  const head = [
    `# ${services.length} ${services.length === 1 ? 'service' : 'services'} from ${from}. Then: tierbell check-config`,
    ...known,
    '# By themselves they are known by the label service, app or job; give `matchers` to those that your alerts name otherwise.',
  ];
  return `${head.join('\n')}\n${stringify({ services }, { lineWidth: 0 })}`;
}

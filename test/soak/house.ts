import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeConfiguration } from '../helpers/configuration.ts';
import { PROJECT } from '../helpers/project.ts';

export interface SoakHouse {
  readonly configFile: string;
  /** Of the store; on the project's own disk, as a temporary folder may be in memory, where nothing can be lost. */
  readonly dataDir: string;
  /** The targets of the fix, once for each time that its program began. */
  begun(): readonly string[];
  remove(): void;
}

/** Alerts of this name have a known fix, which takes long enough to be killed. */
export const MENDED = 'SoakMended';

/** No fix runs for an alert that nobody could classify. */
const KNOWN = {
  id: 'soak',
  category: 'software-installation-failure',
  any: [{ matchers: [`alertname=~"${MENDED}.*"`] }],
  weight: 9, // as good as certain, whatever else speaks for another category
  reason: 'The soak run knows how to mend it',
};

/** One source `am` without a token, one receiver for everybody, one known fix. @param people the receiver's address */
export function buildHouse(people: string): SoakHouse {
  mkdirSync(join(PROJECT, 'data'), { recursive: true });
  const folder = mkdtempSync(join(PROJECT, 'data', 'soak-'));
  const fixes = join(folder, 'fixes');
  mkdirSync(fixes);
  const program = join(fixes, 'mend');
  const journal = join(folder, 'begun');
  writeFileSync(program, `#!/bin/sh\necho "$1" >>'${journal}'\nsleep 0.3\n`);
  chmodSync(program, 0o755);
  const configFile = writeConfiguration('smtp://127.0.0.1:9', {
    main: {
      channels: [{ name: 'people', kind: 'webhook', url: `${people}/hook` }],
      teams: [
        { name: 'level2', channels: ['people'] },
        { name: 'level3', channels: ['people'] },
      ],
      fallback: { notify: ['people'] },
      executors: [{ name: 'local', kind: 'command', allow: [`${fixes}/`] }],
    },
    categories: [KNOWN],
    fixes: [mend(program, new URL(people).host)],
  });
  return {
    configFile,
    dataDir: join(folder, 'store'),
    begun: () => (existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').filter(Boolean) : []),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** @param alive an address that answers, so that the verification succeeds and no breaker trips */
function mend(program: string, alive: string): unknown {
  return {
    id: 'mend',
    title: 'Mend it',
    applies_to: { matchers: [`alertname=~"${MENDED}.*"`], sources: ['am'] },
    mode: 'automatic',
    executor: 'local',
    target: '{{ target }}',
    action: {
      kind: 'command',
      argv: [program, '{{ target }}'],
      parameters: { target: { from: 'labels.instance', pattern: '[a-z0-9-]{1,40}' } },
      timeout: '20s',
    },
    guards: { max_per_hour: 10 },
    verify: { kind: 'tcp', address: alive, for: '1s', timeout: '10s' },
  };
}

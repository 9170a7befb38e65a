import type { Path } from './problem.ts';

/**
 * What the documented configuration has and this version has not. Such keys and values are refused with these words
 * rather than as misspellings, and never silently ignored. When one is built, its word leaves this list.
 */
interface NotBuilt {
  /** The path of the map, with `[]` for any index; '' is the top of a file. */
  readonly in: string;
  readonly keys?: readonly string[];
  /** Values of a key in that map. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
}

const DIALLED = ['proxy_url', 'api_url', 'signing_secret_file'];

const NOT_BUILT: readonly NotBuilt[] = [
  { in: '', keys: ['vendors', 'schedules', 'maintenance', 'handover'] },
  { in: '', keys: ['business_services', 'communications'] },
  { in: 'retention', keys: ['incidents'] },
  { in: 'sources[]', keys: ['reconcile', ...DIALLED] },
  { in: 'logs[]', keys: DIALLED },
  {
    in: 'executors[]',
    keys: DIALLED,
    values: { kind: ['kubernetes', 'awx', 'rundeck', 'jenkins', 'github', 'gitlab'] },
  },
  { in: 'metrics[]', keys: DIALLED },
  { in: 'providers[]', keys: DIALLED },
  {
    in: 'channels[]',
    keys: ['proxy_url'],
    values: { kind: ['teams', 'pagerduty', 'goalert', 'jira', 'servicenow'] },
  },
  { in: 'channels[]', values: { kind: ['ntfy', 'telegram', 'mattermost', 'twilio', 'sms-http'] } },
  { in: 'people[]', keys: ['phone', 'skills', 'page', 'quiet_hours'] },
  { in: 'teams[]', keys: ['schedule'] },
  {
    in: 'known_fixes[].action',
    values: { kind: ['awx', 'rundeck', 'jenkins', 'kubernetes', 'github', 'gitlab'] },
  },
  { in: 'known_fixes[].verify', keys: ['proxy_url'], values: { kind: ['logs'] } },
];

/** Whom a step may name in the documented configuration although nothing here stands for it yet. */
const REFERENCES: Readonly<Record<string, string>> = {
  vendors: 'vendors',
};

/** Whether this key, named by its whole path, is documented but not built. */
export function isKeyNotBuilt(path: Path): boolean {
  const key = String(path.at(-1));
  return NOT_BUILT.some((entry) => entry.in === general(path.slice(0, -1)) && entry.keys?.includes(key) === true);
}

/** Whether this value of the key at `path` is documented but not built. */
export function isValueNotBuilt(path: Path, value: unknown): boolean {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return false;
  const key = String(path.at(-1));
  return NOT_BUILT.some(
    (entry) => entry.in === general(path.slice(0, -1)) && entry.values?.[key]?.includes(String(value)) === true,
  );
}

/** The section that would give meaning to this name in `notify`, where that section is not built. */
export function referenceNotBuilt(name: string): string | null {
  return Object.hasOwn(REFERENCES, name) ? (REFERENCES[name] ?? null) : null;
}

/** The one sentence for all of these; `, which` joins it to another. */
export function notBuilt(what: string, joint: '' | ', which ' = ''): string {
  return `\`${what}\`${joint === '' ? ' ' : joint}is not built yet in this version`;
}

/** `['sources', 0, 'auth']` is `sources[].auth`. */
function general(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[]` : `${text}${text === '' ? '' : '.'}${part}`),
    '',
  );
}

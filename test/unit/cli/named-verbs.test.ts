import { globSync, readFileSync } from 'node:fs';
import { typed } from '../../helpers/capture-terminal.ts';

/** `tierbell verb` or `tierbell group verb`, as messages, pages and documents tell people to type. */
const NAMED = /\btierbell (?:-- )?([a-z][a-z-]+)(?: ([a-z][a-z-]+))?/g;

/** The first words that are verbs or groups of them; other words after the name are prose. */
const FIRST = new Set(
  `init serve demo check-config check-rules test schema route alert incident fix freeze maintenance oncall replay classify
  rules logs channel import drill audit report token user db shadow`.split(/\s+/),
);

function named(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of globSync(['src/**/*.ts', 'README.md', 'docs/**/*.md', 'rules/**/*.yaml', 'dashboards/*.yaml'])) {
    for (const [, first = '', second = ''] of readFileSync(file, 'utf8').matchAll(NAMED))
      if (FIRST.has(first)) found.set(`${first} ${second}`.trim(), file);
  }
  return found;
}

/** The verbs of a group, or the verbs themselves, as `--help` lists them. */
async function listed(...group: string[]): Promise<Set<string>> {
  const { out } = await typed(...group, '--help');
  const commands = out.split(/^Commands:$/m)[1] ?? '';
  return new Set([...commands.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name = '']) => name));
}

it('every command that is told to people is there to be typed', async () => {
  const all = named();
  expect(all.size).toBeGreaterThan(20);
  const verbs = await listed();
  const missing: string[] = [];
  for (const [command, file] of all) {
    const [first = '', second = ''] = command.split(' ');
    const below = verbs.has(first) ? await listed(first) : new Set<string>();
    if (!verbs.has(first) || (below.size > 0 && second !== '' && !below.has(second)))
      missing.push(`${file}: ${command}`);
  }
  expect(missing).toEqual([]);
});

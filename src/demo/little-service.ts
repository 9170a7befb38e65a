import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a look at a service gave: whether it serves, and its own words. */
export interface Health {
  readonly up: boolean;
  readonly text: string;
}

/** Asks the service that an instance belongs to; null where the demo has no such instance. */
export type Probe = (instance: string) => Promise<Health | null>;

interface Release {
  readonly name: string;
  /** The one that ran before. */
  readonly previous: string;
  readonly health: string;
}

interface LittleService {
  /** The name under which the recorded alerts know it. */
  readonly instance: string;
  readonly current: string;
  readonly releases: readonly Release[];
  /** Beside the releases. */
  readonly files: Readonly<Record<string, string>>;
}

export const CHECKOUT = 'checkout-1.shop.example:8080';

/** The newer release of checkout is broken; the data of search are, so that no restart helps. */
const SERVICES: Readonly<Record<string, LittleService>> = {
  checkout: {
    instance: CHECKOUT,
    current: '2.4.1',
    releases: [
      { name: '2.4.0', previous: '2.4.0', health: 'up\ncheckout 2.4.0 takes orders\n' },
      { name: '2.4.1', previous: '2.4.0', health: 'down\nerror while loading shared libraries: libvips.so.42\n' },
    ],
    files: {},
  },
  search: {
    instance: 'search-1.shop.example:8080',
    current: '8.3',
    releases: [{ name: '8.3', previous: '8.2', health: 'down\nsegment _7f.cfs: checksum mismatch\n' }],
    files: {
      '_7f.cfs': 'half of what was written\n',
      SHA256SUMS: `${'0'.repeat(64)}  _7f.cfs\n`,
    },
  },
};

/** Lays out the demo's services: their releases, and `current`, a link to the one that serves. */
export async function installServices(folder: string): Promise<void> {
  for (const [name, { releases, current, files }] of Object.entries(SERVICES)) {
    for (const release of releases) {
      const home = join(folder, name, 'releases', release.name);
      await mkdir(home, { recursive: true });
      await writeFile(join(home, 'previous'), release.previous);
      await writeFile(join(home, 'health'), release.health);
    }
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, name, file), text);
    await symlink(`releases/${current}`, join(folder, name, 'current'));
  }
}

/** How the service of an instance is now, by the release that is current. */
export async function probeService(folder: string, instance: string): Promise<Health | null> {
  const name = Object.keys(SERVICES).find((each) => SERVICES[each]?.instance === instance);
  if (name === undefined) return null;
  const file = join(folder, name, 'current', 'health');
  const text = await readFile(file, 'utf8').catch(() => 'down\nno current release\n');
  const [state, ...words] = text.trimEnd().split('\n');
  return { up: state === 'up', text: words.join('\n') };
}

import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a look at the service gave: whether it serves, and its own words. */
export interface Health {
  readonly up: boolean;
  readonly text: string;
}

/** The name under which the recorded alerts know the service. */
export const INSTANCE = 'checkout-1.shop.example:8080';

const RELEASES = [
  { name: '2.4.0', previous: '2.4.0', health: 'up\ncheckout 2.4.0 takes orders\n' },
  { name: '2.4.1', previous: '2.4.0', health: 'down\nerror while loading shared libraries: libvips.so.42\n' },
] as const;

/** Lays out the demo's service: two releases, and `current`, a link to the one that serves. The newer one is broken. */
export async function installService(folder: string): Promise<void> {
  for (const { name, previous, health } of RELEASES) {
    await mkdir(join(folder, 'releases', name), { recursive: true });
    await writeFile(join(folder, 'releases', name, 'previous'), previous);
    await writeFile(join(folder, 'releases', name, 'health'), health);
  }
  await symlink('releases/2.4.1', join(folder, 'current'));
}

/** How the service is now, by the release that is current. */
export async function probeService(folder: string): Promise<Health> {
  const text = await readFile(join(folder, 'current', 'health'), 'utf8').catch(() => 'down\nno current release\n');
  const [state, ...words] = text.trimEnd().split('\n');
  return { up: state === 'up', text: words.join('\n') };
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openBundle, type OpenedBundle } from './open-bundle.ts';
import type { Message } from './people.ts';
import type { Stage } from './stage.ts';

export interface FetchedBundle extends OpenedBundle {
  /** Where it was written. */
  readonly path: string;
  readonly link: string;
  readonly bytes: number;
  /** It is what the message announced, and so is every file in it. */
  readonly whole: boolean;
}

/** Downloads the bundle that a message to Level 3 names, as its reader would; null where it names none, or none is there. */
export async function fetchBundle({ bridge, folder }: Stage, message: Message): Promise<FetchedBundle | null> {
  const named = message.attachments.find(({ name }) => name.endsWith('.zip'));
  const link = message.links.find(({ title }) => title === 'Handover bundle')?.url;
  const bytes = link === undefined ? null : await bridge.download(link);
  if (named === undefined || link === undefined || bytes === null) return null;
  const path = join(folder, named.name);
  await writeFile(path, bytes);
  const bundle = await openBundle(bytes);
  const whole = bundle.sha256 === named.sha256 && bundle.damaged.length === 0;
  return { ...bundle, path, link, bytes: bytes.length, whole };
}

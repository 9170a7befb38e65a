import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { StorageAddress } from '../store/open-storage.ts';
import { CliError, type Terminal } from './terminal.ts';

/** What every verb that opens the store itself is told. */
export interface StorageFlags {
  readonly 'storage.path': string;
  readonly 'storage.url'?: string;
}

/** The flags of a store verb, in the words of `serve`. */
export function addStorageFlags(verb: Command, terminal: Terminal): Command {
  const { env } = terminal;
  return verb
    .option('--storage.path <folder>', 'the folder of the store', env['TIERBELL_STORAGE_PATH'] ?? 'data/')
    .option('--storage.url <url>', 'the PostgreSQL of the store; better given as TIERBELL_STORAGE_URL');
}

/** @throws CliError where the address is none */
export function storageOf(flags: StorageFlags, terminal: Terminal): StorageAddress {
  const given = flags['storage.url'] ?? terminal.env['TIERBELL_STORAGE_URL'] ?? '';
  return { folder: resolve(terminal.cwd, flags['storage.path']), url: given === '' ? null : checkUrl(given) };
}

/** @throws CliError where there is nothing to look at yet */
export function existingStorageOf(flags: StorageFlags, terminal: Terminal): StorageAddress {
  const storage = storageOf(flags, terminal);
  if (storage.url === null && !existsSync(storage.folder))
    throw new CliError(`there is no store in ${storage.folder}; give --storage.path or --storage.url`);
  return storage;
}

/** The address may hold a password, so a wrong one is never repeated. */
function checkUrl(text: string): string {
  const known = URL.canParse(text) && ['postgres:', 'postgresql:'].includes(new URL(text).protocol);
  if (known) return text;
  throw new CliError('--storage.url: allowed is an address such as postgres://tierbell@db.example.org/tierbell', 2);
}

/** How a store is named where people read it: never with a password. */
export function nameOfStorage({ folder, url }: StorageAddress): string {
  if (url === null) return folder;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

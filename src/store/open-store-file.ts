import { mkdirSync } from 'node:fs';
import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';
import { openSqlite } from './sqlite.ts';

/** For the store verbs of the CLI: the store of a folder, made where there is none. Short writes beside a running bridge are fine. */
export async function openStoreFile(folder: string): Promise<Kysely<Tables>> {
  mkdirSync(folder, { recursive: true });
  return openSqlite(folder);
}

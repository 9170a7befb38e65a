import type { Command } from 'commander';
import { addStorageFlags, nameOfStorage, storageOf, type StorageFlags } from './storage-flags.ts';
import { CliError, type Terminal } from './terminal.ts';

/** Verbs of `db`: they open the store themselves. */
export function addDbVerbs(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  const db = program.command('db').description('the store itself');
  addStorageFlags(
    db.command('migrate').description('make the tables, or bring them up to date; serve does the same at its start'),
    terminal,
  ).action(async (flags: StorageFlags) => {
    const storage = storageOf(flags, terminal);
    const { openStoreTables } = await import('../store/open-storage.ts');
    const tables = await openStoreTables(storage).catch((error: unknown) => {
      throw new CliError(`${nameOfStorage(storage)}: ${error instanceof Error ? error.message : String(error)}`);
    });
    await tables.destroy();
    terminal.write(`the tables in ${nameOfStorage(storage)} are up to date\n`);
    finish(0);
  });
}

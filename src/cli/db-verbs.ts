import { InvalidArgumentError, type Command } from 'commander';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Restored } from '../backup/restore-backup.ts';
import { count } from '../domain/text.ts';
import { addStorageFlags, existingStorageOf, nameOfStorage, storageOf, type StorageFlags } from './storage-flags.ts';
import { CliError, type Terminal } from './terminal.ts';

type Finish = (status: number | null) => void;

/** Verbs of `db`: they open the store themselves. */
export function addDbVerbs(program: Command, terminal: Terminal, finish: Finish): void {
  const db = program.command('db').description('the store itself');
  addStorageFlags(
    db.command('migrate').description('make the tables, or bring them up to date; serve does the same at its start'),
    terminal,
  ).action(async (flags: StorageFlags) => finish(await migrate(flags, terminal)));
  addStorageFlags(
    db
      .command('backup')
      .description('write everything to one file; the bridge may run')
      .argument('<file>', 'where to, such as tierbell.backup.gz; an older one of that name is replaced at the end'),
    terminal,
  ).action(async (file: string, flags: StorageFlags) => finish(await backup(file, flags, terminal)));
  addStorageFlags(
    db
      .command('restore')
      .description('fill an empty store, of either kind, from such a file; no bridge may run on it')
      .argument('<file>', 'what db backup wrote')
      .option(
        '--numbers-from <n>',
        'what the next incident is to be called; by default far above, as numbers were given since',
        toNumber,
      ),
    terminal,
  ).action(async (file: string, flags: RestoreFlags) => finish(await restore(file, flags, terminal)));
}

async function migrate(flags: StorageFlags, terminal: Terminal): Promise<number> {
  const storage = storageOf(flags, terminal);
  const { openStoreTables } = await import('../store/open-storage.ts');
  const tables = await openStoreTables(storage).catch(failAt(nameOfStorage(storage)));
  await tables.destroy();
  terminal.write(`the tables in ${nameOfStorage(storage)} are up to date\n`);
  return 0;
}

async function backup(file: string, flags: StorageFlags, terminal: Terminal): Promise<number> {
  const storage = existingStorageOf(flags, terminal);
  const { writeBackup } = await import('../backup/write-backup.ts');
  const path = resolve(terminal.cwd, file);
  const folder = dirname(path);
  if (!existsSync(folder))
    throw new CliError(`there is no folder ${folder} for the backup; make it, or name another file`);
  const options = { version: terminal.version, now: Date.now() };
  const { trailer } = await writeBackup(storage, path, options).catch(failAt(nameOfStorage(storage)));
  terminal.write(`${path}: ${inWords(trailer.rows)} of ${nameOfStorage(storage)}\n`);
  for (const name of trailer.damaged)
    terminal.writeError(`the blob ${name} is not what it was: it will be left out of a restore; look at the disk\n`);
  return trailer.damaged.length === 0 ? 0 : 1;
}

type RestoreFlags = StorageFlags & { readonly numbersFrom?: number };

/** @throws InvalidArgumentError, which is told as wrong usage */
function toNumber(text: string): number {
  if (/^(INC-)?[1-9]\d{0,14}$/.test(text)) return Number(text.replace('INC-', ''));
  throw new InvalidArgumentError('a number such as 5000 is wanted.');
}

async function restore(file: string, flags: RestoreFlags, terminal: Terminal): Promise<number> {
  const storage = storageOf(flags, terminal);
  const { restoreBackup } = await import('../backup/restore-backup.ts');
  const options = { numbersFrom: flags.numbersFrom ?? null };
  const restored = await restoreBackup(storage, resolve(terminal.cwd, file), options).catch((error: unknown) => {
    const where = error instanceof Error && error.name === 'BadBackup' ? file : nameOfStorage(storage);
    return failAt(`nothing was restored: ${where}`)(error);
  });
  tellRestored(restored, nameOfStorage(storage), terminal);
  return restored.audit.problems.length === 0 ? 0 : 1;
}

function tellRestored({ header, trailer, audit, numbers }: Restored, where: string, terminal: Terminal): void {
  terminal.write(`${where}: ${inWords(trailer.rows)}, as they were at ${header.takenAt}\n`);
  for (const problem of audit.problems) terminal.writeError(`${problem}\n`);
  const verdict =
    audit.problems.length === 0 ? 'the record holds' : `the record had ${count(audit.problems.length, 'problem')}`;
  terminal.write(`${verdict}: ${audit.entries} entries of ${audit.incidents} incidents; head ${audit.head.chain}\n`);
  for (const name of trailer.damaged) terminal.writeError(`the blob ${name} was damaged before the backup: left out\n`);
  terminal.write(`${sayNumbers(numbers)}\n`);
  terminal.writeError(`What happened after ${header.takenAt} is not in it. When the bridge starts: deadlines that have passed
take effect once, marked late; messages that were waiting go out and say that they may be repeats; a known fix
that was about to run counts as unknown and is not run. Tokens are as they were: see tierbell token list, and
revoke again what was revoked since.\n`);
}

/** Numbers stand in mails and tickets, so those that may have been given since are not given again. */
function sayNumbers({ last, next }: Restored['numbers']): string {
  const first = last + 1;
  if (next <= first) return `the next incident is INC-${next}`;
  return `the next incident is INC-${next}; INC-${first} to INC-${next - 1} may have been given after the backup and are left out (--numbers-from chooses)`;
}

/** `12 incidents, 87 timeline entries, …`: what people know by name. */
function inWords(rows: Readonly<Record<string, number>>): string {
  const { incidents = 0, timeline = 0, deliveries = 0, bundles = 0, tokens = 0 } = rows;
  return `${incidents} incidents, ${timeline} timeline entries, ${deliveries} deliveries, ${bundles} bundles, ${tokens} tokens`;
}

function failAt(where: string): (error: unknown) => never {
  return (error) => {
    throw new CliError(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  };
}

import type { Command } from 'commander';
import type { Kysely } from 'kysely';
import { ROLES, type Role } from '../domain/role.ts';
import { cleanLine } from '../domain/text.ts';
import type { Tables } from '../store/schema.ts';
import { outputFlag } from './output-flag.ts';
import { addStorageFlags, existingStorageOf, storageOf, type StorageFlags } from './storage-flags.ts';
import { CliError, type Terminal } from './terminal.ts';

/** As long as a name on record may be. */
const NAME_MAX = 128;

interface Flags extends StorageFlags {
  role: string;
  output: 'table' | 'json';
}

/** Verbs of `token`: they open the store themselves and work with the bridge up or down. */
export function addTokenVerbs(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  const token = program.command('token').description('API tokens: who may look, respond, approve, administer');
  const verb = (name: string, text: string): Command =>
    addStorageFlags(token.command(name).description(text), terminal);

  verb('create', 'make a token and print it, once')
    .argument('<name>', 'who it is for; the name on record')
    .option('--role <role>', `one of ${ROLES.join(', ')}`, 'responder')
    .action(async (name: string, flags: Flags) => {
      const { createToken } = await import('../store/access.ts');
      const role = readRole(flags.role);
      checkName(name);
      await withStore(terminal, flags, true, async (db) =>
        terminal.write(`${await createToken(db, name, role, Date.now())}\n`),
      );
      terminal.writeError(`token of ${name} (${role}); it is shown this once\n`);
      finish(0);
    });

  verb('list', 'who has a token')
    .addOption(outputFlag(['table', 'json']))
    .action(async (flags: Flags) => {
      const { listTokens } = await import('../store/access.ts');
      await withStore(terminal, flags, false, async (db) => {
        const tokens = (await listTokens(db)).map((one) => ({
          ...one,
          createdAt: new Date(one.createdAt).toISOString(),
        }));
        const lines = tokens
          .map(({ name, role, createdAt }) => `${name.padEnd(24)}  ${role.padEnd(9)}  ${createdAt}\n`)
          .join('');
        terminal.write(
          flags.output === 'json'
            ? `${JSON.stringify(tokens, null, 2)}\n`
            : lines || 'No tokens: API and pages are open to this machine alone.\n',
        );
      });
      finish(0);
    });

  verb('revoke', 'take a token back; it ends within a second')
    .argument('<name>', 'whose')
    .action(async (name: string, flags: Flags) => {
      const { revokeToken } = await import('../store/access.ts');
      const found = await withStore(terminal, flags, false, (db) => revokeToken(db, name));
      if (!found) throw new CliError(`there is no token of the name ${name}; see tierbell token list`);
      finish(0);
    });
}

/** @throws CliError where the record could not say who it was */
function checkName(name: string): void {
  if (name !== '' && cleanLine(name, NAME_MAX) === name) return;
  const found = JSON.stringify(name.slice(0, NAME_MAX));
  throw new CliError(
    `a name stands in the record: found ${found}, allowed are 1 to ${NAME_MAX} characters that can be seen`,
    2,
  );
}

/** @param make whether a store may be made where there is none: the first token comes before the first start */
async function withStore<T>(
  terminal: Terminal,
  flags: Flags,
  make: boolean,
  work: (db: Kysely<Tables>) => Promise<T>,
): Promise<T> {
  const storage = make ? storageOf(flags, terminal) : existingStorageOf(flags, terminal);
  const { openStoreTables } = await import('../store/open-storage.ts');
  const db = await openStoreTables(storage).catch((error: unknown) => {
    throw new CliError(error instanceof Error ? error.message : String(error));
  });
  try {
    return await work(db);
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error));
  } finally {
    await db.destroy();
  }
}

function readRole(text: string): Role {
  if ((ROLES as readonly string[]).includes(text)) return text as Role;
  throw new CliError(`--role: found ${text}, allowed is one of ${ROLES.join(', ')}`, 2);
}

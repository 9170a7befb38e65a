import type { Command } from 'commander';
import { count } from '../domain/text.ts';
import { outputFlag } from './output-flag.ts';
import { addStorageFlags, existingStorageOf, type StorageFlags } from './storage-flags.ts';
import { CliError, type Terminal } from './terminal.ts';

/** Verbs of `audit`: they read the store themselves; the bridge may be up or down. */
export function addAuditVerbs(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  const audit = program.command('audit').description('whether the record was tampered with');
  const verify = audit
    .command('verify')
    .description('check every timeline and the ledger over all of them; prints the head to be noted elsewhere')
    .option('--anchor <hash>', 'a head that was noted earlier: it must still be there')
    .addOption(outputFlag(['table', 'json']));
  addStorageFlags(verify, terminal).action(async (flags: StorageFlags & { anchor?: string; output: string }) => {
    const { openStoreReader } = await import('../store/open-storage.ts');
    const { auditLedger } = await import('../store/ledger.ts');
    const { faultOf } = await import('../incidents/timeline.ts');
    const db = await openStoreReader(existingStorageOf(flags, terminal)).catch((error: unknown) => {
      throw new CliError(error instanceof Error ? error.message : String(error));
    });
    const result = await auditLedger(db, faultOf, flags.anchor ?? null);
    await db.destroy();
    const { problems, entries, incidents, head } = result;
    if (flags.output === 'json') terminal.write(`${JSON.stringify(result, null, 2)}\n`);
    for (const problem of problems) terminal.writeError(`${problem}\n`);
    const verdict = problems.length === 0 ? 'the record holds' : count(problems.length, 'problem');
    const line = `${verdict}: ${entries} entries of ${incidents} incidents; head ${head.chain}\n`;
    if (flags.output !== 'json') terminal.write(line);
    finish(problems.length === 0 ? 0 : 1);
  });
}

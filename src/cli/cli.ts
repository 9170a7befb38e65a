import { Command, CommanderError } from 'commander';
import { addAuditVerbs } from './audit-verbs.ts';
import { addCheckVerbs } from './check-verbs.ts';
import { addDbVerbs } from './db-verbs.ts';
import { addDemo } from './demo.ts';
import { addFixVerbs } from './fix-verbs.ts';
import { addImportVerbs } from './import-verbs.ts';
import { addIncidentVerbs } from './incident-verbs.ts';
import { addLogVerbs } from './log-verbs.ts';
import { addReplayVerb } from './replay-verbs.ts';
import { addRulesVerbs } from './rules-verbs.ts';
import { addSchemaVerb } from './schema-verb.ts';
import { addServe } from './serve.ts';
import { addShadowVerb } from './shadow-verbs.ts';
import { CliError, type Terminal } from './terminal.ts';
import { addTestVerbs } from './test-verbs.ts';
import { addTokenVerbs } from './token-verbs.ts';

/**
 * `tierbell <verb>`: every verb, its flags and its exit status.
 * @returns the exit status, or null where the process goes on (serve)
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number | null> {
  const program = new Command('tierbell')
    .description('The bridge between your alerts and your people.')
    .version(terminal.version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.write(text), writeErr: (text) => terminal.writeError(text) })
    .showHelpAfterError('(tierbell --help shows the verbs)');
  const done: { status: number | null } = { status: 0 };
  const finish = (status: number | null): void => void (done.status = status);
  addServe(program, terminal, finish);
  addDemo(program, terminal, finish);
  addCheckVerbs(program, terminal, finish);
  addSchemaVerb(program, terminal);
  addLogVerbs(program, terminal, finish);
  addIncidentVerbs(program, terminal, finish);
  addFixVerbs(program, terminal, finish);
  addTokenVerbs(program, terminal, finish);
  addAuditVerbs(program, terminal, finish);
  addRulesVerbs(program, terminal, finish);
  addTestVerbs(program, terminal, finish);
  addReplayVerb(program, terminal, finish);
  addShadowVerb(program, terminal, finish);
  addImportVerbs(program, terminal, finish);
  addDbVerbs(program, terminal, finish);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return done.status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof CliError)) throw error;
    terminal.writeError(`tierbell: ${error.message}\n`);
    return error.status;
  }
}

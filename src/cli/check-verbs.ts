import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { checkConfig } from './check-config.ts';
import type { Terminal } from './terminal.ts';

/** Verbs that need no bridge and no store: they look at files. */
export function addCheckVerbs(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  program
    .command('check-config')
    .description('every mistake in the configuration, with its place')
    .option(
      '--config.file <file>',
      'the main configuration file',
      terminal.env['TIERBELL_CONFIG_FILE'] ?? 'rules/tierbell.yaml',
    )
    .option('--online', 'also reach every log store and channel, without sending anything', false)
    .action(async (options: { 'config.file': string; online: boolean }) => {
      const { probeConfig } = await import('./probe-config.ts');
      const line = (write: (text: string) => void) => (text: string) => write(`${text}\n`);
      finish(
        await checkConfig({
          ...{ file: options['config.file'], online: options.online, env: terminal.env, probe: probeConfig },
          write: line((text) => terminal.write(text)),
          writeError: line((text) => terminal.writeError(text)),
        }),
      );
    });
}

/** A file's bytes, or standard input for `-`. */
export function readInput(terminal: Terminal, file: string): Uint8Array {
  return file === '-' ? terminal.stdin() : readFileSync(file);
}

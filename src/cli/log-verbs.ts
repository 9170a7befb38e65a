import type { Command } from 'commander';
import { CliError, type Terminal } from './terminal.ts';

type Finish = (status: number | null) => void;

interface TemplateFlags {
  readonly output: string;
  readonly raw: boolean;
}

/** Verbs of `logs`: they look at files, and need no bridge and no store. */
export function addLogVerbs(program: Command, terminal: Terminal, finish: Finish): void {
  const logs = program.command('logs').description('what log files say: plain, .gz, .zst, or - for standard input');
  logs
    .command('templates')
    .description('the kinds of lines in a log, most frequent first')
    .argument('<files...>', 'text or JSON documents, one a line; - for standard input')
    .option('-o, --output <form>', 'table, json, or ndjson: the template of every line', 'table')
    .option('--raw', 'take every line as text, also where it is JSON', false)
    .action(async (files: string[], { output, raw }: TemplateFlags) => {
      if (output !== 'table' && output !== 'json' && output !== 'ndjson')
        throw new CliError(`--output: found ${output}, allowed is table, json or ndjson`, 2);
      const { printTemplates } = await import('./log-templates.ts');
      await printTemplates({ files, format: output, raw, ...doors(terminal) });
      finish(0);
    });
}

/** How the verbs read and write. */
function doors(terminal: Terminal): {
  stdin: () => AsyncIterable<Uint8Array>;
  write: (text: string) => void;
  cwd: string;
} {
  return { stdin: () => terminal.stdinChunks(), write: (text) => terminal.write(text), cwd: terminal.cwd };
}

import type { Command } from 'commander';
import { outputFlag } from './output-flag.ts';
import { CliError, type Terminal } from './terminal.ts';

type Finish = (status: number | null) => void;

interface TemplateFlags {
  readonly output: 'table' | 'json' | 'ndjson';
  readonly raw: boolean;
}

/** Verbs of `logs`: they look at files, and need no bridge and no store. */
export function addLogVerbs(program: Command, terminal: Terminal, finish: Finish): void {
  const logs = program.command('logs').description('what log files say: plain, .gz, .zst, or - for standard input');
  logs
    .command('templates')
    .description('the kinds of lines in a log, most frequent first')
    .argument('<files...>', 'text or JSON documents, one a line; - for standard input')
    .addOption(outputFlag(['table', 'json', 'ndjson'], ': ndjson has the template of every line'))
    .option('--raw', 'take every line as text, also where it is JSON', false)
    .action(async (files: string[], { output, raw }: TemplateFlags) => {
      const { printTemplates } = await import('./log-templates.ts');
      await printTemplates({ files, format: output, raw, ...doors(terminal) });
      finish(0);
    });
  addExcerpt(logs, terminal, finish);
}

interface ExcerptFlags {
  readonly baseline?: string[];
  readonly at?: string;
  readonly service?: string;
  readonly lines: string;
  readonly templates: string;
  readonly output: 'table' | 'json';
  readonly raw: boolean;
}

function addExcerpt(logs: Command, terminal: Terminal, finish: Finish): void {
  logs
    .command('excerpt')
    .description('what changed: the lines that explain an incident, best first')
    .argument('<files...>', 'text or JSON documents, one a line; - for standard input')
    .option('--baseline <files...>', 'of a usual time: then all of the other files is the incident')
    .option('--at <time>', 'when it was noticed, such as 2026-01-05T03:00:00Z: cuts one file into windows around it')
    .option('--service <name>', 'only records of this service')
    .option('--lines <count>', 'at most so many lines', '20')
    .option('--templates <count>', 'at most so many templates', '20')
    .addOption(outputFlag(['table', 'json']))
    .option('--raw', 'take every line as text, also where it is JSON', false)
    .action(async (files: string[], flags: ExcerptFlags) => {
      const { output, baseline = [], raw } = flags;
      const { printExcerpt } = await import('./log-excerpt.ts');
      await printExcerpt({
        files,
        baselines: baseline,
        at: flags.at === undefined ? null : readTimeFlag(flags.at),
        service: flags.service ?? null,
        lines: readCount('lines', flags.lines),
        templates: readCount('templates', flags.templates),
        format: output,
        raw,
        now: Date.now(),
        ...doors(terminal),
      });
      finish(0);
    });
}

function readTimeFlag(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new CliError(`--at: "${text}" is no time; write it as 2026-01-05T03:00:00Z`, 2);
  return at;
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 100_000)
    throw new CliError(`--${name}: found ${text}, allowed is a whole number from 1 to 100000`, 2);
  return count;
}

/** How the verbs read and write. */
function doors(terminal: Terminal): {
  stdin: () => AsyncIterable<Uint8Array>;
  write: (text: string) => void;
  cwd: string;
} {
  return { stdin: () => terminal.stdinChunks(), write: (text) => terminal.write(text), cwd: terminal.cwd };
}

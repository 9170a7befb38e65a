import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import type { FileResult } from '../rehearsal/run-file.ts';
import { outputFlag } from './output-flag.ts';
import type { Terminal } from './terminal.ts';

/** `tierbell test rules FILE…`: unit tests of the rules, with no bridge, no store and no network. */
export function addTestVerbs(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  program
    .command('test')
    .description('unit tests of the configuration')
    .command('rules')
    .description('play tests of the rules on a clock of their own; nothing is sent or run')
    .argument('<files...>', 'YAML files with `rule_files` and `tests`; see docs/guides/judgement.md')
    .addOption(outputFlag(['table', 'json', 'junit']))
    .action(async (files: string[], { output }: { output: string }) => {
      const { runTestFile, writeJunit } = await import('../rehearsal/run-file.ts');
      terminal.settled();
      const read = async (path: string): Promise<string> =>
        new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
      const stages = new Map();
      const results: FileResult[] = [];
      for (const file of files)
        results.push(
          await runTestFile(file, stages, { env: terminal.env, readFile: read, clock: () => performance.now() }),
        );
      if (output === 'junit') terminal.write(writeJunit(results));
      if (output === 'json') terminal.write(`${JSON.stringify(results, null, 2)}\n`);
      report(results, terminal, output === 'table');
      finish(results.every(isGood) ? 0 : 1);
    });
}

function isGood(result: FileResult): boolean {
  return result.ok && result.tests.every(({ failures }) => failures.length === 0);
}

/** What is wrong goes to standard error in every form; a line a file to standard output in a table. */
function report(results: readonly FileResult[], terminal: Terminal, table: boolean): void {
  for (const result of results) {
    const wrong = result.ok
      ? result.tests.flatMap(({ name, failures }) => failures.map((one) => `${one} (${name})`))
      : result.problems;
    for (const line of wrong) terminal.writeError(`${line}\n`);
    if (!table || !result.ok) continue;
    const failed = result.tests.filter(({ failures }) => failures.length > 0).length;
    const verdict = failed === 0 ? 'ok' : `${failed} failed`;
    terminal.write(
      `${result.file}: ${verdict} (${result.tests.length} ${result.tests.length === 1 ? 'test' : 'tests'})\n`,
    );
  }
}

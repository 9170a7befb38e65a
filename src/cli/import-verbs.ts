import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { speakFileError } from '../config/rule-files.ts';
import { cleanLine } from '../domain/text.ts';
import { CliError, type Terminal } from './terminal.ts';

/** A catalogue of ten thousand services is a tenth of this. */
const BYTES_MAX = 64_000_000;

/** Verbs of `import`: what other tools know, as rule files of ours on standard output. */
export function addImportVerbs(program: Command, terminal: Terminal, finish: (status: number | null) => void): void {
  const verb = program.command('import').description('what other tools know, as rule files');
  verb
    .command('backstage')
    .description("print services.yaml from Backstage's catalog-info.yaml, or from what its API lists")
    .argument('<file...>', 'YAML or JSON; - for standard input')
    .action(async (files: string[]) => finish(await importBackstageVerb(files, terminal)));
}

async function importBackstageVerb(files: readonly string[], terminal: Terminal): Promise<number> {
  const { importBackstage } = await import('../import/backstage.ts');
  const { writeServices } = await import('../import/write-services.ts');
  const documents: unknown[] = [];
  for (const file of files) documents.push(...(await readDocuments(file, terminal)));
  const imported = importBackstage(documents);
  for (const note of imported.notes) terminal.writeError(`import backstage: ${cleanLine(note, 400)}\n`);
  if (imported.services.length === 0)
    throw new CliError('import backstage: there is no Component and no Resource in it that could be a service');
  terminal.write(writeServices(imported, 'Backstage'));
  return 0;
}

/** Every document of a file. @throws CliError with the place of the first mistake */
async function readDocuments(file: string, terminal: Terminal): Promise<readonly unknown[]> {
  const text = await readText(file, terminal);
  const { LineCounter, parseAllDocuments } = await import('yaml');
  const lineCounter = new LineCounter();
  const all = [parseAllDocuments(text, { lineCounter, prettyErrors: false, logLevel: 'silent' })].flat();
  return all.map((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) {
      const { line, col } = lineCounter.linePos(problem.pos[0]);
      throw new CliError(`${file}:${line}:${col}: not YAML: ${cleanLine(problem.message, 200)}`);
    }
    try {
      return document.toJS({ maxAliasCount: 100 }) as unknown;
    } catch (error) {
      throw new CliError(`${file}:1:1: ${cleanLine(error instanceof Error ? error.message : String(error), 200)}`);
    }
  });
}

async function readText(file: string, terminal: Terminal): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = file === '-' ? await terminal.stdin() : await readFile(file);
  } catch (error) {
    throw new CliError(`${file}: ${speakFileError(error)}`);
  }
  if (bytes.length > BYTES_MAX) throw new CliError(`${file}: larger than ${BYTES_MAX / 1_000_000} MB`);
  return new TextDecoder().decode(bytes);
}

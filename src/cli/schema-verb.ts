import type { Command } from 'commander';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { CliError, type Terminal } from './terminal.ts';

/** The kinds of files that people write. */
const KINDS = ['main', 'rules', 'tests', 'web'] as const;
type Kind = (typeof KINDS)[number];

/** `tierbell schema`: what editors complete and check the files with. */
export function addSchemaVerb(program: Command, terminal: Terminal): void {
  program
    .command('schema')
    .description('the JSON Schema of a file, with which editors complete and check it')
    .argument('[kind]', `${KINDS.join(', ')}: which file`, 'main')
    .option('--into <folder>', 'write them all there, as KIND.schema.json')
    .action(async (kind: string, { into }: { into?: string }) => {
      const schemas = await readSchemas();
      if (into !== undefined) return writeAll(schemas, into);
      if (!isKind(kind)) throw new CliError(`schema: found ${kind}, allowed is ${KINDS.join(', ')}`, 2);
      terminal.write(await speak(schemas[kind]));
    });
}

interface Described {
  readonly schema: z.ZodType;
  readonly title: string;
}

/** Loaded on use: no other verb needs all of them. */
async function readSchemas(): Promise<Readonly<Record<Kind, Described>>> {
  const { mainFile } = await import('../config/schema.ts');
  const { ruleFile } = await import('../config/rules-schema.ts');
  const { testFile } = await import('../rehearsal/test-file.ts');
  const { webFile } = await import('../http/web-config.ts');
  return {
    main: { schema: mainFile, title: "Tierbell's main file" },
    rules: {
      schema: ruleFile.meta({ minProperties: 1 }),
      title: 'A rule file of Tierbell',
    },
    tests: { schema: testFile, title: 'Tests of the rules' },
    web: { schema: webFile, title: 'The web configuration' },
  };
}

async function speak({ schema, title }: Described): Promise<string> {
  const { jsonSchemaOf } = await import('../config/json-schema.ts');
  return `${JSON.stringify(jsonSchemaOf(schema, title), null, 2)}\n`;
}

async function writeAll(schemas: Awaited<ReturnType<typeof readSchemas>>, folder: string): Promise<void> {
  try {
    mkdirSync(folder, { recursive: true });
    for (const kind of KINDS) writeFileSync(join(folder, `${kind}.schema.json`), await speak(schemas[kind]));
  } catch (error) {
    throw new CliError(`--into ${folder}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isKind(text: string): text is Kind {
  return (KINDS as readonly string[]).includes(text);
}

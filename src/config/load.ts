import { readFile as readBytes } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { checkReferences } from './check-references.ts';
import { draftOf, type Draft } from './draft.ts';
import { notBuiltProblems, shapeProblems } from './explain.ts';
import { findOtherRules } from './other-rules.ts';
import { orderProblems, type Path, type Problem } from './problem.ts';
import { readRuleFiles, tryRead, type ReadFile } from './rule-files.ts';
import { parseMarkdownProcedures } from './markdown-procedures.ts';
import { inForce } from './procedures-in-force.ts';
import { ruleFile, type Procedure } from './rules-schema.ts';
import { mainFile, type Config } from './schema.ts';
import { anchorFiles, secretFileProblems } from './secret-files.ts';
import { parseYamlFile, type YamlFile } from './yaml-file.ts';

export interface LoadOptions {
  /** The main file; rule files and relative `…_file` paths lie beside it. */
  readonly file: string;
  /** Where the rule files are looked for in place of beside the main file. */
  readonly rulesFolder?: string;
  /** Whether the rules that it names under `shadow` are left out. */
  readonly alone?: boolean;
  /** What `${VAR}` is filled from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile?: ReadFile;
  /** With this, files that hold secrets must be there as well; it throws as `fs.access` does. */
  readonly accessSecret?: (path: string) => Promise<void>;
}

export type LoadResult =
  | { readonly ok: true; readonly config: Config }
  /** Every problem of every file, by place. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the main file and its rule files into one configuration, or says all that is wrong with them. Never throws. */
export async function loadConfig(options: LoadOptions): Promise<LoadResult> {
  const { main, rules, problems } = await readDraft(options);
  if (main === null || problems.length > 0) return { ok: false, problems };
  const config = join(main, rules);
  const path = mainFile.parse(main.data).shadow?.rules;
  if (path === undefined || options.alone === true) return { ok: true, config };
  const shadow = await loadShadow(path, main, options);
  return shadow.ok ? { ok: true, config: { ...config, shadow: { rules: path, config: shadow.config } } } : shadow;
}

/** The rules beside, whole and right as well: they are exchanged together. What they name as their own shadow is left out. */
async function loadShadow(path: string, main: YamlFile, { env, readFile, file }: LoadOptions): Promise<LoadResult> {
  const found = await findOtherRules(resolve(dirname(file), path), file);
  if (found !== null)
    return loadConfig({ ...found, env, alone: true, ...(readFile === undefined ? {} : { readFile }) });
  const at = ['shadow', 'rules'];
  const message = 'there is nothing';
  const problem = main.problem({
    path: at,
    message,
    found: main.speak(at),
    hint: 'name a folder of rules, or a main file',
  });
  return { ok: false, problems: problem === null ? [] : [problem] };
}

/** All files as they were read, right or wrong. */
export interface ReadDraft {
  /** Null where the main file cannot be read at all. */
  readonly main: YamlFile | null;
  readonly rules: readonly YamlFile[];
  /** Null where `main` is. */
  readonly draft: Draft | null;
  readonly problems: readonly Problem[];
}

/** Reads everything and says all that is wrong with it, each thing with its place. Never throws. */
export async function readDraft(options: LoadOptions): Promise<ReadDraft> {
  const nothing = { main: null, rules: [], draft: null };
  const readFile = options.readFile ?? readText;
  const text = await tryRead(options.file, readFile);
  if (!text.ok) return { ...nothing, problems: [wholeFile(options.file, text.reason)] };
  const main = parseYamlFile(options.file, text.text, options.env);
  if (main.data === undefined) return { ...nothing, problems: orderProblems(main.problems) };
  anchorFiles(main);
  const read = await readRuleFiles(main, readFile, options.rulesFolder);
  const rules = read.texts.map(({ name, text: rule }) =>
    name.endsWith('.md') ? parseMarkdownProcedures(name, rule) : parseYamlFile(name, rule, options.env),
  );
  const readable = rules.filter((rule) => rule.data !== undefined);
  const complete = read.problems.length === 0 && readable.length === rules.length;
  const draft = draftOf(main, readable, complete);
  const problems = [
    ...main.problems,
    ...shapeProblems(main, [], mainFile, belongsInRuleFile),
    ...[main, ...readable].flatMap((file) => notBuiltProblems(file)),
    ...read.problems,
    ...rules.flatMap((rule) => rule.problems),
    ...readable.flatMap((rule) => [...shapeProblems(rule, [], ruleFile, belongsInMainFile), ...bareProblems(rule)]),
    ...checkReferences(draft),
    ...(options.accessSecret === undefined ? [] : await secretFileProblems(main, options.accessSecret)),
  ];
  return { main, rules, draft, problems: orderProblems(problems) };
}

function join(main: YamlFile, rules: readonly YamlFile[]): Config {
  const { rule_files: _files, shadow: _shadow, ...rest } = mainFile.parse(main.data);
  const parsed: readonly z.output<typeof ruleFile>[] = rules.map((rule) => ruleFile.parse(rule.data));
  return {
    ...rest,
    categories: parsed.flatMap((rule) => rule.categories ?? []),
    known_fixes: parsed.flatMap((rule) => rule.known_fixes ?? []),
    escalation_policies: parsed.flatMap((rule) => rule.escalation_policies ?? []),
    procedures: proceduresOf(rules, parsed),
    services: parsed.flatMap((rule) => rule.services ?? []),
  };
}

function proceduresOf(rules: readonly YamlFile[], parsed: readonly z.output<typeof ruleFile>[]): Procedure[] {
  const written = parsed.flatMap(({ procedures = [] }, index) =>
    procedures.map((procedure) => ({ file: rules[index]?.name ?? '', procedure })),
  );
  return inForce(written).map(({ procedure }) => procedure);
}

/** `{}` is no rule file: its top key must name what it holds. */
function bareProblems(rule: YamlFile): Problem[] {
  const bare = typeof rule.data === 'object' && rule.data !== null && Object.keys(rule.data).length === 0;
  const allowed = Object.keys(ruleFile.shape).join(', ');
  const problem = bare ? rule.problem({ path: [], message: 'the file holds no rules', allowed }) : null;
  return problem === null ? [] : [problem];
}

function belongsInRuleFile(path: Path): string {
  const known = path.length === 1 && Object.hasOwn(ruleFile.shape, String(path[0]));
  return known ? 'it belongs into a file of its own, named under `rule_files`' : '';
}

function belongsInMainFile(path: Path): string {
  const known = path.length === 1 && Object.hasOwn(mainFile.shape, String(path[0]));
  return known ? 'it belongs into the main file' : '';
}

function wholeFile(file: string, reason: string): Problem {
  const hint = 'name the file with --config.file';
  return { file, line: 1, column: 1, path: '', message: reason, found: '', allowed: '', hint };
}

async function readText(path: string): Promise<string> {
  return new TextDecoder('utf-8', { fatal: true }).decode(await readBytes(path));
}

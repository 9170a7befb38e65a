import { dirname, isAbsolute, join } from 'node:path';
import { notBuiltProblems, shapeProblems } from '../config/explain.ts';
import { loadConfig } from '../config/load.ts';
import { renderProblem } from '../config/problem.ts';
import { tryRead, type ReadFile } from '../config/rule-files.ts';
import { parseYamlFile } from '../config/yaml-file.ts';
import { checkTestNames } from './check-test-names.ts';
import { rehearse } from './rehearse.ts';
import { stageOf, type Stage } from './stage.ts';
import { testFile } from './test-file.ts';

/** What came of one test. */
export interface TestResult {
  readonly name: string;
  /** `file:line:column` of the test. */
  readonly place: string;
  /** Each with its own place; empty where all is as expected. */
  readonly failures: readonly string[];
  readonly seconds: number;
}

export type FileResult =
  | { readonly file: string; readonly ok: true; readonly tests: readonly TestResult[] }
  /** The file, or the rules that it names, cannot be used: `file:line:column: message` each. */
  | { readonly file: string; readonly ok: false; readonly problems: readonly string[] };

export interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: ReadFile;
  /** Milliseconds, for the duration of tests. */
  readonly clock: () => number;
}

/** Runs all tests of one file. Configurations are compiled once for all files that share `stages`. */
export async function runTestFile(file: string, stages: Map<string, Stage>, options: RunOptions): Promise<FileResult> {
  const reading = await tryRead(file, options.readFile);
  if (!reading.ok) return { file, ok: false, problems: [`${file}:1:1: ${reading.reason}`] };
  const yaml = parseYamlFile(file, reading.text, options.env);
  const broken = yaml.data === undefined ? [] : [...shapeProblems(yaml, [], testFile), ...notBuiltProblems(yaml)];
  const problems = [...yaml.problems, ...broken];
  if (problems.length > 0) return { file, ok: false, problems: problems.map(renderProblem) };
  const { rule_files, tests } = testFile.parse(yaml.data);
  const [main = ''] = rule_files;
  const stage = await stageFor(isAbsolute(main) ? main : join(dirname(file), main), stages, options);
  if ('problems' in stage) return { file, ok: false, problems: stage.problems };
  const unknown = checkTestNames(yaml, tests, stage);
  if (unknown.length > 0) return { file, ok: false, problems: unknown.map(renderProblem) };
  const results: TestResult[] = [];
  for (const [index, test] of tests.entries()) {
    const begun = options.clock();
    const findings = await rehearse(stage, test);
    const failures = findings.map(({ path, message }) => `${yaml.place(['tests', index, ...path])}: ${message}`);
    results.push({ ...test, place: yaml.place(['tests', index]), failures, seconds: (options.clock() - begun) / 1000 });
  }
  return {
    file,
    ok: true,
    tests: results.map(({ name, place, failures, seconds }) => ({ name, place, failures, seconds })),
  };
}

async function stageFor(
  main: string,
  stages: Map<string, Stage>,
  { env, readFile }: RunOptions,
): Promise<Stage | { readonly problems: readonly string[] }> {
  const known = stages.get(main);
  if (known !== undefined) return known;
  const loaded = await loadConfig({ file: main, env, readFile });
  if (!loaded.ok) return { problems: loaded.problems.map(renderProblem) };
  const stage = stageOf(loaded.config);
  stages.set(main, stage);
  return stage;
}

/** The results in the XML that CI systems read. */
export function writeJunit(results: readonly FileResult[]): string {
  const suites = results.map((result) => {
    const cases = result.ok ? result.tests.map(writeCase) : [writeError(result.file, result.problems)];
    const failed = result.ok ? result.tests.filter(({ failures }) => failures.length > 0).length : 0;
    const attributes = `name="${escapeXml(result.file)}" tests="${cases.length}" failures="${failed}" errors="${result.ok ? 0 : 1}"`;
    return `  <testsuite ${attributes}>\n${cases.join('\n')}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('\n')}\n</testsuites>\n`;
}

function writeCase({ name, place, failures, seconds }: TestResult): string {
  const head = `    <testcase name="${escapeXml(name)}" classname="${escapeXml(place)}" time="${seconds.toFixed(3)}"`;
  if (failures.length === 0) return `${head}/>`;
  const first = escapeXml(failures[0] ?? '');
  return `${head}>\n      <failure message="${first}">${escapeXml(failures.join('\n'))}</failure>\n    </testcase>`;
}

function writeError(file: string, problems: readonly string[]): string {
  const all = escapeXml(problems.join('\n'));
  return `    <testcase name="${escapeXml(file)}" classname="${escapeXml(file)}">\n      <error message="the file cannot be used">${all}</error>\n    </testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** XML 1.0 has no place for most control characters; they become a question mark. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, '?')
    .replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

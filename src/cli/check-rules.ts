import { splitWords } from '../classify/words.ts';
import { LINTS, lintRules, type LintProblem } from '../config/lint-rules.ts';
import { readDraft } from '../config/load.ts';
import { renderProblem, type Problem } from '../config/problem.ts';

export interface CheckRulesOptions {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly format: 'table' | 'json' | 'sarif';
  readonly version: string;
  /** A whole output for standard output. */
  readonly write: (text: string) => void;
  /** A line for standard error. */
  readonly writeError: (line: string) => void;
}

/** A problem that makes the configuration unusable, or one of the lints. */
type Told = Problem & { readonly lint: string; readonly severity: 'error' | 'warning' };

/**
 * `tierbell check-rules`: what `check-config` says, and what is wrong with rules that are right one by one: unreachable
 * and shadowed ones, policies that end nowhere, categories without procedure.
 * @returns the exit status: 1 where there is an error; warnings alone are 0
 */
export async function checkRules(options: CheckRulesOptions): Promise<0 | 1> {
  const { file, env, format, write, writeError } = options;
  const { draft, problems } = await readDraft({ file, env });
  const lints: readonly LintProblem[] = draft === null ? [] : lintRules(draft, splitWords);
  const told: Told[] = [
    ...problems.map((problem) => ({ ...problem, lint: 'invalid', severity: 'error' as const })),
    ...lints,
  ];
  if (format === 'sarif') write(`${JSON.stringify(sarif(told, options.version), null, 2)}\n`);
  else if (format === 'json') write(`${JSON.stringify(told, null, 2)}\n`);
  else for (const one of told) writeError(one.severity === 'warning' ? warned(one) : renderProblem(one));
  const errors = told.filter(({ severity }) => severity === 'error').length;
  const warnings = told.length - errors;
  const verdict = errors > 0 ? `${errors} wrong` : 'ok';
  if (format === 'table') write(`${file}: ${verdict}${warnings > 0 ? `, ${warnings} to look at` : ''}\n`);
  return errors > 0 ? 1 : 0;
}

function warned(problem: Told): string {
  return renderProblem({ ...problem, message: `warning: ${problem.message}` });
}

/** SARIF 2.1.0, as code hosts show it at the line: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
function sarif(told: readonly Told[], version: string) {
  const about: Readonly<Record<string, string>> = { invalid: 'The configuration cannot be used', ...LINTS };
  const rules = Object.entries(about).map(([id, text]) => ({ id, shortDescription: { text } }));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'tierbell', semanticVersion: version, rules } },
        columnKind: 'utf16CodeUnits',
        results: told.map((one) => ({
          ruleId: one.lint,
          level: one.severity,
          message: { text: renderProblem(one).slice(`${one.file}:${one.line}:${one.column}: `.length) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: one.file.split('/').map(encodeURIComponent).join('/') },
                region: { startLine: one.line, startColumn: one.column },
              },
            },
          ],
        })),
      },
    ],
  };
}

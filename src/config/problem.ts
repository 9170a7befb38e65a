/** Where something stands in a data structure: keys and indices from the top. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with the configuration, with its place and the next step. Never holds a secret's value. */
export interface Problem {
  /** As the operator named it, or beside the main file. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** `escalation_policies[0].steps[1].level`; empty for the whole file. */
  readonly path: string;
  /** What is wrong, in a few words. */
  readonly message: string;
  /** What stands there; empty where the message says it all. */
  readonly found: string;
  /** What may stand there; empty where the message says it all. */
  readonly allowed: string;
  /** How to mend it, or empty. */
  readonly hint: string;
}

/** A problem before its place is looked up. `at` is `key` where the key itself is wrong, else `value`. */
export interface Finding {
  readonly path: Path;
  readonly at?: 'key' | 'value';
  readonly message: string;
  readonly found?: string;
  readonly allowed?: string;
  readonly hint?: string;
}

/** `file:line:column: path: what, found X, allowed Y; hint` */
export function renderProblem(problem: Problem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}: ${problem.path === '' ? '' : `${problem.path}: `}`;
  const found = problem.found === '' ? '' : `, found ${problem.found}`;
  const allowed = problem.allowed === '' ? '' : `, allowed ${problem.allowed}`;
  return `${where}${problem.message}${found}${allowed}${problem.hint === '' ? '' : `; ${problem.hint}`}`;
}

/** `['steps', 1, 'level']` as people write it: `steps[1].level`. */
export function speakPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** By place, each message once; the files keep their order of first mention. */
export function orderProblems(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))];
  const once = new Map(problems.map((problem) => [renderProblem(problem), problem]));
  return [...once.values()].sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}

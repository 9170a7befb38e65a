import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node, Scalar } from 'yaml';
import { interpolate } from './interpolate.ts';
import { speakPath, type Finding, type Path, type Problem } from './problem.ts';
import { isSecretPath, speakValue } from './secrecy.ts';
import { aliasProblems, resolveAlias, startOf, syntaxProblems, type At } from './yaml-syntax.ts';

/** How often aliases may be followed before a file counts as an attack on the memory. */
const MAX_ALIASES = 100;

type Env = Readonly<Record<string, string | undefined>>;

/** A YAML file, parsed, with its variables filled and a way back from a path to the place in the text. */
export interface YamlFile {
  readonly name: string;
  /** Plain data; undefined where the file cannot be read as YAML at all. */
  readonly data: unknown;
  /** Syntax errors and missing variables. */
  readonly problems: readonly Problem[];
  /** Gives a finding its place and its words; null where the value already has a problem of its own. */
  problem(finding: Finding): Problem | null;
  /** The value at a path as people may see it: never a secret, never what a variable held. */
  speak(path: Path): string;
  /** `file:line:column` */
  place(path: Path): string;
}

/** Parses one file. Never throws: whatever is wrong stands in `problems`. */
export function parseYamlFile(name: string, text: string, env: Env): YamlFile {
  const lines = new LineCounter();
  const document = parseOrNull(text, lines);
  if (document === null) return tooDeep(name, text);
  const at = (offset: number, message: string, more: { path?: string; hint?: string } = {}): Problem => {
    const { line, col } = offset < 0 ? { line: 1, col: 1 } : lines.linePos(offset);
    const { path = '', hint = '' } = more;
    return {
      file: name,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      path,
      message,
      found: '',
      allowed: '',
      hint,
    };
  };
  const broken = [...syntaxProblems(document, text, at), ...aliasProblems(document, at)];
  const filled = broken.length > 0 ? NOTHING_FILLED : fillVariables(document, env, at);
  const content = broken.length > 0 ? { data: undefined, problems: [] } : toData(document, at);
  return {
    name,
    data: content.data,
    problems: [...broken, ...filled.problems, ...content.problems],
    ...lookUps(name, document, lines, content.data, filled),
  };
}

/** Null where it is nested so deeply that the parser's stack does not suffice. */
function parseOrNull(text: string, lineCounter: LineCounter): Document | null {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Told at the line that stands furthest in. */
function tooDeep(name: string, text: string): YamlFile {
  const indents = text.split('\n').map((line) => line.search(/[^ ]/));
  const deepest = indents.reduce((best, indent, index) => (indent > (indents[best] ?? 0) ? index : best), 0);
  const [line, column] = [deepest + 1, Math.max(0, indents[deepest] ?? 0) + 1];
  const problem = {
    file: name,
    line,
    column,
    path: '',
    message: 'nested too deeply',
    found: '',
    allowed: '',
    hint: '',
  };
  const place = (): string => `${name}:${line}:${column}`;
  return { name, data: undefined, problems: [problem], problem: () => null, speak: () => 'nothing', place };
}

interface Filled {
  readonly problems: readonly Problem[];
  /** The names of the variables behind a scalar. */
  readonly variables: ReadonlyMap<Node, readonly string[]>;
  readonly failed: ReadonlySet<Node>;
}
const NOTHING_FILLED: Filled = { problems: [], variables: new Map(), failed: new Set() };

function fillVariables(document: Document, env: Env, at: At): Filled {
  const problems: Problem[] = [];
  const variables = new Map<Node, readonly string[]>();
  const failed = new Set<Node>();
  const fill = (key: unknown, scalar: Scalar): void => {
    if (key === 'key' || typeof scalar.value !== 'string' || !scalar.value.includes('${')) return;
    const result = interpolate(scalar.value, env);
    if (result.ok) {
      scalar.value = result.text;
      variables.set(scalar, result.variables);
      return;
    }
    failed.add(scalar);
    problems.push(at(startOf(scalar), result.message, { hint: result.hint }));
  };
  visit(document, { Scalar: fill });
  return { problems, variables, failed };
}

function toData(document: Document, at: At): { data: unknown; problems: Problem[] } {
  try {
    const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    if (data === null) return { data: undefined, problems: [at(0, 'the file is empty')] };
    return { data, problems: [] };
  } catch {
    let first = 0;
    visit(document, {
      Alias: (_key, alias) => {
        first = startOf(alias);
        return visit.BREAK;
      },
    });
    const hint = 'write the values out';
    return { data: undefined, problems: [at(first, `aliases that unfold into more than ${MAX_ALIASES}`, { hint })] };
  }
}

function lookUps(
  name: string,
  document: Document,
  lines: LineCounter,
  data: unknown,
  filled: Filled,
): Pick<YamlFile, 'problem' | 'speak' | 'place'> {
  const placeOf = (path: Path, want: 'key' | 'value'): { line: number; column: number } => {
    const { line, col } = lines.linePos(Math.max(0, startOf(nodeAt(document, path)[want])));
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const speak = (path: Path): string => {
    const variables = filled.variables.get(nodeAt(document, path).target as Node);
    if (isSecretPath(path)) return 'a hidden value';
    return variables !== undefined && variables.length > 0
      ? `the value of ${variables.map((variable) => `\${${variable}}`).join(' and ')}`
      : speakValue(valueAt(data, path));
  };
  const problem = ({ path, at = 'value', message, found = '', allowed = '', hint = '' }: Finding): Problem | null => {
    const target = nodeAt(document, path).target;
    if (target !== null && filled.failed.has(target)) return null;
    return { file: name, ...placeOf(path, at), path: speakPath(path), message, found, allowed, hint };
  };
  const place = (path: Path): string => `${name}:${placeOf(path, 'value').line}:${placeOf(path, 'value').column}`;
  return { problem, speak, place };
}

/** The key and the value at a path, or, where it ends early, the last ones on the way; `target` is exact, else null. */
function nodeAt(document: Document, path: Path): { key: Node | null; value: Node | null; target: Node | null } {
  let key: Node | null = document.contents;
  let value: Node | null = document.contents;
  let target: Node | null = follow(document, document.contents);
  for (const step of path) {
    const found = childOf(target, step);
    if (found === null) return { key: value, value, target: null };
    key = found.key ?? found.value;
    value = found.value ?? found.key;
    target = follow(document, found.value);
  }
  return { key, value, target };
}

function childOf(node: Node | null, step: string | number): { key: Node | null; value: Node | null } | null {
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    return item === undefined ? null : { key: null, value: item as Node };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
  return pair === undefined ? null : { key: pair.key as Node, value: pair.value as Node | null };
}

function follow(document: Document, node: Node | null): Node | null {
  return isAlias(node) ? resolveAlias(document, node) : node;
}

/** The value that stands at a path of plain data; undefined where there is none. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    return (value as Record<string | number, unknown>)[step];
  }, data);
}

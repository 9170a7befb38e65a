import { isCollection, isScalar, visit } from 'yaml';
import type { Alias, Document, Node, YAMLError } from 'yaml';
import type { Problem } from './problem.ts';

/** Makes a problem of this file at an offset of its text. */
export type At = (offset: number, message: string, more?: { path?: string; hint?: string }) => Problem;

/** The parser's words where they cannot repeat the text (a secret may stand in it), the first of each line. */
export function syntaxProblems(document: Document, text: string, at: At): Problem[] {
  const perLine = new Map<number, Problem>();
  for (const error of [...document.errors, ...document.warnings]) {
    const { message, hint } = explainSyntax(error, text);
    const problem = at(error.pos[0], message, { hint });
    if (!perLine.has(problem.line)) perLine.set(problem.line, problem);
  }
  return [...perLine.values()];
}

function explainSyntax(error: YAMLError, text: string): { message: string; hint: string } {
  const variable = text.slice(Math.max(0, error.pos[0] - 1), error.pos[0] + 1) === '${';
  if (variable)
    return { message: 'not YAML: a variable without quotes', hint: 'write "${NAME}" with quotes within { }' };
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return { message: 'this key stands here twice', hint: 'keep one of them' };
    case 'TAB_AS_INDENT':
      return { message: 'not YAML: a tab as indentation', hint: 'indent with spaces' };
    case 'MULTIPLE_DOCS':
      return { message: 'a second document begins here', hint: 'split the file at ---' };
    case 'TAG_RESOLVE_FAILED':
      return { message: 'tags (!name) are not known here', hint: 'take the tag out, or quote the value' };
    case 'RESOURCE_EXHAUSTION':
      return { message: 'nested too deeply', hint: '' };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return { message: 'not YAML: a second colon on this line', hint: 'quote a value that holds ": "' };
    default:
      return { message: `not YAML: ${error.message.replace(/: ".*$/s, '')}`, hint: '' };
  }
}

/** An alias must stand after its anchor and outside it. */
export function aliasProblems(document: Document, at: At): Problem[] {
  const problems: Problem[] = [];
  if (document.errors.length > 0) return problems;
  visit(document, {
    Alias: (_key, alias, ancestors) => {
      const target = resolveAlias(document, alias);
      if (target === null) problems.push(at(startOf(alias), 'an alias without an anchor before it'));
      else if (ancestors.includes(target)) problems.push(at(startOf(alias), 'an alias within its own anchor'));
    },
  });
  return problems;
}

/** The node that an alias stands for; null where there is none. */
export function resolveAlias(document: Document, alias: Alias): Node | null {
  const target = alias.resolve(document);
  return target !== undefined && (isScalar(target) || isCollection(target)) ? target : null;
}

/** Where a node begins in the text; 0 where that is unknown. */
export function startOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}

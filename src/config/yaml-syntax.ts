import { isCollection, isScalar, visit } from 'yaml';
import type { Alias, Document, Node, YAMLError } from 'yaml';
import type { Problem } from './problem.ts';

/** Makes a problem of this file at an offset of its text. */
export type At = (offset: number, message: string, more?: { path?: string; hint?: string }) => Problem;

/**
 * What the parser found, in words that name the next step and never repeat the text (a secret may stand in it): the
 * first of each line. After a quote that is never closed, whatever else it says is about the wrong text.
 */
export function syntaxProblems(document: Document, text: string, at: At): Problem[] {
  const errors = [...document.errors, ...document.warnings];
  const open = errors.find(({ message }) => message.startsWith('Missing closing '));
  if (open !== undefined) {
    const hint = 'close it, or take it out';
    return [at(beginOfQuote(document, open.pos[0]), 'not YAML: a quote that is opened here is never closed', { hint })];
  }
  const tooDeep = new Set(errors.filter(({ code }) => code === 'MULTILINE_IMPLICIT_KEY').map(({ pos }) => pos[0]));
  const perLine = new Map<number, Problem>();
  for (const error of errors) {
    const { offset, message, hint } = explainSyntax(error, text, tooDeep);
    const problem = at(offset ?? error.pos[0], message, { hint });
    if (!perLine.has(problem.line)) perLine.set(problem.line, problem);
  }
  return [...perLine.values()];
}

/** The parser notices at the end of the file; the quote began earlier. */
function beginOfQuote(document: Document, end: number): number {
  let begin = end;
  visit(document, {
    Scalar: (_key, { type, range }) => {
      if (type?.startsWith('QUOTE_') && range && range[0] < end && range[1] >= end) begin = range[0];
    },
  });
  return begin;
}

/** What an operator reads; the offset where it is another than the parser's. */
interface Explained {
  readonly offset?: number;
  readonly message: string;
  readonly hint: string;
}

const NO_COLON: Explained = {
  message: 'not YAML: no key and value on this line',
  hint: 'a key is followed by a colon and a space',
};
const INDENTED_OTHERWISE: Explained = {
  message: 'not YAML: indented otherwise than what it belongs to',
  hint: 'begin it right below the key before it',
};

function explainSyntax(error: YAMLError, text: string, tooDeep: ReadonlySet<number>): Explained {
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
    case 'BAD_SCALAR_START':
      return { message: 'not YAML: a value cannot begin with this character', hint: 'quote the value' };
    case 'BLOCK_AS_IMPLICIT_KEY':
      if (tooDeep.has(error.pos[0])) return { ...INDENTED_OTHERWISE, offset: lineAfter(text, error.pos[0]) };
      return { message: 'not YAML: a second colon on this line', hint: 'quote a value that holds ": "' };
    case 'MULTILINE_IMPLICIT_KEY':
      return NO_COLON;
    case 'MISSING_CHAR':
      return error.message.startsWith('Implicit map key') ? NO_COLON : INDENTED_OTHERWISE;
    case 'BAD_INDENT': {
      const [, missing] = /end with a ([\]}])/.exec(error.message) ?? [];
      if (missing === undefined) return INDENTED_OTHERWISE;
      return { message: `not YAML: a ${missing} is missing before this`, hint: 'each [ ends with ], each { with }' };
    }
    default:
      return { message: `not YAML: ${error.message.replace(/: ".*$/s, '')}`, hint: '' };
  }
}

/** Where the text of the next line begins. */
function lineAfter(text: string, offset: number): number {
  const next = text.indexOf('\n', offset) + 1;
  return next === 0 ? offset : next + (/^ */.exec(text.slice(next))?.[0].length ?? 0);
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

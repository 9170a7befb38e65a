import { cleanLine, cleanText } from '../domain/text.ts';

/** Letters, digits and the punctuation that means nothing inside a line of Markdown. */
const HARMLESS = /^[\p{L}\p{N} ,.;:()%'"’–…×·/=+-]*$/u;
/** What GitHub's Markdown turns into a link without any brackets. */
const LINKS_BY_ITSELF = /:\/\/|www\.|mailto:|xmpp:/i;

/**
 * Text from outside, for the middle of a line: as it is where it can mean nothing to Markdown, else as a code span, in which
 * neither links nor markup exist.
 */
export function inline(raw: string, max = 500): string {
  const text = cleanLine(raw, max);
  if (text === '') return '–';
  return HARMLESS.test(text) && !LINKS_BY_ITSELF.test(text) ? text : codeSpan(text);
}

function codeSpan(text: string): string {
  const ticks = '`'.repeat(longestRun(text) + 1);
  const pad = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${text}${pad}${ticks}`;
}

/** Text from outside as a block, between fences longer than any run of backticks in it. */
export function fenced(raw: string): string {
  const text = cleanText(raw, 1_000_000).trimEnd();
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}text\n${text}\n${fence}`;
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}

/** Blocks with a blank line between them and a line feed at the end; empty ones are left out. */
export function document(blocks: readonly string[]): string {
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

export function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

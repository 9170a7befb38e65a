/** A line of Markdown that means something for a procedure. Lines and columns count from 1. */
export type MarkdownPart =
  | { readonly kind: 'heading'; readonly depth: number; readonly text: string; readonly line: number }
  | { readonly kind: 'item'; readonly text: string; readonly line: number; readonly column: number };

const FENCE = /^ {0,3}(```+|~~~+)/;
const HEADING = /^(#{1,6}) +(.*?)(?: +#+)?\s*$/;
const ITEM = /^(\s*(?:[-*+]|\d{1,9}[.)]) +(?:\[[ xX]\] +)?)(\S.*)$/;

/** Headings and the items of lists, each item with its further lines. All else is for whoever reads the file. */
export function readParts(text: string): MarkdownPart[] {
  const parts: MarkdownPart[] = [];
  let fence: string | null = null;
  let open = false;
  for (const [index, whole] of blankComments(text).split(/\r?\n/).entries()) {
    const mark = FENCE.exec(whole)?.[1] ?? null;
    const inside = fence !== null;
    if (mark !== null) fence = fence === null ? mark : mark.startsWith(fence) ? null : fence;
    if (inside || mark !== null) {
      open = false;
      continue;
    }
    const read = readLine(whole, index + 1);
    const last = parts.at(-1);
    if (read !== null) parts.push(read);
    else if (open && last?.kind === 'item' && whole.trim() !== '')
      parts[parts.length - 1] = { ...last, text: `${last.text} ${whole.trim()}` };
    open = read === null ? open && whole.trim() !== '' : read.kind === 'item';
  }
  return parts;
}

function readLine(whole: string, line: number): MarkdownPart | null {
  const heading = HEADING.exec(whole);
  if (heading !== null) return { kind: 'heading', depth: heading[1]?.length ?? 1, text: heading[2] ?? '', line };
  const item = ITEM.exec(whole);
  if (item === null) return null;
  return { kind: 'item', text: (item[2] ?? '').trim(), line, column: (item[1]?.length ?? 0) + 1 };
}

/** Comments become blank, their line breaks stay. */
function blankComments(text: string): string {
  return text.replace(/<!--[^]*?(?:-->|$)/g, (comment) => comment.replace(/[^\n]/g, ' '));
}

export interface MarkdownStep {
  readonly id: string;
  readonly text: string;
  readonly link: string;
}

const LINK = /\[([^[\]]*)\]\(((?:\{\{[^{}]*\}\}|[^()\s])+)\)/g;
const OWN_ID = /\s*\{#([^\s{}]+)\}\s*$/;

/** A step as an item says it; null where it has several links. Its id is `{#id}` at its end, or made of its words. */
export function readStep(item: string): MarkdownStep | null {
  const links = [...item.matchAll(LINK)];
  if (links.length > 1) return null;
  const own = OWN_ID.exec(item)?.[1];
  const text = item
    .replace(OWN_ID, '')
    .replace(LINK, '$1')
    .replace(/\*\*(.+?)\*\*/g, '$1')
    .trim();
  return { id: own ?? idOf(text), text, link: links[0]?.[2] ?? '' };
}

function idOf(text: string): string {
  const words = text.replace(/\{\{[^{}]*\}\}/g, ' ').toLowerCase();
  return words
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
}

import { cleanLine, cleanText, httpUrl } from '../../domain/text.ts';

const FENCE = '```';
/** Three backticks would begin or end a block of code; hair spaces part them. */
const PARTED = '`\u200a`\u200a`';
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Text of others made harmless for Slack: `&`, `<` and `>` become entities, so that `<!channel>` rings nobody and no link comes
 * about; blocks of code neither begin nor end in it. Cut to `limit` characters as Slack counts them, entities included, with an ellipsis.
 */
export function escapeTo(raw: string, limit: number): string {
  const text = raw.replaceAll(FENCE, PARTED);
  const whole = text.replace(/[&<>]/g, (char) => ENTITIES[char] ?? char);
  if (whole.length <= limit) return whole;
  let cut = '';
  for (const char of text) {
    const next = ENTITIES[char] ?? char;
    if (cut.length + next.length > limit - 1) break;
    cut += next;
  }
  return `${cut}…`;
}

/** One clean line, escaped. */
export function line(text: string, limit = 300): string {
  return escapeTo(cleanLine(text, limit), limit);
}

/** Prose with its line breaks. Marks of emphasis are left as they are: they can disguise nothing. */
export function prose(text: string, limit: number): string {
  return escapeTo(cleanText(text, limit).trim(), limit);
}

/** Lines in a code block, whole lines from the beginning as far as they fit; says how many are missing. */
export function codeBlock(text: string, limit: number): string {
  const rows = cleanText(text, 100_000).trimEnd().split('\n');
  const room = limit - 2 * FENCE.length - 2 - 24;
  const kept: string[] = [];
  let used = 0;
  for (const row of rows) {
    const shown = escapeTo(row, Math.min(room - 1, 800));
    if (used + shown.length + 1 > room) break;
    kept.push(shown);
    used += shown.length + 1;
  }
  const missing = rows.length - kept.length;
  const more = missing === 0 ? '' : `\n… ${missing} more line${missing === 1 ? '' : 's'}`;
  return `${FENCE}\n${kept.join('\n')}${more}\n${FENCE}`;
}

/** `<address|title>`, or '' where the address is not an http(s) one: nothing else becomes a link. */
export function link(title: string, url: string): string {
  const address = httpUrl(url);
  // What would end the address or its title early is percent-encoded.
  const safe = address.replace(/[<>|&]/g, (char) => (char === '&' ? '&amp;' : encodeURIComponent(char)));
  return address === '' || safe.length > 2000 ? '' : `<${safe}|${line(title, 150).replaceAll('|', '/')}>`;
}

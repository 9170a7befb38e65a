import type { Notice } from '../channel.ts';
import { cleanLine, cleanText, httpUrl } from '../../domain/text.ts';

/** The plain-text part of a mail: what is wanted first, then the facts, then the grounds. */
export function noticeText(notice: Notice, remarks: readonly string[]): string {
  const width = Math.max(0, ...notice.facts.map(([label]) => label.length));
  const blocks = [
    cleanText(notice.headline),
    links(notice, true),
    cleanText(notice.hint),
    ...remarks.map((remark) => cleanText(remark)),
    notice.facts
      .map(([label, value]) => `${cleanLine(`${label}:`).padEnd(width + 2)}${cleanLine(value, 2000)}`)
      .join('\n'),
    ...notice.sections.map(({ title, text, code }) => titled(title, block(text, code))),
    links(notice, false),
    `-- \n${cleanLine(notice.incident)} · ${notice.uid} · Tierbell`,
  ];
  return `${blocks.filter((part) => part !== '').join('\n\n')}\n`;
}

function links({ links }: Notice, ours: boolean): string {
  const shown = links.filter((link) => link.ours === ours && httpUrl(link.url) !== '');
  return shown.map(({ title, url }) => `${cleanLine(title)}:\n  ${httpUrl(url)}`).join('\n');
}

function titled(title: string, body: string): string {
  const line = cleanLine(title, 120);
  return `${line}\n${'-'.repeat(line.length)}\n${body}`;
}

function block(text: string, code: boolean): string {
  const clean = cleanText(text, 100_000);
  return code ? clean.replace(/^/gm, '    ') : clean;
}

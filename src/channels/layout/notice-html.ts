import type { Notice } from '../channel.ts';
import { cleanLine, cleanText, httpUrl } from '../../domain/text.ts';
import { NOTICE_STYLE } from './notice-style.ts';

/** Text that is safe between tags and inside double-quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/**
 * The HTML part of a mail: one column, readable on a phone and on a wall, in a light and in a dark reader. Nothing is loaded
 * from anywhere, nothing runs, and everything that came from outside is text.
 */
export function noticeHtml(notice: Notice, remarks: readonly string[]): string {
  const { headline, hint, incident, subject, uid } = notice;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>${line(subject)}</title><style>${NOTICE_STYLE}</style></head>
<body class="${toneOf(notice)}"><div class="page">
<p class="tag">${line(incident)} · ${line(kindOf(notice))}</p>
<h1>${line(headline, 1000)}</h1>
${buttons(notice)}${hint === '' ? '' : `<p class="hint">${text(hint)}</p>\n`}${noted(remarks)}${facts(notice)}
${notice.sections.map((section) => sectionHtml(section)).join('\n')}
${outside(notice)}<p class="foot">${line(incident)} · ${line(uid)} · sent by Tierbell, which reads no replies</p>
</div></body></html>
`;
}

const KINDS: Readonly<Record<Notice['purpose'], string>> = {
  page: 'your turn',
  escalation: 'escalated to you',
  evidence: 'more evidence',
  resolved: 'resolved',
  reopened: 'fires again',
  inform: 'for information',
  fallback: 'perhaps nobody knows',
  observed: 'observed',
  digest: 'a storm',
};

function kindOf({ purpose }: Notice): string {
  return KINDS[purpose];
}

function toneOf({ purpose }: Notice): string {
  if (purpose === 'resolved') return 'calm';
  return purpose === 'inform' || purpose === 'evidence' || purpose === 'observed' ? 'plain' : 'alarm';
}

/** The first link is what is wanted of the reader, so it is the one that looks like it. */
function buttons({ links }: Notice): string {
  const shown = links.filter(({ url, ours }) => ours && httpUrl(url) !== '');
  if (shown.length === 0) return '';
  const anchors = shown.map(({ title, url }, index) => {
    const look = index === 0 ? 'button first' : 'button';
    return `<a class="${look}" href="${escapeHtml(httpUrl(url))}" rel="noreferrer">${line(title)}</a>`;
  });
  return `<p class="buttons">${anchors.join(' ')}</p>\n`;
}

/** What alerts and log stores name looks like what it is: an address of somebody else's. */
function outside({ links }: Notice): string {
  const shown = links.filter(({ url, ours }) => !ours && httpUrl(url) !== '');
  if (shown.length === 0) return '';
  const items = shown.map(({ title, url }) => {
    return `<li><a href="${escapeHtml(httpUrl(url))}" rel="noreferrer">${line(title)}</a></li>`;
  });
  return `<h2>Other pages</h2>\n<ul>${items.join('\n')}</ul>\n`;
}

/** What the message could not carry stands where it is not overlooked. */
function noted(remarks: readonly string[]): string {
  return remarks.map((remark) => `<p class="remark">${text(remark)}</p>\n`).join('');
}

function facts({ facts }: Notice): string {
  const rows = facts.map(([label, value]) => `<tr><th scope="row">${line(label)}</th><td>${text(value)}</td></tr>`);
  return rows.length === 0 ? '' : `<table class="facts">${rows.join('\n')}</table>`;
}

function sectionHtml({ title, text: body, code }: Notice['sections'][number]): string {
  return `<h2>${line(title)}</h2>\n${code ? `<pre>${block(body)}</pre>` : `<p>${text(body)}</p>`}`;
}

function line(raw: string, max = 300): string {
  return escapeHtml(cleanLine(raw, max));
}

function block(raw: string): string {
  return escapeHtml(cleanText(raw, 100_000));
}

function text(raw: string): string {
  return block(raw).replaceAll('\n', '<br>');
}

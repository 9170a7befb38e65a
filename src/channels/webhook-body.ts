import { createHash } from 'node:crypto';
import type { Notice } from './channel.ts';

/** Standard Webhooks asks for bodies under 20 kB. */
export const BODY_LIMIT_BYTES = 20_000;

/** How much of the long parts is kept, round after round, until the body fits: characters of a text, items of a list. */
const ROUNDS: readonly { readonly text: number; readonly items: number }[] = [
  { text: 8000, items: 100 },
  { text: 3000, items: 40 },
  { text: 1200, items: 20 },
  { text: 500, items: 8 },
  { text: 200, items: 3 },
  { text: 80, items: 1 },
];

/** Maps with names from outside, which may hold any number of entries. */
const OPEN_MAPS: ReadonlySet<string> = new Set(['labels', 'annotations', 'counts']);

/**
 * The JSON of a notice for machines, always under {@link BODY_LIMIT_BYTES}. What had to be left out stands in `data.cut`,
 * one sentence each, so that nobody takes a part for the whole. The same notice gives the same bytes.
 */
export function webhookBody(notice: Notice): string {
  for (const limit of ROUNDS) {
    const cut: string[] = [];
    const data = trim(dataOf(notice), '', '', limit, cut) as Record<string, unknown>;
    const body = envelope(notice, { ...data, cut: shorten(cut) });
    if (Buffer.byteLength(body) < BODY_LIMIT_BYTES) return body;
  }
  return envelope(notice, barest(notice));
}

function envelope(notice: Notice, data: Record<string, unknown>): string {
  return JSON.stringify({ type: `incident.${notice.purpose}`, timestamp: new Date(notice.at).toISOString(), data });
}

function dataOf(notice: Notice): Record<string, unknown> {
  const { subject, headline, facts, sections, links, hint } = notice;
  return {
    incident: notice.payload,
    message: { subject, headline, facts: facts.map(([label, value]) => ({ label, value })), sections, links, hint },
    // A JSON body cannot carry files: their names, digests and where they lie.
    attachments: notice.attachments.map(({ name, contentType, content, elsewhere }) => ({
      name,
      contentType,
      bytes: content.byteLength,
      sha256: createHash('sha256').update(content).digest('hex'),
      where: elsewhere,
    })),
  };
}

function barest(notice: Notice): Record<string, unknown> {
  const incident = { id: notice.incident, uid: notice.uid };
  const message = { subject: notice.subject.slice(0, 300), headline: notice.headline.slice(0, 1000) };
  return { incident, message, attachments: [], cut: ['all but the first sentence, which alone fits into 20 kB'] };
}

type Limit = (typeof ROUNDS)[number];

/** A deep copy with long texts, lists and label sets cut; `path` is for the sentence that says so. */
function trim(value: unknown, path: string, key: string, limit: Limit, cut: string[]): unknown {
  if (typeof value === 'string') return trimText(value, path, key, limit, cut);
  if (Array.isArray(value)) {
    if (value.length > limit.items) cut.push(`${path}: ${limit.items} of ${value.length} kept`);
    return value.slice(0, limit.items).map((item, index) => trim(item, `${path}[${index}]`, key, limit, cut));
  }
  if (typeof value !== 'object' || value === null) return value;
  return trimObject(value, path, key, limit, cut);
}

function trimText(text: string, path: string, key: string, limit: Limit, cut: string[]): string {
  if (text.length <= limit.text) return text;
  cut.push(`${path}: ${limit.text} of ${text.length} characters kept`);
  // Of a fix's output the end tells most, of everything else the beginning.
  return (key === 'output' ? `…${text.slice(-limit.text)}` : `${text.slice(0, limit.text)}…`).toWellFormed();
}

function trimObject(value: object, path: string, key: string, limit: Limit, cut: string[]): unknown {
  const all = Object.entries(value);
  const open = OPEN_MAPS.has(key);
  const kept = open ? all.filter(([name]) => name.length <= 200).slice(0, limit.items * 4) : all;
  if (kept.length < all.length) cut.push(`${path}: ${kept.length} of ${all.length} kept`);
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [name, item] of kept) {
    copy[name] = trim(item, path === '' ? name : `${path}.${name.slice(0, 60)}`, open ? '' : name, limit, cut);
  }
  return copy;
}

function shorten(cut: readonly string[]): string[] {
  return cut.length <= 12 ? [...cut] : [...cut.slice(0, 11), `and ${cut.length - 11} more`];
}

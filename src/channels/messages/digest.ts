import { CATEGORY_TITLES, type Category } from '../../domain/category.ts';
import { cleanLine, count } from '../../domain/text.ts';
import { CONFIDENTIAL_TITLE } from '../../incidents/confidential.ts';
import type { Notice, NoticeState } from '../channel.ts';

/** An incident in a message about many. */
export interface DigestLine {
  readonly id: string;
  readonly uid: string;
  readonly title: string;
  readonly status: NoticeState['status'];
  readonly level: NoticeState['level'];
  readonly priority: NoticeState['priority'];
  readonly category: Category;
  /** Whether this channel may say what it is about. */
  readonly open: boolean;
}

export interface DigestInput {
  /** The same over retries of the same set. */
  readonly id: string;
  /** UUIDv7 of this message: it is no incident's. */
  readonly uid: string;
  /** The most urgent first; at least one. */
  readonly lines: readonly DigestLine[];
  /** The console's list; null without `--web.external-url`. */
  readonly listUrl: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** How many are named; the rest is counted, and stands in the console. */
const NAMED = 60;

/** One message for the many of a storm: what waits for somebody first, and how much of what there is. Pure. */
export function digestNotice({ id, uid, lines, listUrl, at }: DigestInput): Notice {
  const waiting = lines.filter(({ status }) => status === 'triggered');
  const others = lines.filter(({ status }) => status !== 'triggered');
  const [worst] = lines;
  if (worst === undefined) throw new Error('a message about no incident');
  const also = others.length === 0 ? '' : ` ${count(others.length, 'other')} changed.`;
  return {
    ...{ id, uid, at, purpose: 'digest', attachments: [], asks: false, thread: null },
    incident: lines.length === 1 ? worst.id : `${worst.id} and ${lines.length - 1} more`,
    subject: `[Tierbell] ${count(lines.length, 'incident')} in one message: more came than anybody reads one by one`,
    headline: `${count(waiting.length, 'incident')} ${waiting.length === 1 ? 'waits' : 'wait'} for somebody${byPriority(waiting)}.${also} Take the first of the list; each can be acknowledged by itself.`,
    facts: [
      ['Incidents', String(lines.length)],
      ['By category', byCategory(lines)],
    ],
    sections: [section('They wait for somebody', waiting), section('These changed', others)].flat(),
    links: listUrl === null ? [] : [{ title: 'Open the list', url: listUrl, ours: true }],
    hint: 'To see them all, type: tierbell incident list --status triggered',
    state: stateOf(worst),
    payload: {
      digest: true,
      count: lines.length,
      incidents: lines.map(({ open, title, category, ...line }) =>
        open ? { ...line, title, category } : { ...line, title: CONFIDENTIAL_TITLE },
      ),
    },
  };
}

function section(title: string, lines: readonly DigestLine[]): Notice['sections'] {
  if (lines.length === 0) return [];
  const named = lines.slice(0, NAMED).map((line) => sayLine(line));
  const more = lines.length > NAMED ? [`… and ${lines.length - NAMED} more`] : [];
  return [{ title, text: [...named, ...more].join('\n'), code: true }];
}

function sayLine({ id, priority, level, category, title, open }: DigestLine): string {
  const what = open ? `${cleanLine(title, 90)} (${CATEGORY_TITLES[category].toLowerCase()})` : CONFIDENTIAL_TITLE;
  return `${id}  ${priority}  Level ${level}  ${what}`;
}

function byPriority(lines: readonly DigestLine[]): string {
  if (lines.length < 2) return '';
  return `: ${tally(lines.map(({ priority }) => priority)).join(', ')}`;
}

function byCategory(lines: readonly DigestLine[]): string {
  const known = lines.filter(({ open }) => open).map(({ category }) => CATEGORY_TITLES[category].toLowerCase());
  return tally(known).join(', ') || CONFIDENTIAL_TITLE;
}

/** `3 P2`, in the order of the words. */
function tally(words: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => a.localeCompare(b)).map(([word, many]) => `${many} ${word}`);
}

function stateOf({ status, level, priority }: DigestLine): NoticeState {
  return {
    ...{ status, level, priority, severity: 'unknown' },
    ...{ acknowledgedBy: null, acknowledgedAt: null, resolvedBy: null, resolvedAt: null },
  };
}

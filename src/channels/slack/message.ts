import { sayClock } from '../../domain/moment.ts';
import type { Notice } from '../channel.ts';
import { cleanLine } from '../../domain/text.ts';
import { codeBlock, escapeTo, line, link, prose } from './mrkdwn.ts';

/**
 * Limits of Block Kit (https://docs.slack.dev/reference/block-kit): blocks of a message, characters of a section, a header, a
 * button and its value. The size of all blocks is not documented; 13,200 were seen to be refused, so 12,000 bytes are kept.
 */
export const LIMITS = { blocks: 50, section: 3000, header: 150, button: 75, value: 2000, bytes: 12_000 } as const;
/** A message without blocks: Slack cuts beyond 40,000 characters and advises 4,000. */
const TEXT_LIMIT = 3900;
/** The preview on a lock screen, and what a screen reader reads. */
const PREVIEW_LIMIT = 600;

/** Which button it was; in every interaction that Slack sends. */
export const ACKNOWLEDGE_ACTION = 'tierbell_acknowledge';
export const TAKE_OVER_ACTION = 'tierbell_take_over';
export const APPROVE_ACTION = 'tierbell_approve_fix';
export const DENY_ACTION = 'tierbell_deny_fix';

export type Block = Readonly<Record<string, unknown>>;

export interface SlackMessage {
  /** Shown where blocks are not: previews, screen readers. Escaped. */
  readonly text: string;
  readonly blocks: readonly Block[];
}

export interface LayoutOptions {
  /** Whether presses of a button reach us; without that the message links to the page for it. */
  readonly buttons: boolean;
}

/** How much of the long parts is kept, round after round, until the blocks fit: characters of a section. */
const ROUNDS = [2950, 1800, 1000, 500, 250];

/**
 * The first message of an incident: how it stands, what is wanted, the facts and the grounds, the button while it is of use.
 * Laid out anew it takes the place of the old one, so that the channel always shows the present state.
 */
export function firstMessage(notice: Notice, options: LayoutOptions): SlackMessage {
  const head = [
    header(`${icon(notice)} ${notice.subject}`),
    section(stateLine(notice)),
    ...headline(notice),
    ...button(notice, options),
    ...facts(notice),
    ...decision(notice, options),
  ];
  return fit(notice, head, options);
}

/** Once somebody has it, the line of state says all that the sentence would. */
function headline(notice: Notice): Block[] {
  const { asks, purpose } = notice;
  const said = !asks && (purpose === 'page' || purpose === 'reopened' || purpose === 'escalation');
  return said ? [] : [section(prose(notice.headline, LIMITS.section))];
}

/** A message in the thread: what is new, without what the first message shows. */
export function replyMessage(notice: Notice, options: LayoutOptions): SlackMessage {
  const head = [section(`${icon(notice)} ${prose(notice.headline, LIMITS.section - 10)}`)];
  const above =
    notice.asks && options.buttons ? [context('Acknowledge with the button at the top of this thread.')] : [];
  return fit(notice, [...head, ...above, ...decision(notice, options)], options);
}

/** Everything in one text without blocks, for when Slack refuses the blocks: better plain than not at all. */
export function plainMessage(notice: Notice, options: LayoutOptions): string {
  const parts = [
    `${icon(notice)} *${line(notice.subject, LIMITS.header)}*`,
    stateLine(notice),
    prose(notice.headline, 1500),
    linksLine(notice, options),
    prose(notice.hint, 300),
    ...notice.facts.map(([label, value]) => `*${line(label, 40)}:* ${line(value, 300)}`),
  ];
  let text = parts.filter((part) => part !== '').join('\n');
  for (const part of notice.sections) {
    const room = Math.min(TEXT_LIMIT - text.length - 100, 1000);
    if (room < 200) break;
    text += `\n\n${sectionText(part, room)}`;
  }
  return text;
}

/** A remark of ours in the thread: a file that could not be attached and where it lies. */
export function remark(text: string): string {
  return prose(text, TEXT_LIMIT);
}

function fit(notice: Notice, head: readonly Block[], options: LayoutOptions): SlackMessage {
  const text = escapeTo(cleanLine(`${notice.incident} ${notice.headline}`, PREVIEW_LIMIT), PREVIEW_LIMIT);
  const tail = [...links(notice, options), ...hint(notice)];
  for (const limit of ROUNDS) {
    const body = notice.sections.map((part) => section(sectionText(part, limit)));
    const blocks = [...head, ...body, ...tail];
    if (blocks.length <= LIMITS.blocks && bytesOf(blocks) <= LIMITS.bytes) return { text, blocks };
  }
  return { text, blocks: shortest(notice, head, tail) };
}

/** As many sections as fit, each at its shortest, and a sentence that says that more was there. */
function shortest(notice: Notice, head: readonly Block[], tail: readonly Block[]): Block[] {
  const kept = [...head];
  const more = context('More is known than fits into a Slack message; the incident has all of it.');
  const limit = ROUNDS.at(-1) ?? 0;
  for (const part of notice.sections) {
    const next = section(sectionText(part, limit));
    if (kept.length + tail.length + 2 > LIMITS.blocks || bytesOf([...kept, next, more, ...tail]) > LIMITS.bytes) break;
    kept.push(next);
  }
  return [...kept, more, ...tail];
}

function bytesOf(blocks: readonly Block[]): number {
  return Buffer.byteLength(JSON.stringify(blocks));
}

const ICONS = { triggered: '🔴', acknowledged: '🟡', resolved: '🟢', closed: '⚪' } as const;

function icon({ state }: Notice): string {
  return ICONS[state.status];
}

/** `*Acknowledged by ada* at 03:20 UTC · Level 2 · P2, critical`. */
function stateLine({ state, at }: Notice): string {
  const { status, level, priority, severity, acknowledgedBy, acknowledgedAt, resolvedBy, resolvedAt } = state;
  const severe = severity === 'unknown' ? 'no severity stated' : severity;
  const stands = {
    triggered: '*Nobody has it yet*',
    acknowledged: `*Acknowledged by ${line(acknowledgedBy ?? 'somebody', 80)}* at ${sayClock(acknowledgedAt, at)}`,
    resolved: `*Resolved* by ${line(resolvedBy ?? 'Tierbell', 80)} at ${sayClock(resolvedAt, at)}`,
    closed: `*Closed*, resolved by ${line(resolvedBy ?? 'Tierbell', 80)}`,
  }[status];
  return `${stands} · Level ${level} · ${priority}, ${severe}`;
}

function facts({ facts }: Notice): Block[] {
  // The line above says the level that the incident is at now.
  const rows = facts
    .filter(([label]) => label !== 'Level')
    .map(([label, value]) => `*${line(label, 40)}:* ${line(value, 600)}`);
  const text = rows.join('\n');
  return text === '' ? [] : [section(text.length <= LIMITS.section ? text : shortRows(rows))];
}

/** Whole rows as far as they fit; a row is never cut inside a character entity. */
function shortRows(rows: readonly string[]): string {
  let text = '';
  for (const row of rows) {
    if (text.length + row.length + 1 > LIMITS.section) break;
    text += `${text === '' ? '' : '\n'}${row}`;
  }
  return text;
}

function sectionText({ title, text, code }: Notice['sections'][number], limit: number): string {
  const head = `*${line(title, 120)}*\n`;
  return head + (code ? codeBlock(text, limit - head.length) : prose(text, limit - head.length));
}

function button({ asks, uid, incident, state }: Notice, { buttons }: LayoutOptions): Block[] {
  if (!asks || !buttons) return [];
  return [
    {
      type: 'actions',
      elements: [
        {
          type: 'button',
          action_id: ACKNOWLEDGE_ACTION,
          style: 'primary',
          text: { type: 'plain_text', text: line(`Acknowledge ${incident}`, LIMITS.button), emoji: false },
          // Whose turn it is: pressed after an escalation, it must not acknowledge for the level that has it then.
          value: `${uid} ${state.level}`.slice(0, LIMITS.value),
        },
      ],
    },
  ];
}

/** Limits of a confirmation dialogue: title, text, each of its buttons. */
const DIALOGUE = { title: 100, text: 300, button: 30 } as const;

/** What would run is shown whole or not decided upon here; escaped it may be five times as long. */
const SHOWN_MAX = 500;

/** Yes or no to exactly what is shown: the buttons carry its hash, and yes is asked once more. */
function decision({ proposal, uid, incident, state }: Notice, { buttons }: LayoutOptions): Block[] {
  if (!proposal || !buttons) return [];
  const { attempt, hash, title, shown } = proposal;
  if (shown.length > SHOWN_MAX)
    return [
      context(
        'A known fix waits for an approver. It is too long to be shown here: decide on the page of the incident.',
      ),
    ];
  const value = `${uid} ${state.level} ${attempt} ${hash}`;
  const button = (id: string, text: string, more: Block): Block => ({
    ...{ type: 'button', action_id: id, text: plain(text, LIMITS.button), value, ...more },
  });
  const confirm = {
    ...{ title: plain(`Run it for ${incident}?`, DIALOGUE.title), text: plain(shown, DIALOGUE.text) },
    ...{ confirm: plain('Run exactly this', DIALOGUE.button), deny: plain('Not now', DIALOGUE.button) },
  };
  const head = `*Waits for an approver: ${line(title, 120)}*\n`;
  return [
    section(head + codeBlock(shown, LIMITS.section - head.length)),
    {
      type: 'actions',
      elements: [
        button(APPROVE_ACTION, 'Approve the fix', { style: 'danger', confirm }),
        button(DENY_ACTION, 'Turn it down', {}),
      ],
    },
  ];
}

function plain(text: string, limit: number): Block {
  return { type: 'plain_text', text: line(text, limit), emoji: false };
}

/** The page of a link acts for whom it was sent to, and a channel is many: with a button it is left out. */
function linksLine({ links }: Notice, { buttons }: LayoutOptions): string {
  return links
    .filter(({ acknowledges, decides }) => !(buttons && (acknowledges === true || decides === true)))
    .map(({ title, url }) => link(title, url))
    .filter((text) => text !== '')
    .join(' · ');
}

function links(notice: Notice, options: LayoutOptions): Block[] {
  const text = linksLine(notice, options);
  return text === '' ? [] : [section(text.length <= LIMITS.section ? text : shortRows(text.split(' · ')))];
}

function hint({ hint }: Notice): Block[] {
  return hint === '' ? [] : [context(prose(hint, 1000))];
}

function header(text: string): Block {
  return { type: 'header', text: { type: 'plain_text', text: line(text, LIMITS.header), emoji: false } };
}

/** `verbatim`: Slack makes no links, names or mentions of its own out of the text. */
function section(text: string): Block {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
}

function context(text: string): Block {
  return { type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] };
}

import { cleanLine } from '../domain/text.ts';
import type { Account } from '../rehearsal/account.ts';
import { speakCategory, speakFix, speakNotice, speakStep, type Difference } from '../rehearsal/compare.ts';
import type { Compared } from '../rehearsal/replay.ts';

/** What a replay gave, ready to be told. */
export interface Replayed {
  /** Whose decisions stand on the left; null where there is nothing to compare with. */
  readonly before: string | null;
  readonly after: string;
  readonly incidents: readonly (Compared & { readonly id: string })[];
}

/** How many of them are decided otherwise. */
export function countDifferent({ incidents }: Replayed): number {
  return incidents.filter(({ differences }) => differences.length > 0).length;
}

/** A paragraph an incident, for people. */
export function replayTable(replayed: Replayed): string {
  const { before, after, incidents } = replayed;
  if (before === null) return incidents.flatMap((one) => [...told(one), '']).join('\n');
  const different = countDifferent(replayed);
  const count = `${incidents.length} ${incidents.length === 1 ? 'incident' : 'incidents'}`;
  const verdict = different === 0 ? 'none decided otherwise' : `${different} decided otherwise`;
  return [
    `${before}  →  ${after}`,
    '',
    ...incidents.flatMap((one) => [head(one), ...differenceLines(one.differences), '']),
    `${count}, ${verdict}`,
    '',
  ].join('\n');
}

function head({ id, before, after }: Replayed['incidents'][number]): string {
  return `${id}  ${cleanLine((before ?? after)?.title ?? '', 160)}`;
}

/** One line a difference, what was before the arrow and what is behind it. */
export function differenceLines(differences: readonly Difference[]): string[] {
  if (differences.length === 0) return ['  no difference'];
  return differences.map(
    ({ kind, before, after }) => `  ${kind.padEnd(11)} ${side(kind, before)}  →  ${side(kind, after)}`,
  );
}

function side(kind: Difference['kind'], text: string | null): string {
  return text === null ? (kind === 'incident' ? 'no incident of its own' : 'none') : cleanLine(text, 300);
}

function told(one: Replayed['incidents'][number]): string[] {
  const { after } = one;
  if (after === null) return [head(one)];
  const rows: [string, string][] = [
    ['category', speakCategory(after)],
    ['priority', after.priority],
    ['team', after.team || 'nobody owns it'],
    ...after.fixes.map((fix): [string, string] => ['fix', speakFix(fix)]),
    ...after.escalations.map((step): [string, string] => ['escalation', speakStep(step)]),
    ...after.notices.map((notice): [string, string] => ['notice', speakNotice(notice)]),
    ['status', after.status],
  ];
  return [head(one), ...rows.map(([name, text]) => `  ${name.padEnd(11)} ${cleanLine(text, 300)}`)];
}

/** The same for programs. */
export function replayJson(replayed: Replayed): string {
  const { before, after, incidents } = replayed;
  const json = {
    ...{ before, after, different: countDifferent(replayed) },
    incidents: incidents.map((one) => ({
      ...{ id: one.id, title: (one.before ?? one.after)?.title ?? '' },
      ...{ before: accountJson(one.before), after: accountJson(one.after), differences: one.differences },
    })),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

function accountJson(account: Account | null): unknown {
  if (account === null) return null;
  const { key: _key, openedAt, category, confidence, because, notices, escalations, title: _title, ...rest } = account;
  const timed = <T extends { after: number }>({ after, ...more }: T) => ({ afterSeconds: after / 1000, ...more });
  return {
    ...{ openedAt: new Date(openedAt).toISOString(), category: { id: category, confidence, because }, ...rest },
    ...{ notices: notices.map(timed), escalations: escalations.map(timed) },
  };
}

import { speakDuration } from '../domain/duration.ts';
import type { Account } from './account.ts';

export const DIFFERENCE_KINDS = [
  'incident',
  'category',
  'priority',
  'team',
  'fix',
  'notice',
  'escalation',
  'status',
] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** One thing that is decided otherwise; null where there is nothing of the kind on that side. */
export interface Difference {
  readonly kind: DifferenceKind;
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * What is decided otherwise, in the order in which people ask for it. Pure.
 * @param toleranceMs moments closer than this are one: a record knows how long sending took, a rehearsal does not
 */
export function compareAccounts(before: Account | null, after: Account | null, toleranceMs = 0): Difference[] {
  if (before === null || after === null)
    return [{ kind: 'incident', before: before && speakOpening(before), after: after && speakOpening(after) }];
  const differences: Difference[] = [];
  const say = (kind: DifferenceKind, was: string | null, is: string | null): void =>
    void differences.push({ kind, before: was, after: is });
  if (before.category !== after.category) say('category', speakCategory(before), speakCategory(after));
  if (before.priority !== after.priority) say('priority', before.priority, after.priority);
  if (before.team !== after.team) say('team', before.team || 'nobody', after.team || 'nobody');
  const close = (a: { after: number }, b: { after: number }): boolean => Math.abs(a.after - b.after) <= toleranceMs;
  for (const [was, is] of pair(before.fixes, after.fixes, ({ fix }) => fix))
    if (was?.state !== is?.state) say('fix', was && speakFix(was), is && speakFix(is));
  for (const [was, is] of pair(before.escalations, after.escalations, ({ to, reason }) => `${to} ${reason}`))
    if (was === null || is === null || !close(was, is)) say('escalation', was && speakStep(was), is && speakStep(is));
  for (const [was, is] of pair(before.notices, after.notices, ({ channel, purpose }) => `${channel} ${purpose}`))
    if (was === null || is === null || !close(was, is)) say('notice', was && speakNotice(was), is && speakNotice(is));
  if (before.status !== after.status) say('status', before.status, after.status);
  return differences;
}

/** The first of a name with the first of the same name on the other side, and so on; what is alone has null beside it. */
function pair<T>(left: readonly T[], right: readonly T[], nameOf: (one: T) => string): [T | null, T | null][] {
  const waiting = [...right];
  const pairs: [T | null, T | null][] = left.map((one) => {
    const at = waiting.findIndex((other) => nameOf(other) === nameOf(one));
    return [one, at < 0 ? null : (waiting.splice(at, 1)[0] ?? null)];
  });
  return [...pairs, ...waiting.map((other): [null, T] => [null, other])];
}

export function speakOpening({ category, priority }: Account): string {
  return `opens as ${category}, ${priority}`;
}

export function speakCategory({ category, confidence, because }: Account): string {
  return `${category} (${Math.round(confidence * 100)} %${because === '' ? '' : `: ${because}`})`;
}

export function speakFix({ fix, state, because }: Account['fixes'][number]): string {
  return `${fix} ${state.replaceAll('_', ' ')}${state === 'refused' && because !== '' ? ` (${because})` : ''}`;
}

export function speakStep({ from, to, reason, after }: Account['escalations'][number]): string {
  return `Level ${from} to ${to} after ${speakDuration(after)} (${reason})`;
}

export function speakNotice({ channel, purpose, after }: Account['notices'][number]): string {
  return `${channel} (${purpose}) after ${speakDuration(after)}`;
}

import type { EntryData } from '../domain/entry.ts';
import { owningTeam, type Incident } from '../domain/incident.ts';
import { openEntry, type WireEntry } from '../incidents/timeline.ts';

/** Milliseconds since the incident was opened. */
interface After {
  readonly after: number;
}

/** What was decided of one incident, told so that two of them can be laid side by side. */
export interface Account {
  /** The same trouble has the same under any rules: when it opened, and the alert that opened it. */
  readonly key: string;
  /** Epoch milliseconds. */
  readonly openedAt: number;
  readonly title: string;
  /** As rules and model had it; what a person said counts only where nothing else did. */
  readonly category: string;
  readonly confidence: number;
  readonly because: string;
  readonly priority: string;
  readonly team: string;
  readonly status: string;
  /** The newest state of each attempt, and its reasons. */
  readonly fixes: readonly { readonly fix: string; readonly state: string; readonly because: string }[];
  readonly notices: readonly (After & { readonly channel: string; readonly purpose: string })[];
  readonly escalations: readonly (After & { readonly from: string; readonly to: string; readonly reason: string })[];
}

/** The account that a timeline gives, be it on record or rehearsed. */
export function accountOf(incident: Incident, timeline: readonly WireEntry[]): Account {
  const entries = timeline.map(openEntry);
  const openedAt = entries[0]?.at ?? incident.createdAt;
  const all = <T extends keyof EntryData>(type: T) =>
    entries.flatMap((entry) =>
      entry.type === type ? [{ data: entry.data as EntryData[T], actor: entry.actor, at: entry.at }] : [],
    );
  const judged = all('classified').map(({ data }) => data);
  const { category, confidence, reasons } =
    judged.findLast(({ method }) => method !== 'person') ?? judged.at(-1) ?? incident.classification;
  const ranked = all('prioritised');
  const { priority } = (ranked.findLast(({ actor }) => actor.kind !== 'person') ?? ranked.at(-1))?.data ?? incident;
  const first = all('alerts')[0]?.data.marks[0]?.fingerprint ?? '';
  return {
    ...{ key: `${openedAt} ${first}`, openedAt, title: incident.title },
    ...{ category, confidence, because: reasons[0] ?? '', priority },
    ...{ team: owningTeam(incident), status: incident.status },
    fixes: incident.attempts.map(({ fix, state, reasons: why }) => ({ fix, state, because: why.join('; ') })),
    // Lines that follow a page come as fast as a log store answers: no rule says when.
    notices: [...all('notified'), ...all('notice_failed')]
      .filter(({ data }) => data.purpose !== 'evidence')
      .map(({ at, data: { channel, purpose } }) => ({ after: at - openedAt, channel, purpose }))
      .toSorted((a, b) => a.after - b.after),
    escalations: all('escalated').map(({ at, data: { from, to, reason } }) => ({
      after: at - openedAt,
      from,
      to,
      reason,
    })),
  };
}

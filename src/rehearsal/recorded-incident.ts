import type { Alert, AlertGroup } from '../domain/alert.ts';
import type { AlertMark, EntryData, TimelineEntry } from '../domain/entry.ts';
import type { Attempt, Evidence, Incident } from '../domain/incident.ts';
import type { Remembered } from '../incidents/remembered.ts';
import type { FixOutcome } from './fix-desk.ts';
import type { Act, Recording } from './recording.ts';

/** An incident as the store has it, with the deliveries that made it. */
export interface IncidentRecord {
  readonly incident: Incident;
  readonly entries: readonly TimelineEntry[];
  /** The alerts that it holds or held, with their sources. */
  readonly alerts: readonly (Alert & { readonly source: string })[];
  /** What each delivery told, by its id. */
  readonly told: ReadonlyMap<string, readonly AlertGroup[]>;
  readonly remembered: ReadonlyMap<string, Remembered>;
  /** What its first look at the logs read. */
  readonly logLines: readonly string[];
}

/** Deliveries by these ids are in the inbox; by another word it is what Tierbell found out by itself. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7/;

/** Which deliveries made the incident, each once, in order. */
export function deliveriesOf(entries: readonly TimelineEntry[]): string[] {
  const named = entries.flatMap((entry) => (entry.type === 'alerts' ? [entry.data.delivery] : []));
  return [...new Set(named.filter((id) => UUID.test(id)))];
}

/** The first look at the logs that a store was asked for. */
export function firstLogs({ evidence }: Incident): Evidence | null {
  return evidence.find(({ kind, look, store }) => kind === 'logs' && look === undefined && store !== '') ?? null;
}

/**
 * The incident as a recording: its own alerts out of its deliveries, what people did, the first logs, what came of fixes.
 * @param now epoch milliseconds: what is not closed yet is played up to here
 */
export function recordingOf(record: IncidentRecord, now: number): Recording {
  const { incident, entries, remembered, logLines } = record;
  const logs = firstLogs(incident);
  return {
    begin: incident.createdAt,
    until: incident.status === 'closed' ? incident.updatedAt : Math.max(now, incident.updatedAt),
    groups: entries.flatMap((entry) =>
      entry.type === 'alerts'
        ? groupsOf(entry.data, entry.at, record).map((group) => ({ at: entry.at, ...group }))
        : [],
    ),
    acts: actsOf(entries),
    logs: logs && { at: logs.at, evidence: logs, logLines },
    outcomes: new Map(incident.attempts.flatMap(({ fix, state }) => outcomeOf(fix, state))),
    granted: grantedIn(entries),
    remembered,
  };
}

function groupsOf(
  data: EntryData['alerts'],
  at: number,
  { incident, alerts, told }: IncidentRecord,
): { delivery: string; group: AlertGroup }[] {
  const { delivery } = data;
  const mine = new Set(alerts.map(({ source, fingerprint }) => `${source} ${fingerprint}`));
  const groups = told.get(delivery);
  if (groups !== undefined)
    return groups
      .map((group) => ({
        ...group,
        alerts: group.alerts.filter((one) => mine.has(`${group.source} ${one.fingerprint}`)),
      }))
      .filter((group) => group.alerts.length > 0)
      .map((group) => ({ delivery, group }));
  const marked = data.firing === 0 && delivery === 'expiry' ? alerts.map((alert) => endOf(alert, at)) : data.marks;
  if (marked.length === 0) return [];
  const group: AlertGroup = {
    ...{ source: incident.source, groupKey: null, receiver: '', externalURL: '', truncatedAlerts: 0 },
    ...{ expired: delivery === 'expiry', alerts: marked.map((mark) => alertOf(mark, at, alerts)) },
  };
  return [{ delivery, group }];
}

function endOf({ fingerprint, startsAt, labels }: Alert, at: number): AlertMark {
  return { fingerprint, status: 'resolved', startsAt: Math.min(startsAt, at), labels };
}

function alertOf({ fingerprint, status, startsAt, labels }: AlertMark, at: number, known: readonly Alert[]): Alert {
  const row = known.find((one) => one.fingerprint === fingerprint);
  return {
    ...{ fingerprint, status, startsAt, labels, endsAt: status === 'resolved' ? at : null },
    ...{ annotations: row?.annotations ?? {}, generatorURL: row?.generatorURL ?? '' },
  };
}

function outcomeOf(fix: string, state: Attempt['state']): [string, FixOutcome][] {
  return state === 'verified' || state === 'unverified' || state === 'failed' || state === 'unknown'
    ? [[fix, state]]
    : [];
}

/** Past every guard. Not the intent: what asks outside is asked after it. */
const GRANTED: ReadonlySet<Attempt['state']> = new Set([
  ...(['awaiting_approval', 'denied', 'started', 'succeeded'] as const),
  ...(['failed', 'unknown', 'verified', 'unverified'] as const),
]);

function grantedIn(entries: readonly TimelineEntry[]): Set<string> {
  return new Set(entries.flatMap((one) => (one.type === 'fix' && GRANTED.has(one.data.state) ? [one.data.fix] : [])));
}

function actsOf(entries: readonly TimelineEntry[]): { at: number; act: Act }[] {
  /** The attempts so far, and whether they were proposed for approval. */
  const known = new Map<string, boolean>();
  return entries.flatMap((entry) => {
    const act = entry.actor.kind === 'person' ? actOf(entry, known) : null;
    if (entry.type === 'fix')
      known.set(entry.data.id, known.get(entry.data.id) === true || entry.data.state === 'awaiting_approval');
    return act === null ? [] : [{ at: entry.at, act }];
  });
}

/** What a person did that decisions follow from; null for what only stands on record. */
function actOf(entry: TimelineEntry, known: ReadonlyMap<string, boolean>): Act | null {
  const by = entry.actor;
  switch (entry.type) {
    case 'acknowledged':
      return { type: 'acknowledge', by, takeover: true };
    case 'unacknowledged':
      return { type: 'unacknowledge', by, reason: entry.data.reason };
    case 'escalated': // one that follows from what somebody did is decided anew
      return entry.data.reason === 'manual' || entry.data.reason === 'vendor_approved'
        ? { type: 'escalate', by, level: entry.data.to, reason: entry.text }
        : null;
    case 'resolved':
      return { type: 'resolve', by, reason: entry.data.reason };
    case 'reopened':
      return { type: 'reopen', by, reason: entry.data.why };
    case 'handover_asked':
      return { type: 'pack', by, reason: entry.data.reason };
    case 'closed':
      return { type: 'close', by, reason: entry.data.why };
    case 'classified':
      return { type: 'reclassify', by, category: entry.data.category, reason: entry.data.reasons[0] ?? '' };
    case 'assessed': {
      const { urgency, impact, observations, openQuestions } = entry.data;
      return { type: 'assess', by, urgency, impact, observations, openQuestions };
    }
    case 'prioritised': // after an assessment it says the same once more
      return { type: 'prioritise', by, priority: entry.data.priority, reason: entry.data.reasons[0] ?? '' };
    case 'assigned':
      return { type: 'assign', by, owner: entry.data.owner };
    case 'fix':
      return actOnFix(entry.data, by.name, known);
    default:
      return null;
  }
}

/** Of one that was proposed it is a decision; of any other its first word is that a person asked for it. */
function actOnFix({ id, fix, state, reasons }: Attempt, by: string, known: ReadonlyMap<string, boolean>): Act | null {
  const proposed = known.get(id);
  if (proposed === undefined) return { type: 'run', by, fix };
  if (!proposed) return null;
  if (state === 'denied') return { type: 'deny', by, reason: reasons.join('; ') };
  return state === 'intent' ? { type: 'approve', by } : null;
}

import type { DeadlineChange, EntryData, TimelineEntry } from '../domain/entry.ts';
import type { Attempt, Deadlines, Incident, Tick } from '../domain/incident.ts';
import { withEscalation } from './escalation-list.ts';
import { withEvidence } from './evidence-list.ts';
import { severityRank } from './severity-rank.ts';

/** Folds one entry into an incident. Pure; `null` before the first entry, which must be `opened`. */
export function evolve(before: Incident | null, entry: TimelineEntry): Incident {
  const base = before ?? begin(entry);
  const after = change(base, entry);
  return {
    ...after,
    seq: entry.seq,
    head: entry.hash,
    updatedAt: entry.at,
    deadlines: withDeadlines(after.deadlines, entry.data.deadlines),
  };
}

/** The fold of a whole timeline. */
export function fold(entries: readonly TimelineEntry[]): Incident | null {
  return entries.reduce<Incident | null>((incident, entry) => evolve(incident, entry), null);
}

function change(incident: Incident, entry: TimelineEntry): Incident {
  switch (entry.type) {
    case 'alerts':
      return withAlerts(incident, entry.data);
    case 'classified':
      return { ...incident, ...givenBefore(incident, entry), classification: withoutDeadlines(entry.data) };
    case 'prioritised': {
      const { priority, urgency } = entry.data;
      return { ...incident, ...givenBefore(incident, entry), priority, urgency };
    }
    case 'step_entered':
      return {
        ...incident,
        step: entry.data.step,
        level: entry.data.level,
        round: entry.data.round,
        lastStep: entry.data.last === true,
        stepChannels: entry.data.channels,
        audience: [...new Set([...incident.audience, ...entry.data.channels])],
      };
    case 'escalated':
      return {
        ...incident,
        ...(incident.status === 'acknowledged' ? { status: 'triggered' as const } : {}),
        acknowledgedAt: null,
        acknowledgedBy: null,
        level: entry.data.to,
        ...withEscalation(incident, {
          ...{ from: entry.data.from, to: entry.data.to, reason: entry.data.reason },
          ...{ at: entry.at, by: entry.actor.name },
        }),
      };
    case 'notified':
    case 'notice_failed': {
      const { channel, purpose, detail } = entry.data;
      const told = { channel, purpose, level: incident.level, at: entry.at, ok: entry.type === 'notified', detail };
      return { ...incident, told: [...incident.told, told].slice(-50) };
    }
    case 'evidence_collected':
      return { ...incident, ...withEvidence(incident, withoutDeadlines(entry.data)) };
    case 'fix':
      return { ...incident, attempts: withAttempt(incident.attempts, withoutDeadlines(entry.data)) };
    case 'handover':
      return { ...incident, bundles: entry.data.n };
    case 'acknowledged':
      return {
        ...incident,
        status: 'acknowledged',
        acknowledgedAt: entry.at,
        acknowledgedBy: entry.actor.name,
        firstAcknowledgedAt: incident.firstAcknowledgedAt ?? entry.at,
      };
    case 'unacknowledged':
      return { ...incident, status: 'triggered', acknowledgedAt: null, acknowledgedBy: null };
    case 'resolved':
      return {
        ...incident,
        status: 'resolved',
        resolvedAt: entry.at,
        resolvedBy: entry.actor.name,
        resolvedHow: entry.data.how,
        attachUntil: entry.data.attachUntil,
      };
    case 'reopened':
      return {
        ...incident,
        status: 'triggered',
        resolvedAt: null,
        resolvedBy: null,
        resolvedHow: null,
        attachUntil: null,
        acknowledgedAt: null,
        acknowledgedBy: null,
      };
    case 'closed':
      return { ...incident, status: 'closed', attachUntil: 0 };
    case 'assessed':
      return { ...incident, assessment: { ...withoutDeadlines(entry.data), by: entry.actor.name, at: entry.at } };
    case 'procedure_step':
      return { ...incident, ticks: withTick(incident.ticks, entry.data, { by: entry.actor.name, at: entry.at }) };
    case 'assigned':
      return { ...incident, owner: entry.data.owner };
    case 'owned':
      return withOwner(incident, entry.data);
    case 'opened':
    case 'quiet':
    case 'note':
    case 'handover_asked':
    case 'fallback_told':
    case 'deadline':
    case 'set_aside':
      return incident;
  }
}

/** What a person remembered or decided before is no judgement of ours. */
function givenBefore({ given, classification, priority }: Incident, entry: TimelineEntry): Pick<Incident, 'given'> {
  if (entry.actor.kind !== 'person') return {};
  if (entry.type === 'prioritised') return { given: { priority, ...given } };
  return classification.method === 'person' ? {} : { given: { category: classification.category, ...given } };
}

function begin(entry: TimelineEntry): Incident {
  if (entry.type !== 'opened') throw new Error(`a timeline begins with "opened", not with "${entry.type}"`);
  return {
    ...withoutDeadlines(entry.data),
    ...{
      seq: 0,
      head: '',
      status: 'triggered',
      level: '2',
      step: -1,
      round: 0,
      lastStep: false,
      stepChannels: [],
      audience: [],
    },
    classification: { category: 'unclassified', confidence: 0, method: 'rule', reasons: [], alternatives: [] },
    ...{
      severity: 'unknown',
      priority: 'P2',
      urgency: 'high',
      impact: { alerts: 0, targets: 0 },
      firing: 0,
      hidden: 0,
    },
    ...{
      createdAt: entry.at,
      updatedAt: entry.at,
      firstAcknowledgedAt: null,
      acknowledgedAt: null,
      acknowledgedBy: null,
    },
    ...{ resolvedAt: null, resolvedBy: null, resolvedHow: null, attachUntil: null, deadlines: {} },
    ...{
      escalations: [],
      attempts: [],
      evidence: [],
      told: [],
      bundles: 0,
      assessment: null,
      owner: null,
      ticks: {},
      ownedBy: null,
    },
  };
}

function withAlerts(incident: Incident, data: EntryData['alerts']): Incident {
  const first = incident.impact.alerts === 0;
  const worse = first || severityRank(data.severity) > severityRank(incident.severity);
  const severity = worse ? data.severity : incident.severity;
  return { ...incident, firing: data.firing, hidden: data.hidden, impact: data.impact, severity };
}

function withOwner(incident: Incident, { team, by, channels }: EntryData['owned']): Incident {
  if (channels === null) return { ...incident, team, ownedBy: by };
  const audience = [...new Set([...incident.audience, ...channels])];
  return { ...incident, team, ownedBy: by, stepChannels: channels, audience };
}

function withTick(ticks: Incident['ticks'], { id, done }: EntryData['procedure_step'], tick: Tick): Incident['ticks'] {
  const { [id]: _before, ...others } = ticks;
  return done ? { ...others, [id]: tick } : others;
}

/** The newest state of an attempt takes the place of its older one. */
function withAttempt(attempts: readonly Attempt[], attempt: Attempt): readonly Attempt[] {
  const known = attempts.some((other) => other.id === attempt.id);
  return known ? attempts.map((other) => (other.id === attempt.id ? attempt : other)) : [...attempts, attempt];
}

function withDeadlines(deadlines: Deadlines, changes: DeadlineChange | undefined): Deadlines {
  if (changes === undefined) return deadlines;
  const merged = Object.entries({ ...deadlines, ...changes }).filter(([, at]) => at !== null);
  return Object.fromEntries(merged);
}

function withoutDeadlines<T extends { deadlines?: DeadlineChange }>(data: T): Omit<T, 'deadlines'> {
  const { deadlines: _deadlines, ...rest } = data;
  return rest;
}

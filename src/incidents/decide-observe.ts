import { label, severityOf, type Alert } from '../domain/alert.ts';
import { asksForBreachCheck } from '../domain/category.ts';
import type { Actor } from '../domain/entry.ts';
import { isOpen, type Evidence, type EvidenceKind, type Incident } from '../domain/incident.ts';
import { SERVICE_LABELS } from '../domain/service.ts';
import { cleanLine, cleanText, NAME_MAX } from '../domain/text.ts';
import { speakDuration } from '../domain/duration.ts';
import type { Command } from './command.ts';
import { decideOwner } from './decide-owner.ts';
import type { Draft } from './draft.ts';
import { gainOf } from './gain.ts';
import { decidedHere, recallCategory, withBreachOf, type Remembered } from './remembered.ts';
import {
  beginResponse,
  escalateAtOnce,
  immediateReason,
  logsOn,
  reopen,
  SECOND_LOOK_MS,
  startFix,
  tell,
  tellObservers,
} from './respond.ts';
import { OWN_SOURCE, type ClassifyFacts, type Rules } from './rules.ts';
import { worstSeverity } from './severity-rank.ts';

type Observe = Extract<Command, { type: 'observe' }>;

/** How many of the changed alerts an entry names. */
const MARKS = 20;

/** What a delivery means for an incident: opens it, changes its counts, makes it quiet, or brings it back. */
export function decideObserve(draft: Draft, command: Observe, rules: Rules): void {
  const actor: Actor = { kind: 'source', name: command.source };
  if (command.opens !== null) {
    open(draft, command, command.opens, rules, actor);
    return;
  }
  const before = draft.incident;
  addAlerts(draft, command, before, actor);
  markBreach(draft, rules, command);
  if (isOpen(draft.incident)) whileOpen(draft, rules, before);
  else whileResolved(draft, command, rules);
}

function open(draft: Draft, command: Observe, opens: NonNullable<Observe['opens']>, rules: Rules, actor: Actor): void {
  const first = command.fired[0];
  if (first === undefined) throw new Error('an incident opens with a firing alert');
  const { labels, annotations, generatorURL, startsAt } = first;
  const { remembered, inStorm, ...identity } = opens;
  const policy = rules.policyFor(labels, command.source).name;
  const title = titleOf(first);
  const facts = {
    team: cleanText(label(labels, 'team'), NAME_MAX),
    service: serviceOf(first, rules),
    environment: cleanText(label(labels, 'environment'), NAME_MAX),
  };
  draft.add(
    'opened',
    title,
    { ...identity, ...facts, title, labels, annotations, generatorURL, startsAt, policy, source: command.source },
    actor,
  );
  addAlerts(draft, command, draft.incident, actor);
  classify(draft, rules, NO_LOGS, remembered ?? null);
  markBreach(draft, rules, command);
  reprioritise(draft, rules);
  decideOwner(draft, rules);
  beginResponse(draft, rules, inStorm);
}

/** A human title: the summary, else the alert's name with its target. */
function titleOf(alert: Alert): string {
  const name = label(alert.labels, 'alertname') || 'Alert without a name';
  const target = label(alert.labels, 'instance') || label(alert.labels, 'service') || label(alert.labels, 'job');
  const summary = label(alert.annotations, 'summary') || label(alert.annotations, 'title');
  const about = summary === '' ? target : summary;
  return cleanLine(about === '' ? name : `${name}: ${about}`, 160);
}

/** Its name in the catalogue, else what the labels say. */
function serviceOf({ labels }: Alert, { services }: Rules): string {
  const said = SERVICE_LABELS.map((name) => label(labels, name)).find((name) => name !== '') ?? '';
  return services.of(labels)?.name ?? cleanText(said, NAME_MAX);
}

function addAlerts(draft: Draft, command: Observe, before: Incident, actor: Actor): void {
  const { fired, resolved, delivery } = command;
  const hidden = command.hidden ?? before.hidden;
  if (fired.length + resolved.length === 0 && hidden === before.hidden) return;
  const firing = Math.max(0, before.firing + command.firingDelta);
  const impact = {
    alerts: before.impact.alerts + command.newAlerts,
    targets: before.impact.targets + command.newTargets,
  };
  const severity = fired.length === 0 ? before.severity : worstSeverity(fired.map((alert) => severityOf(alert.labels)));
  const marks = [...fired, ...resolved]
    .slice(0, MARKS)
    .map(({ fingerprint, status, startsAt, labels }) => ({ fingerprint, status, startsAt, labels }));
  const data = { delivery, fired: fired.length, resolved: resolved.length, firing, hidden, impact, severity, marks };
  const ended = command.expired === true ? 'not sent again in time and counted as resolved' : 'resolved';
  draft.add('alerts', alertsText(fired.length, resolved.length, ended, firing, hidden), data, actor);
}

function alertsText(fired: number, resolved: number, ended: string, firing: number, hidden: number): string {
  const parts = [fired > 0 ? `${fired} fired` : '', resolved > 0 ? `${resolved} ${ended}` : ''].filter(
    (part) => part !== '',
  );
  const cut = hidden > 0 ? `; the sender left out ${hidden} more (max_alerts), so nothing closes on this payload` : '';
  return `${parts.join(', ') || 'No change'}; ${firing} firing now${cut}`;
}

/**
 * Judges anew with what is known; says so only where it changed, or where a breach is to be checked for now. Never
 * overrules a person, nor what a person said of the same alert before; there it only adds that mark.
 */
export function classify(
  draft: Draft,
  rules: Rules,
  logs: Pick<ClassifyFacts, 'logLines' | 'freshLines'>,
  remembered: Remembered | null = null,
): void {
  const incident = draft.incident;
  const before = incident.classification;
  if (decidedHere(before)) return;
  if (incident.source === OWN_SOURCE) return classifyOwn(draft);
  const { labels, annotations, source, generatorURL } = incident;
  const itself = rules.classify({ labels, annotations, source, generatorURL, ...logs });
  const anew = remembered === null ? itself : recallCategory(remembered, itself);
  const result = before.method === 'person' ? withBreachOf(itself, before) : withBreachOf(before, anew);
  const first = before.reasons.length === 0;
  const asks = asksForBreachCheck(result) && !asksForBreachCheck(before);
  if (!first && !asks && before.category === result.category && before.confidence >= result.confidence) return;
  const percent = Math.round(result.confidence * 100);
  draft.add('classified', `Category ${result.category} (${percent} %): ${result.reasons[0] ?? 'no reason'}`, result);
}

/** So many further names of alerts are looked at in one delivery. */
const NAMES = 20;

/**
 * An incident is judged by its first alert. Where others have other names, a breach that one of them speaks of is to be
 * checked for, unless a person has decided.
 */
function markBreach(draft: Draft, rules: Rules, { fired }: Observe): void {
  const { classification: before, labels, source } = draft.incident;
  if (decidedHere(before) || source === OWN_SOURCE) return;
  const byName = new Map(fired.map((alert) => [label(alert.labels, 'alertname'), alert]));
  byName.delete(label(labels, 'alertname'));
  for (const [name, alert] of [...byName].slice(0, NAMES)) {
    const { annotations, generatorURL } = alert;
    const itself = rules.classify({ ...{ labels: alert.labels, annotations, source, generatorURL }, ...NO_LOGS });
    const marked = withBreachOf(itself, before, cleanLine(name, 80));
    if (marked !== before) return draft.add('classified', marked.reasons[0] ?? '', marked);
  }
}

const NO_LOGS = { logLines: [], freshLines: [] };

/** Without a time before to compare with, every line is fresh. */
function freshLines({ lines }: Evidence): readonly string[] {
  return lines.filter((line) => line.class !== 'DOWN' && line.class !== 'GONE').map(({ text }) => text);
}

/** Tierbell's own trouble is none of the four, whatever words stand in it. */
function classifyOwn(draft: Draft): void {
  if (draft.incident.classification.category === 'other') return;
  const reasons = ["it is about Tierbell's own work"];
  draft.add('classified', `Category other: ${reasons[0]}`, {
    ...{ category: 'other', confidence: 1, method: 'rule', reasons, alternatives: [] },
  });
}

function reprioritise(draft: Draft, rules: Rules): void {
  const { priority } = draft.incident;
  const result = rules.prioritise(draft.incident);
  const first = draft.incident.step < 0 && draft.incident.escalations.length === 0 && draft.incident.seq <= 3;
  if (!first && result.priority >= priority) return; // it only ever rises by itself
  draft.add('prioritised', `Priority ${result.priority}: ${result.reasons.join('; ')}`, result);
}

function whileOpen(draft: Draft, rules: Rules, before: Incident): void {
  reprioritise(draft, rules);
  if (draft.incident.priority !== before.priority) onRaised(draft, rules, before);
  const { firing, hidden, deadlines } = draft.incident;
  if (firing > 0 && deadlines.hold !== undefined) {
    draft.add('deadline', 'Firing again before it was resolved: the same episode goes on', {
      kind: 'hold',
      deadlines: { hold: null },
    });
  }
  const turned = before.firing > 0 || before.hidden > 0 !== hidden > 0;
  if (firing === 0 && turned) becomeQuiet(draft, rules);
}

/** A higher priority may call for Level 3 at once, or shorten the time to acknowledge. */
export function onRaised(draft: Draft, rules: Rules, before: Incident, by: 'alerts' | 'person' = 'alerts'): void {
  const grew = draft.incident.severity === before.severity ? 'targets_joined' : 'severity_raised';
  const raised = by === 'person' ? 'priority' : grew;
  if (rules.mode === 'observe') return;
  if (immediateReason(draft.incident, rules) !== null) {
    escalateAtOnce(draft, rules, raised, `it became ${draft.incident.priority}`);
    return;
  }
  shortenLevel(draft, rules, before);
  const due = draft.incident.deadlines.ack;
  const step = rules.policy(draft.incident.policy).steps[draft.incident.step];
  const timeout = step?.ackTimeoutMs[draft.incident.priority] ?? null;
  if (draft.incident.status !== 'triggered' || timeout === null || draft.incident.step < 0) return;
  if (due === undefined || draft.now + timeout < due) {
    const text = `As ${draft.incident.priority} it must be acknowledged within ${speakDuration(timeout)}`;
    draft.add('deadline', text, { kind: 'ack', deadlines: { ack: draft.now + timeout } });
  }
}

/** The time at a level is that of the present priority, counted from when the level began. */
function shortenLevel(draft: Draft, rules: Rules, before: Incident): void {
  const { level, step, priority, deadlines } = draft.incident;
  const times = rules.policy(draft.incident.policy).maxTimeAtLevelMs[level];
  const timeout = times?.[priority] ?? null;
  if (timeout === null || step < 0) return;
  const begun = deadlines.level === undefined ? draft.now : deadlines.level - (times?.[before.priority] ?? timeout);
  const due = Math.max(draft.now, begun + timeout);
  if (due >= (deadlines.level ?? Infinity)) return;
  draft.add('deadline', `As ${priority} it may stay at Level ${level} for ${speakDuration(timeout)}`, {
    kind: 'level',
    deadlines: { level: due },
  });
}

/** Why a person must say that it is over although nothing fires that we know of, or null. */
export function staysOpen(incident: Incident, rules: Rules): string | null {
  if (incident.hidden > 0) return 'the sender left alerts out of its payload, so they may still fire';
  return rules.keepOpen(incident);
}

function becomeQuiet(draft: Draft, rules: Rules): void {
  const why = staysOpen(draft.incident, rules);
  if (why !== null) {
    const text = `Every alert that we know of is quiet; a person must say that it is over: ${why}`;
    draft.add('quiet', text, { then: 'ask', why, deadlines: { hold: null } });
    tell(
      draft,
      rules,
      draft.incident.stepChannels,
      'inform',
      `every alert is quiet, but ${why}: resolve it when it is over`,
    );
    return;
  }
  const text = `Every alert is quiet; resolved in ${speakDuration(rules.resolveHoldMs)} unless it fires again`;
  draft.add('quiet', text, { then: 'hold', why: '', deadlines: { hold: draft.now + rules.resolveHoldMs } });
}

function whileResolved(draft: Draft, command: Observe, rules: Rules): void {
  const settling = draft.incident.deadlines.settle !== undefined;
  if (command.fired.length === 0 || settling || draft.incident.status === 'closed') return;
  reopen(draft, rules, 'It fires again', { kind: 'source', name: command.source });
}

/**
 * New evidence: it is on record, people hear of it, and it may change the category and what follows from it. A further
 * look is on record only where it found something new, and people hear of it only where that explains more.
 */
export function decideEvidence(draft: Draft, command: Extract<Command, { type: 'evidence' }>, rules: Rules): void {
  const { evidence, logLines } = command;
  const before = draft.incident;
  const isFirst = evidence.look === undefined;
  const gain = gainOf(logsOn(before), evidence);
  if (!isFirst && gain === 'nothing') return;
  draft.add('evidence_collected', `Logs: ${evidence.reason}`, evidence);
  addAround(draft, command.around ?? []);
  if (isFirst) lookAgain(draft, before, evidence);
  classify(draft, rules, { logLines, freshLines: freshLines(evidence) });
  if (draft.incident.classification.category !== before.classification.category) decideOwner(draft, rules);
  if (!isOpen(draft.incident)) return;
  const worthTelling = isFirst || (gain === 'material' && (evidence.look === 'second' || command.late === true));
  if (rules.mode === 'observe') return worthTelling ? tellObservers(draft, rules) : undefined;
  if (draft.incident.classification.category !== before.classification.category) onReclassified(draft, rules);
  if (!worthTelling) return;
  const told = draft.incident.stepChannels;
  if (told.length > 0) tell(draft, rules, told, 'evidence', '');
}

const AROUND: Readonly<Record<EvidenceKind | NonNullable<Evidence['about']>, string>> = {
  logs: 'Logs',
  metric: 'Metric',
  change: 'Changes',
  provider_status: 'Status of the provider',
  healthy_peer: 'A healthy one beside it',
  related: 'What else fires',
  similar: 'Similar incidents',
  impact: 'Impact',
  spread: 'Spread',
};

/** What was found beside the logs is on record after them. */
function addAround(draft: Draft, around: readonly Evidence[]): void {
  for (const piece of around) {
    const [first] = piece.facts ?? [];
    const said = first === undefined ? piece.reason : first.text;
    const what = AROUND[piece.about ?? piece.kind];
    draft.add('evidence_collected', `${what}: ${said}`, piece);
  }
}

/**
 * What was found where there are no logs to wait for: people hear of it where it may explain the trouble. What merely
 * fires beside it stands in the messages that follow.
 */
export function decideAround(draft: Draft, around: readonly Evidence[], rules: Rules): void {
  addAround(draft, around);
  const tells = around.some(({ kind, facts = [] }) => kind !== 'related' && facts.length > 0);
  if (!tells || !isOpen(draft.incident)) return;
  if (rules.mode === 'observe') return tellObservers(draft, rules);
  const told = draft.incident.stepChannels;
  if (told.length > 0) tell(draft, rules, told, 'evidence', '');
}

/** Records arrive late and clocks differ: what came since is looked for once more. */
function lookAgain(draft: Draft, before: Incident, evidence: Evidence): void {
  if (evidence.store === '' || logsOn(before).length > 0) return;
  draft.queue({ kind: 'evidence', payload: { attempt: 0, look: 'second' } }, 'second-look', draft.now + SECOND_LOOK_MS);
}

/** A category that only the logs showed may send it to Level 3 at once, or have a known fix. */
export function onReclassified(draft: Draft, rules: Rules): void {
  const immediate = immediateReason(draft.incident, rules);
  if (immediate !== null) {
    escalateAtOnce(draft, rules, immediate.reason, immediate.why);
  } else if (draft.incident.status === 'triggered' && draft.incident.level === '2') {
    startFix(draft, rules);
  }
}

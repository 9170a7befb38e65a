import { moment } from '../domain/moment.ts';
import type { Alert } from '../domain/alert.ts';
import {
  incidentId,
  nextStep,
  type Assessment,
  type Attempt,
  type Evidence,
  type EvidenceGraph,
  type Incident,
} from '../domain/incident.ts';
import { speakWholeSpread } from '../domain/spread.ts';
import { escalationCount } from './escalation-list.ts';
import { evidenceCount } from './evidence-list.ts';
import type { FilledStep } from './procedure.ts';
import { situationView, type Situation } from './situation.ts';
import { toWire } from './timeline.ts';

/** A page that belongs to an incident. */
export interface IncidentLink {
  readonly title: string;
  readonly url: string;
}

export interface IncidentViewOptions {
  /** Rows of the incident, the oldest first; how many there are in all stands in `counts`. */
  readonly alerts: readonly Alert[];
  readonly links: readonly IncidentLink[];
  /** False for lists: the first alert only, no evidence, no attempts. */
  readonly full: boolean;
  /** The procedure with its ticks, where it is known. */
  readonly procedure?: readonly FilledStep[];
  /** The open incidents that it belongs together with, where they are known. */
  readonly situation?: Situation | null;
}

/**
 * The incident as the wire has it (contract, "An incident"): the API, the webhook and the handover all give this.
 * What does not exist yet is null or empty, never left out.
 */
export function incidentView(
  incident: Incident,
  { alerts, links, full, procedure, situation }: IncidentViewOptions,
): Record<string, unknown> {
  const { uid, title, status, level, severity, priority, urgency, impact, team, service, environment } = incident;
  const { category, confidence, method, reasons, alternatives } = incident.classification;
  return {
    id: incidentId(incident),
    uid,
    title,
    status,
    level,
    category: { id: category, confidence, method, reasons, alternatives: alternatives.map(toCategory) },
    severity,
    priority,
    urgency,
    impact: { alerts: impact.alerts, targets: impact.targets, spread: speakWholeSpread(incident) },
    assessment: assessmentView(incident.assessment),
    team,
    service,
    environment,
    alerts: (full ? alerts : alerts.slice(0, 1)).map((alert) => alertView(alert)),
    links,
    ...people(incident),
    ...moments(incident),
    mergedInto: null,
    escalations: toWire(incident.escalations),
    nextStep: nextStepView(incident),
    ...(full ? { attempts: incident.attempts.map(attemptView), evidence: incident.evidence.map(evidenceView) } : {}),
    counts: countsOf(incident),
    procedure: (procedure ?? []).map(({ at, text, ...step }) => ({ ...step, step: text, at: moment(at) })),
    similar: similarView(incident),
    situation: situationView(situation ?? null),
  };
}

function countsOf(incident: Incident): Record<string, number> {
  const { impact, attempts } = incident;
  return {
    ...{ alerts: impact.alerts, evidence: evidenceCount(incident), attempts: attempts.length },
    escalations: escalationCount(incident),
  };
}

function toCategory({ category, confidence }: { category: string; confidence: number }): unknown {
  return { category, confidence };
}

function assessmentView(assessment: Assessment | null): unknown {
  return assessment === null ? null : { ...assessment, at: moment(assessment.at) };
}

function people({ owner, acknowledgedBy, resolvedBy }: Incident): Record<string, unknown> {
  return { owner, watchers: [], acknowledgedBy, acceptedBy: null, resolvedBy };
}

function moments({ createdAt, acknowledgedAt, resolvedAt }: Incident): Record<string, unknown> {
  return {
    createdAt: moment(createdAt),
    acknowledgedAt: moment(acknowledgedAt),
    snoozedUntil: null,
    acceptedAt: null,
    resolvedAt: moment(resolvedAt),
  };
}

function nextStepView(incident: Incident): { at: string | null; action: string } | null {
  const next = nextStep(incident);
  return next === null ? null : { at: moment(next.at), action: next.action };
}

/** An alert as the wire has it. */
export function alertView(alert: Alert): Record<string, unknown> {
  const { fingerprint, status, labels, annotations, startsAt, endsAt, generatorURL } = alert;
  const ended = status === 'resolved' ? moment(endsAt) : null; // while it fires it is only what its sender vouches for
  return { fingerprint, status, startsAt: moment(startsAt), endsAt: ended, labels, annotations, generatorURL };
}

function attemptView(attempt: Attempt): unknown {
  const { id, fix, title, target, state, reasons, startedAt, finishedAt, exitCode, output, verification } = attempt;
  const when = { startedAt: moment(startedAt), finishedAt: moment(finishedAt) };
  const decision = { hash: attempt.hash ?? null, decidedBy: attempt.decidedBy ?? null };
  return { id, fix, title, target, state, reasons, ...when, exitCode, output, verification, ...decision };
}

/** The raw lines and the query are left to the handover bundle. */
function evidenceView(evidence: Evidence): unknown {
  const { rawBlob: _rawBlob, query: _query, at, ...shown } = evidence;
  const windows = shown.windows.map((window) => ({ ...window, from: moment(window.from), to: moment(window.to) }));
  const lines = shown.lines.map((line) => ({ ...line, at: moment(line.at) }));
  const facts = (shown.facts ?? []).map((fact) => ({ ...fact, at: moment(fact.at) }));
  const graph = shown.graph === undefined ? {} : { graph: graphView(shown.graph) };
  return { ...shown, windows, lines, facts, ...graph, at: moment(at) };
}

function graphView({ from, to, firedAt, series, ...graph }: EvidenceGraph): unknown {
  const lines = series.map(({ name, points }) => ({
    name,
    points: points.map(([at, value]) => ({ at: moment(at), value })),
  }));
  return { ...graph, from: moment(from), to: moment(to), firedAt: moment(firedAt), series: lines };
}

/** Past incidents that are like it, each with what ended it. */
function similarView({ evidence }: Incident): readonly unknown[] {
  const found = evidence.findLast(({ kind }) => kind === 'similar');
  return (found?.facts ?? []).flatMap(({ incident }) => (incident === undefined ? [] : [incident]));
}

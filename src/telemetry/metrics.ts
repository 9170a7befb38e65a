import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { SEVERITIES } from '../domain/alert.ts';
import { CATEGORIES } from '../domain/category.ts';
import {
  ATTEMPT_STATES,
  ESCALATION_REASONS,
  type AttemptState,
  type EscalationReason,
  type Level,
} from '../domain/incident.ts';

/** Every metric of Tierbell, declared in this one file. Label values come from closed sets only. */

/** 30s 1m 2m 5m 10m 15m 30m 1h 2h 4h 8h 24h 72h, as the contract says. */
const PEOPLE_BUCKETS = [30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 259_200];
const SECONDS_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const HTTP_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** What a webhook may be answered; a 404 is counted under the source `unknown`. */
const WEBHOOK_CODES = ['200', '400', '401', '405', '413', '415', '500', '503'];
/** `fix` is a label; beyond so many ids the rest share one value. */
const MOST_FIXES = 100;

/** Of the receiving thread. */
export function receivingMetrics(sources: readonly string[]) {
  const registers = [new Registry()];
  const webhookRequests = new Counter({
    name: 'tierbell_webhook_requests_total',
    help: 'Webhook requests by source and answer.',
    labelNames: ['source', 'code'],
    registers,
  });
  const sourceLastSeen = new Gauge({
    name: 'tierbell_source_last_seen_timestamp_seconds',
    help: 'When a source last delivered.',
    labelNames: ['source'],
    registers,
  });
  const httpDuration = new Histogram({
    name: 'tierbell_http_request_duration_seconds',
    help: 'How long requests took, by route; a webhook until its delivery was on disk.',
    labelNames: ['route', 'method', 'code'],
    buckets: HTTP_BUCKETS,
    registers,
  });
  const buildInfo = new Gauge({
    name: 'tierbell_build_info',
    help: 'Version of Tierbell and of Node.',
    labelNames: ['version', 'node'],
    registers,
  });
  const reloadSuccessful = new Gauge({
    name: 'tierbell_config_last_reload_successful',
    help: 'Whether the last load of the configuration was good.',
    registers,
  });
  const reloadSuccess = new Gauge({
    name: 'tierbell_config_last_reload_success_timestamp_seconds',
    help: 'When the configuration was last loaded well.',
    registers,
  });
  // From 0, so that the very first refusal is seen as a rise.
  for (const source of sources) for (const code of WEBHOOK_CODES) webhookRequests.inc({ source, code }, 0);
  webhookRequests.inc({ source: 'unknown', code: '404' }, 0);
  return {
    registry: registers[0] as Registry,
    webhookRequests,
    sourceLastSeen,
    httpDuration,
    buildInfo,
    reloadSuccessful,
    reloadSuccess,
  };
}
export type ReceivingMetrics = ReturnType<typeof receivingMetrics>;

/** Of the store, the same whoever reads it: set anew at each scrape. */
export function storeMetrics() {
  const registers = [new Registry()];
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `tierbell_${name}`, help, labelNames: [...labelNames], registers });
  return {
    registry: registers[0] as Registry,
    incidentsOpen: gauge('incidents_open', 'Open incidents.', ['category', 'level', 'status', 'priority', 'team']),
    oldestUnacknowledged: gauge(
      'oldest_unacknowledged_timestamp_seconds',
      'When the oldest incident that nobody acknowledged was opened.',
      ['level'],
    ),
    fixesFrozen: gauge('fixes_frozen', 'Whether the kill switch of known fixes is on.'),
    jobsDue: gauge('jobs_due', 'Work that is due and not done.', ['kind']),
    oldestDueJob: gauge('oldest_due_job_timestamp_seconds', 'Since when the oldest due work has been due.', ['kind']),
    deadLetters: gauge('dead_letters', 'Work that failed for good.', ['kind']),
  };
}
export type StoreMetrics = ReturnType<typeof storeMetrics>;

/** Of the rules that run beside the present ones; set anew at each scrape, and left out where there are none. */
export function shadowMetrics() {
  const registers = [new Registry()];
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `tierbell_shadow_${name}`, help, labelNames: [...labelNames], registers });
  return {
    registry: registers[0] as Registry,
    incidents: gauge('incidents', 'The newest incidents, by what the shadow rules would have decided.', ['outcome']),
    differences: gauge('differences', 'The newest incidents of which the shadow rules decide this otherwise.', [
      'kind',
    ]),
    behind: gauge('behind', 'Incidents that wait to be compared with what the shadow rules say.'),
  };
}

/** What is configured: the closed sets of label values. */
export interface MetricNames {
  readonly sources: readonly string[];
  readonly channels: readonly string[];
  readonly stores: readonly string[];
  readonly fixes: readonly string[];
  readonly teams: readonly string[];
}

/** Of the store worker. */
export function pipelineMetrics(first: MetricNames) {
  let names = first;
  const registers = [new Registry()];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: `tierbell_${name}`, help, labelNames: [...labelNames], registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
    new Histogram({ name: `tierbell_${name}`, help, labelNames: [...labelNames], buckets, registers });
  const metrics = {
    registry: registers[0] as Registry,
    alertsReceived: counter('alerts_received_total', 'Alerts taken in.', ['source', 'status']),
    alertsDeduplicated: counter('alerts_deduplicated_total', 'Alerts that told nothing new.', ['source']),
    incidents: counter('incidents_total', 'Incidents opened.', ['category', 'severity']),
    classifications: counter('classifications_total', 'Categories given.', ['category', 'method']),
    categoryCorrections: counter('category_corrections_total', 'Categories that a person corrected.', ['from', 'to']),
    judgements: counter(
      'judgements_total',
      'What the bridge had judged by itself, when an incident that people saw was first resolved: did they keep it?',
      ['judgement', 'category', 'outcome'],
    ),
    escalations: counter('escalations_total', 'Escalations.', ['category', 'from', 'to', 'reason']),
    acknowledgeDuration: histogram(
      'acknowledge_duration_seconds',
      'From opened to first acknowledged.',
      ['category', 'level', 'priority', 'team'],
      PEOPLE_BUCKETS,
    ),
    resolveDuration: histogram(
      'resolve_duration_seconds',
      'From opened to resolved.',
      ['category', 'level', 'priority', 'team'],
      PEOPLE_BUCKETS,
    ),
    handoverDuration: histogram(
      'handover_duration_seconds',
      'From opened to handed over with a bundle.',
      ['category'],
      PEOPLE_BUCKETS,
    ),
    fixAttempts: counter('fix_attempts_total', 'Attempts of known fixes, by the state they reached.', ['fix', 'state']),
    fixDuration: histogram('fix_duration_seconds', 'From started to finished.', ['fix'], SECONDS_BUCKETS),
    fixRecurrences: counter('fix_recurrences_total', 'Incidents that came back after a fix had resolved them.', [
      'fix',
    ]),
    enrichmentDuration: histogram(
      'enrichment_duration_seconds',
      'How long collecting logs took.',
      ['store', 'state'],
      SECONDS_BUCKETS,
    ),
    enrichmentDocuments: counter('enrichment_documents_total', 'Log records read.', ['store']),
    notifications: counter('notifications_total', 'Messages, by how sending ended.', ['channel', 'result']),
    notificationDuration: histogram(
      'notification_duration_seconds',
      'How long a send took.',
      ['channel'],
      SECONDS_BUCKETS,
    ),
    teamLabel: (team: string) => teamLabel(names.teams)(team),
    fixLabel: (fix: string) => (names.fixes.indexOf(fix) >= 0 && names.fixes.indexOf(fix) < MOST_FIXES ? fix : 'other'),
  };
  const rename = (next: MetricNames): void => {
    names = next;
    for (const source of names.sources) {
      for (const status of ['firing', 'resolved']) metrics.alertsReceived.inc({ source, status }, 0);
      metrics.alertsDeduplicated.inc({ source }, 0);
    }
    for (const channel of names.channels)
      for (const result of ['sent', 'retried', 'failed']) metrics.notifications.inc({ channel, result }, 0);
    for (const store of names.stores) metrics.enrichmentDocuments.inc({ store }, 0);
  };
  rename(first);
  beginAtZero(metrics);
  return { ...metrics, rename };
}

/** Counters whose labels are closed sets begin at 0: what happens for the first time is then seen as a rise. */
function beginAtZero(
  metrics: Pick<
    PipelineMetrics,
    'incidents' | 'classifications' | 'categoryCorrections' | 'judgements' | 'escalations'
  >,
): void {
  for (const category of CATEGORIES) {
    for (const severity of SEVERITIES) metrics.incidents.inc({ category, severity }, 0);
    for (const method of ['rule', 'model', 'person']) metrics.classifications.inc({ category, method }, 0);
    for (const judgement of ['category', 'priority'])
      for (const outcome of ['kept', 'corrected']) metrics.judgements.inc({ judgement, category, outcome }, 0);
    for (const to of CATEGORIES) if (to !== category) metrics.categoryCorrections.inc({ from: category, to }, 0);
    for (const [from, to, reason] of USUAL_ESCALATIONS) metrics.escalations.inc({ category, from, to, reason }, 0);
  }
}

const ELSEWHERE: ReadonlySet<EscalationReason> = new Set(['returned', 'vendor_approved', 'reopened']);
const USUAL_ESCALATIONS: readonly (readonly [Level, Level, EscalationReason])[] = [
  ...ESCALATION_REASONS.filter((reason) => !ELSEWHERE.has(reason)).map((reason) => ['2', '3', reason] as const),
  ['3', 'x', 'vendor_approved'],
  ['3', '2', 'returned'],
  ['2', '2', 'reopened'],
  ['3', '3', 'reopened'],
];

/** At the first use of a fix all its series begin at 0, so that the outcome that follows is seen as a rise. */
export function countAttempt(
  { fixAttempts, fixRecurrences }: Pick<PipelineMetrics, 'fixAttempts' | 'fixRecurrences'>,
  fix: string,
  state: AttemptState,
): void {
  for (const one of ATTEMPT_STATES) fixAttempts.inc({ fix, state: one }, one === state ? 1 : 0);
  fixRecurrences.inc({ fix }, 0);
}

/** A team as a label value: a configured one, none, or `other`; what alerts say is no closed set. */
export function teamLabel(teams: readonly string[]): (team: string) => string {
  const known = new Set(teams);
  return (team) => (team === '' || known.has(team) ? team : 'other');
}
export type PipelineMetrics = ReturnType<typeof pipelineMetrics>;

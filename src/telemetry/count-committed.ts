import type { EntryData } from '../domain/entry.ts';
import type { Incident } from '../domain/incident.ts';
import type { WireEntry } from '../incidents/timeline.ts';
import type { Committed } from '../store/unit-of-work.ts';
import { countAttempt, type PipelineMetrics } from './metrics.ts';

/** Counts what a commit brought: metrics follow from the timeline, so that both tell the same. */
export function countCommitted(metrics: PipelineMetrics, { entries, before, after }: Committed): void {
  for (const entry of entries) count(metrics, entry, before, after);
}

function count(metrics: PipelineMetrics, entry: WireEntry, before: Incident | null, after: Incident): void {
  const at = Date.parse(entry.at);
  const category = after.classification.category;
  const who = {
    category,
    level: before?.level ?? after.level,
    priority: after.priority,
    team: metrics.teamLabel(after.team),
  };
  const sinceOpened = (at - after.createdAt) / 1000;
  switch (entry.type) {
    case 'opened':
      return metrics.incidents.inc({ category, severity: after.severity });
    case 'classified':
      return countClassified(metrics, before, entry.data as EntryData['classified']);
    case 'escalated': {
      const { from, to, reason } = entry.data as EntryData['escalated'];
      return metrics.escalations.inc({ category, from, to, reason });
    }
    case 'acknowledged':
      if (before?.firstAcknowledgedAt === null) metrics.acknowledgeDuration.observe(who, sinceOpened);
      return;
    case 'resolved':
      countJudgements(metrics, entry, before);
      return metrics.resolveDuration.observe(who, sinceOpened);
    case 'reopened':
      return countRecurrence(metrics, before);
    case 'handover':
      return metrics.handoverDuration.observe({ category }, sinceOpened);
    case 'fix':
      return countFix(metrics, after, (entry.data as { id: string }).id);
    default:
  }
}

function countClassified(metrics: PipelineMetrics, before: Incident | null, to: EntryData['classified']): void {
  metrics.classifications.inc({ category: to.category, method: to.method });
  const from = before?.classification.category ?? to.category;
  if (to.method === 'person' && from !== to.category) metrics.categoryCorrections.inc({ from, to: to.category });
}

/**
 * Did people keep what we had judged? Asked once an incident: at its first end, where a person had to do with it. A
 * category that came from what a person had decided earlier is theirs, and counts for nothing.
 */
function countJudgements(metrics: PipelineMetrics, entry: WireEntry, before: Incident | null): void {
  if (before === null || before.escalations.some(({ reason }) => reason === 'reopened')) return;
  const { given = {}, classification, priority } = before;
  const seen = entry.actor.kind === 'person' || before.firstAcknowledgedAt !== null || before.given !== undefined;
  if (!seen) return;
  const ours = given.category ?? (classification.method === 'person' ? null : classification.category);
  const category = ours ?? classification.category;
  const count = (judgement: string, kept: boolean): void =>
    metrics.judgements.inc({ judgement, category, outcome: kept ? 'kept' : 'corrected' });
  if (ours !== null) count('category', ours === classification.category);
  count('priority', (given.priority ?? priority) === priority);
}

/** Only the fix that had resolved it came to nothing; others may have been refused or only shown. */
function countRecurrence(metrics: PipelineMetrics, before: Incident | null): void {
  if (before?.resolvedHow !== 'fix') return;
  const healer = before.attempts.findLast(({ state }) => state === 'verified');
  if (healer !== undefined) metrics.fixRecurrences.inc({ fix: metrics.fixLabel(healer.fix) });
}

function countFix(metrics: PipelineMetrics, incident: Incident, id: string): void {
  const attempt = incident.attempts.find((other) => other.id === id);
  if (attempt === undefined) return;
  const fix = metrics.fixLabel(attempt.fix);
  countAttempt(metrics, fix, attempt.state);
  const { state, startedAt, finishedAt } = attempt;
  const ran = state === 'succeeded' || state === 'failed' || state === 'unknown';
  if (ran && startedAt !== null && finishedAt !== null)
    metrics.fixDuration.observe({ fix }, (finishedAt - startedAt) / 1000);
}

import type { Attempt, Incident } from '../../../src/domain/incident.ts';
import type { WireEntry } from '../../../src/incidents/timeline.ts';
import { countCommitted } from '../../../src/telemetry/count-committed.ts';
import { pipelineMetrics, receivingMetrics, type PipelineMetrics } from '../../../src/telemetry/metrics.ts';
import { sampleAttempt, sampleIncident } from '../../helpers/sample-incident.ts';

const NAMES = { sources: ['am'], channels: ['mail'], stores: ['elk'], fixes: ['restart', 'reload'], teams: ['shop'] };

function entry(type: string, data: unknown): WireEntry {
  const at = '2026-01-05T03:16:00.000Z';
  return { incident: 'uid', seq: 1, at, actor: { kind: 'system', name: 'tierbell' }, type, text: '', data, hash: '' };
}

async function samples(metrics: Pick<PipelineMetrics, 'registry'>, name: string): Promise<readonly string[]> {
  const text = await metrics.registry.metrics();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`));
}

/** Those above 0. */
async function counted(metrics: PipelineMetrics, name: string): Promise<readonly string[]> {
  return (await samples(metrics, name)).filter((line) => !line.endsWith(' 0'));
}

function withAttempts(more: Partial<Incident>, ...attempts: readonly Partial<Attempt>[]): Incident {
  return sampleIncident({ ...more, attempts: attempts.map((one) => sampleAttempt(one)) });
}

describe('what the metrics count', () => {
  it('the first refused delivery of a source is a rise from 0, whatever the answer was', async () => {
    const { registry } = receivingMetrics(['am']);
    expect(await samples({ registry }, 'tierbell_webhook_requests_total')).toEqual(
      expect.arrayContaining(
        ['200', '400', '401', '405', '413', '415', '500', '503'].map(
          (code) => `tierbell_webhook_requests_total{source="am",code="${code}"} 0`,
        ),
      ),
    );
  });

  it('the first escalation for a reason is a rise from 0', async () => {
    const found = await samples(pipelineMetrics(NAMES), 'tierbell_escalations_total');
    expect(found).toContain(
      'tierbell_escalations_total{category="network-downtime",from="2",to="3",reason="fix_failed"} 0',
    );
    expect(found).toContain('tierbell_escalations_total{category="other",from="3",to="x",reason="vendor_approved"} 0');
  });

  it('a fix has no series before its first use; then each of its states has one', async () => {
    const metrics = pipelineMetrics(NAMES);
    expect(await samples(metrics, 'tierbell_fix_attempts_total')).toEqual([]);
    const after = withAttempts({}, { id: 'a', fix: 'restart', state: 'started' });
    countCommitted(metrics, { entries: [entry('fix', { id: 'a' })], before: after, after });
    expect(await samples(metrics, 'tierbell_fix_attempts_total')).toHaveLength(12);
    expect(await counted(metrics, 'tierbell_fix_attempts_total')).toEqual([
      'tierbell_fix_attempts_total{fix="restart",state="started"} 1',
    ]);
  });

  it('trouble that comes back is held against the fix that had resolved it, and against no other', async () => {
    const metrics = pipelineMetrics(NAMES);
    const tried = [
      { fix: 'reload', state: 'refused' as const },
      { fix: 'restart', state: 'verified' as const },
    ];
    const before = withAttempts({ resolvedHow: 'fix', status: 'resolved' }, ...tried);
    countCommitted(metrics, { entries: [entry('reopened', { why: 'it fires' })], before, after: before });
    const byPerson = withAttempts({ resolvedHow: 'person', status: 'resolved' }, ...tried);
    countCommitted(metrics, { entries: [entry('reopened', { why: 'it fires' })], before: byPerson, after: byPerson });
    expect(await counted(metrics, 'tierbell_fix_recurrences_total')).toEqual([
      'tierbell_fix_recurrences_total{fix="restart"} 1',
    ]);
  });

  it('a category that a person changed is a correction, one that they confirmed is none', async () => {
    const metrics = pipelineMetrics(NAMES);
    const before = sampleIncident();
    const by = (category: string) => entry('classified', { category, method: 'person', confidence: 1 });
    countCommitted(metrics, { entries: [by(before.classification.category)], before, after: before });
    countCommitted(metrics, { entries: [by('other')], before, after: before });
    expect(await counted(metrics, 'tierbell_category_corrections_total')).toEqual([
      `tierbell_category_corrections_total{from="${before.classification.category}",to="other"} 1`,
    ]);
  });

  const { classification } = sampleIncident();
  const ours = { ...classification, category: 'network-downtime' as const, method: 'rule' as const };
  const theirs = { ...classification, category: 'other' as const, method: 'person' as const };
  const ACKNOWLEDGED = { firstAcknowledgedAt: 1, classification: ours };
  it.each<[string, Partial<Incident>, readonly string[]]>([
    [
      'who left all as it was agreed with both',
      ACKNOWLEDGED,
      ['category network-downtime kept', 'priority network-downtime kept'],
    ],
    [
      'who changed the category corrected it',
      { ...ACKNOWLEDGED, classification: theirs, given: { category: 'network-downtime' } },
      ['category network-downtime corrected', 'priority network-downtime kept'],
    ],
    [
      'who said the same agreed',
      {
        ...ACKNOWLEDGED,
        classification: { ...theirs, category: 'network-downtime' },
        given: { category: 'network-downtime' },
      },
      ['category network-downtime kept', 'priority network-downtime kept'],
    ],
    [
      'who changed the priority corrected that alone',
      { ...ACKNOWLEDGED, priority: 'P3', given: { priority: 'P1' } },
      ['category network-downtime kept', 'priority network-downtime corrected'],
    ],
    [
      'what was known from a person before was no judgement of the bridge',
      { ...ACKNOWLEDGED, classification: theirs },
      ['priority other kept'],
    ],
    ['what nobody saw, nobody judged', { classification: ours, firstAcknowledgedAt: null }, []],
    [
      'what came back was judged when it first ended',
      { ...ACKNOWLEDGED, escalations: [{ from: '2', to: '2', reason: 'reopened', at: 1, by: 'tierbell' }] },
      [],
    ],
  ])('of agreement: %s', async (_what, more, wanted) => {
    const metrics = pipelineMetrics(NAMES);
    const before = sampleIncident({ escalations: [], ...more });
    countCommitted(metrics, { entries: [entry('resolved', { how: 'alerts' })], before, after: before });
    const found = (await counted(metrics, 'tierbell_judgements_total')).map((line) =>
      [...line.matchAll(/="([^"]+)"/g)].map(([, value]) => value).join(' '),
    );
    expect(found.toSorted()).toEqual(wanted);
  });
});

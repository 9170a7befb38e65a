import { createHash } from 'node:crypto';
import type { Alert, AlertGroup } from '../../src/domain/alert.ts';
import { labelSet } from '../../src/domain/alert.ts';
import type { Attempt, AttemptState, Evidence } from '../../src/domain/incident.ts';

/** 2026-01-05 03:00:00 UTC: when these stories begin. */
export const DAWN = Date.UTC(2026, 0, 5, 3);

export const ADA = { kind: 'person', name: 'ada' } as const;
export const BEN = { kind: 'person', name: 'ben' } as const;

/** An alert in few words: `alertOf('a', { startsAt })`. The fingerprint follows from name and labels. */
export function alertOf(id: string, more: Partial<Alert> & { name?: string } = {}): Alert {
  const { name = 'ApiDown', labels = {}, ...rest } = more;
  const all = { alertname: name, instance: `${id}:9100`, severity: 'critical', ...labels };
  return {
    fingerprint: createHash('sha256')
      .update(`${id} ${JSON.stringify(all)}`)
      .digest('hex')
      .slice(0, 16),
    status: 'firing',
    labels: labelSet(Object.entries(all)),
    annotations: labelSet([['summary', `${name} on ${id}`]]),
    startsAt: DAWN,
    endsAt: null,
    generatorURL: '',
    ...rest,
  };
}

/** The end of an alert. */
export function endOf(alert: Alert, endsAt: number): Alert {
  return { ...alert, status: 'resolved', endsAt };
}

export function groupOf(alerts: readonly Alert[], more: Partial<AlertGroup> = {}): AlertGroup {
  return {
    ...{ source: 'am', groupKey: '{}:{alertname="ApiDown"}', receiver: 'tierbell', externalURL: '' },
    ...{ truncatedAlerts: 0, alerts, ...more },
  };
}

export function evidenceOf(more: Partial<Evidence> = {}): Evidence {
  return {
    ...{ id: 'ev', kind: 'logs', state: 'complete', reason: 'three errors', store: 'elk', scope: 'service = api' },
    ...{ windows: [{ name: 'incident', from: DAWN, to: DAWN + 1, records: 3, sampled: false }], counts: { error: 3 } },
    ...{ lines: [], rawBlob: null, query: { range: { from: 1, at: 2 } }, url: '', at: DAWN, ...more },
  };
}

export function attemptOf(state: AttemptState, more: Partial<Attempt> = {}): Attempt {
  return {
    ...{ id: 'at-1', fix: 'restart', title: 'Restart it', target: 'a', state, reasons: [], startedAt: null },
    ...{ finishedAt: null, exitCode: null, output: '', verification: null, ...more },
  };
}

export { World } from '../../src/rehearsal/world.ts';

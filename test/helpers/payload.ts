import { createHash } from 'node:crypto';

export interface PayloadAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly status?: 'firing' | 'resolved';
  readonly startsAt?: string;
}

/** A webhook body as Alertmanager sends it (version 4), for one group. */
export function alertmanagerPayload(alerts: readonly PayloadAlert[], more: Readonly<Record<string, unknown>> = {}) {
  const name = alerts[0]?.labels['alertname'] ?? '';
  return {
    version: '4',
    groupKey: `{}:{alertname=${JSON.stringify(name)}}`,
    truncatedAlerts: 0,
    status: alerts.some(({ status }) => status !== 'resolved') ? 'firing' : 'resolved',
    receiver: 'tierbell',
    groupLabels: { alertname: name },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example.org:9093',
    alerts: alerts.map(whole),
    ...more,
  };
}

/** One firing alert in a group of its own. */
export function firing(alertname: string, labels: Readonly<Record<string, string>> = {}) {
  return alertmanagerPayload([{ labels: { alertname, severity: 'critical', ...labels } }]);
}

function whole({ labels, annotations = {}, status = 'firing', startsAt }: PayloadAlert) {
  return {
    status,
    labels,
    annotations,
    startsAt: startsAt ?? new Date().toISOString(),
    endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : new Date().toISOString(),
    generatorURL: 'http://prometheus.example.org:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
    fingerprint: createHash('sha256').update(JSON.stringify(labels)).digest('hex').slice(0, 16),
  };
}

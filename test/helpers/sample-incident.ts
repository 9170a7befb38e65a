import type { Alert } from '../../src/domain/alert.ts';
import type { Attempt, Evidence, Incident } from '../../src/domain/incident.ts';
import { SYSTEM } from '../../src/domain/entry.ts';
import type { WireEntry } from '../../src/incidents/timeline.ts';
import { GENESIS, sealEntry } from '../../src/incidents/timeline.ts';
import type { NoticeInput } from '../../src/channels/messages/notice-input.ts';

/** 2026-01-05 03:12:05 UTC, when the trouble of these samples began. */
export const BEGAN = Date.UTC(2026, 0, 5, 3, 12, 5);
/** 03:16 UTC: four minutes later. */
export const NOW = BEGAN + 235_000;
export const UID = '0199d0a2-7c11-7000-8000-00000000002a';

export function sampleAlert(more: Partial<Alert> = {}): Alert {
  return {
    fingerprint: 'c1f3a5b7d9e0f112',
    status: 'firing',
    labels: { alertname: 'CheckoutErrors', severity: 'critical', service: 'checkout', instance: 'shop-1:8080' },
    annotations: { summary: 'Checkout answers 12 % of requests with 500' },
    startsAt: BEGAN,
    endsAt: null,
    generatorURL: 'http://prometheus.example.org:9090/graph?g0.expr=rate',
    ...more,
  };
}

export function sampleEvidence(more: Partial<Evidence> = {}): Evidence {
  return {
    id: 'ev-1',
    kind: 'logs',
    state: 'complete',
    reason: '14 error lines of 3 kinds in the incident window, 0 in the hour before.',
    store: 'elk',
    scope: 'service = checkout',
    windows: [{ name: 'incident', from: BEGAN - 600_000, to: BEGAN + 120_000, records: 412, sampled: false }],
    counts: { error: 14, warn: 3, info: 395 },
    lines: [
      {
        at: BEGAN - 4_000,
        level: 'error',
        service: 'checkout',
        text: 'dial tcp 10.4.0.7:5432: connect: connection refused',
        count: 12,
      },
      {
        at: BEGAN - 2_000,
        level: 'error',
        service: 'checkout',
        text: 'PaymentError: no connection to the ledger\n  at pay (/srv/checkout/pay.js:41:9)\n  at handle (/srv/checkout/http.js:88:3)',
        count: 1,
      },
      { at: BEGAN, level: 'warn', service: 'checkout', text: 'retrying in 500 ms', count: 3 },
    ],
    rawBlob: 'a'.repeat(64),
    query: { index: 'logs-*', query: { term: { service: 'checkout' } } },
    url: 'https://kibana.example.org/app/discover#/?_a=1',
    at: NOW - 60_000,
    ...more,
  };
}

export function sampleAttempt(more: Partial<Attempt> = {}): Attempt {
  return {
    id: 'at-1',
    fix: 'restart-unit',
    title: 'Restart the failed systemd unit',
    target: 'shop-1',
    state: 'failed',
    reasons: ['the command ended with exit status 1'],
    startedAt: NOW - 90_000,
    finishedAt: NOW - 80_000,
    exitCode: 1,
    output:
      'Job for checkout.service failed because the control process exited with error code.\nSee "systemctl status checkout.service".\n',
    verification: null,
    ...more,
  };
}

export function sampleIncident(more: Partial<Incident> = {}): Incident {
  const { labels, annotations, generatorURL, startsAt } = sampleAlert();
  return {
    uid: UID,
    number: 42,
    seq: 6,
    head: 'f'.repeat(64),
    title: 'CheckoutErrors: Checkout answers 12 % of requests with 500',
    status: 'triggered',
    source: 'alertmanager',
    groupingKey: 'k',
    level: '2',
    step: 0,
    round: 0,
    lastStep: false,
    stepChannels: ['l2-mail'],
    audience: ['l2-mail'],
    policy: 'default',
    classification: {
      category: 'cloud-service-interruption',
      confidence: 0.82,
      method: 'rule',
      reasons: ['Requests to a service fail (rule service-5xx)', 'The log says "connection refused" (rule refused)'],
      alternatives: [
        { category: 'network-downtime', confidence: 0.12 },
        { category: 'other', confidence: 0.06 },
      ],
    },
    severity: 'critical',
    priority: 'P2',
    urgency: 'high',
    impact: { alerts: 3, targets: 2 },
    firing: 3,
    hidden: 0,
    team: 'shop',
    ownedBy: null,
    service: 'checkout',
    environment: 'prod',
    labels,
    annotations,
    generatorURL,
    startsAt,
    createdAt: BEGAN + 2_000,
    updatedAt: NOW,
    firstAcknowledgedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    resolvedAt: null,
    resolvedBy: null,
    resolvedHow: null,
    attachUntil: null,
    deadlines: { ack: NOW + 660_000 },
    escalations: [],
    attempts: [],
    evidence: [],
    told: [],
    bundles: 0,
    assessment: null,
    owner: null,
    ticks: {},
    ...more,
  };
}

/** A small chained timeline of the sample. */
export function sampleTimeline(uid = UID): WireEntry[] {
  const texts = ['Opened', 'Told l2-mail (page)', 'Escalated to Level 3: nobody acknowledged in time'];
  const entries: WireEntry[] = [];
  for (const [index, text] of texts.entries()) {
    const entry = { type: 'note', actor: SYSTEM, text, data: { note: text } } as const;
    entries.push(sealEntry(uid, index + 1, BEGAN + index * 60_000, entries.at(-1)?.hash ?? GENESIS, entry));
  }
  return entries;
}

export function sampleInput(more: Partial<NoticeInput> = {}): NoticeInput {
  return {
    id: '0199d0a2-aaaa-7000-8000-000000000001',
    purpose: 'page',
    incident: sampleIncident(),
    alerts: [sampleAlert()],
    timeline: [],
    level: '2',
    why: '',
    recipient: 'level2',
    ackUrl: 'https://bell.example.org/ack/abc123',
    consoleUrl: 'https://bell.example.org/incidents/INC-42',
    bundleUrl: 'https://bell.example.org/api/v1/incidents/INC-42/handover.zip?n=1',
    bundle: null,
    at: NOW,
    ...more,
  };
}

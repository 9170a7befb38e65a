import { z } from 'zod';
import type { Alert, Labels } from '../../domain/alert.ts';
import { Findings } from '../findings.ts';
import { isRecord } from '../normalise.ts';
import { readTime } from '../read-time.ts';
import { commonSettings, createCommon, defaultLabels } from '../settings.ts';
import { defineSource, type ParsedDelivery } from '../source.ts';
import { checkAlerts, readAlerts, type JsonObject } from '../webhook-payload.ts';

/** Alertmanager's `resolve_timeout`, for alerts that name no end; Prometheus always names one. */
const RESOLVE_TIMEOUT_MS = 300_000;

/**
 * What Prometheus (and vmalert, the rulers of Thanos, Loki, Mimir) posts to an Alertmanager, here to
 * `<path_prefix>/api/v2/alerts` with `path_prefix: /webhooks/<name>`; Prometheus 2 can also be set to v1.
 * A list of alerts without groups; each fires while its `endsAt` lies ahead, and is sent again each minute.
 */
export const prometheus = defineSource({
  kind: 'prometheus',
  config: z.strictObject({ ...commonSettings, kind: z.literal('prometheus') }),
  create(settings, context) {
    const labels = defaultLabels(settings);
    return {
      ...createCommon(settings, context),
      kind: 'prometheus',
      paths: ['', 'api/v2/alerts', 'api/v1/alerts'],
      check: (json) => checkAlerts(json, ''),
      parse: (json, receivedAt) => parse(json, settings.name, receivedAt, labels),
    };
  },
});

function parse(json: unknown, source: string, receivedAt: number, labels: Labels): ParsedDelivery {
  const findings = new Findings();
  if (!Array.isArray(json)) {
    findings.aside(0, '', 'must be a list of alerts', json);
    return { groups: [], setAside: findings.setAside, notes: [] };
  }
  const around = { receivedAt, labels, groupStatus: null, findings };
  const raws = json.map((raw: unknown) => (isRecord(raw) ? asWebhookAlert(raw, receivedAt) : raw));
  const alerts = readAlerts(raws, around, (alert, raw) => vouchedFor(alert, raw, receivedAt));
  const group = { source, groupKey: null, receiver: '', externalURL: '', truncatedAlerts: 0, alerts };
  return { groups: alerts.length === 0 ? [] : [group], setAside: findings.setAside, notes: findings.notes };
}

/** With a status; an empty label is none, as in Alertmanager, whose fingerprint it must become. */
function asWebhookAlert(raw: JsonObject, receivedAt: number): JsonObject {
  const endsAt = readTime(raw['endsAt']);
  const status = endsAt !== null && endsAt <= receivedAt ? 'resolved' : 'firing';
  return { ...raw, labels: withoutEmpty(raw['labels']), status, fingerprint: undefined };
}

function withoutEmpty(labels: unknown): unknown {
  if (!isRecord(labels) || !Object.values(labels).includes('')) return labels;
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}

/** While it fires, its end is the moment until which its sender vouches for it. */
function vouchedFor(alert: Alert, raw: JsonObject, receivedAt: number): Alert {
  if (alert.status === 'resolved') return alert;
  return { ...alert, endsAt: readTime(raw['endsAt']) ?? receivedAt + RESOLVE_TIMEOUT_MS };
}

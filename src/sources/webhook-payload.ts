import type { Alert, AlertGroup, Labels } from '../domain/alert.ts';
import { Findings } from './findings.ts';
import { isRecord, normaliseAlert, readStatusWord, readText, readUrl, type AlertSurroundings } from './normalise.ts';
import type { ParsedDelivery, ShapeProblem } from './source.ts';

/** The payload that Alertmanager (version "4") and Grafana (version "1") share. */

/** Characters. A grouping key holds the values of its labels. */
const GROUP_KEY_MAX = 65_536;
const RECEIVER_MAX = 1024;

export type JsonObject = Readonly<Record<string, unknown>>;

/** What a kind adds to an alert beyond the shared fields. */
export type Enrich = (alert: Alert, raw: JsonObject) => Alert;

/** @param sender for the message, such as `Alertmanager's` */
export function checkPayload(json: unknown, sender: string): ShapeProblem | null {
  if (!isRecord(json)) return { field: '', problem: `must be an object, as ${sender} webhook sends it` };
  const alerts = json['alerts'];
  if (alerts === undefined)
    return { field: 'alerts', problem: 'is missing; a payload template of your own must keep the list of alerts' };
  return checkAlerts(alerts, 'alerts');
}

/** A list with something in it. */
export function checkAlerts(alerts: unknown, field: string): ShapeProblem | null {
  if (!Array.isArray(alerts)) return { field, problem: 'must be a list of alerts' };
  return alerts.length === 0 ? { field, problem: 'must hold at least one alert' } : null;
}

/** Normalises a payload; what is no such payload is set aside whole. */
export function parsePayload(
  json: unknown,
  source: string,
  around: { readonly receivedAt: number; readonly labels: Labels },
  enrich: Enrich = (alert) => alert,
): ParsedDelivery {
  const findings = new Findings();
  const alerts = isRecord(json) ? json['alerts'] : undefined;
  if (!isRecord(json) || !Array.isArray(alerts)) {
    findings.aside(0, 'alerts', 'must be a list of alerts', json);
    return { groups: [], setAside: findings.setAside, notes: [] };
  }
  const surroundings = { ...around, groupStatus: readStatusWord(json['status']), findings };
  const read = readAlerts(alerts, surroundings, enrich);
  const groups = read.length === 0 ? [] : [readGroup(json, source, read)];
  return { groups, setAside: findings.setAside, notes: findings.notes };
}

/** Those that can be understood, in order. */
export function readAlerts(raws: readonly unknown[], around: AlertSurroundings, enrich: Enrich): Alert[] {
  return raws.flatMap((raw, index) => {
    const alert = normaliseAlert(raw, index, around);
    return alert === null ? [] : [enrich(alert, raw as JsonObject)];
  });
}

function readGroup(json: JsonObject, source: string, alerts: readonly Alert[]): AlertGroup {
  const truncated = Number(json['truncatedAlerts'] ?? 0);
  return {
    source,
    groupKey: readText(json['groupKey'], GROUP_KEY_MAX) || null,
    receiver: readText(json['receiver'], RECEIVER_MAX),
    externalURL: readUrl(json['externalURL']),
    truncatedAlerts: truncated > 0 && Number.isFinite(truncated) ? Math.ceil(truncated) : 0,
    alerts,
  };
}

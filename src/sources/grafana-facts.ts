import { label, labelSet, type Alert } from '../domain/alert.ts';
import { cleanLine } from '../domain/text.ts';
import { isRecord, readText, readUrl } from './normalise.ts';
import type { JsonObject } from './webhook-payload.ts';

/** Characters. */
const VALUES_MAX = 1024;
const SAID_MAX = 500;

/**
 * What Grafana says beside labels and annotations becomes annotations, where people and rules read it: the measured
 * values, and the pages of panel, silence and rule. The labels, and with them the alert's identity, stay as on the wire.
 */
export function addGrafanaFacts(alert: Alert, raw: JsonObject): Alert {
  const facts: (readonly [string, string])[] = [
    ['__value_string__', valuesOf(raw)],
    ['__dashboardUrl__', readUrl(raw['dashboardURL'])],
    ['__panelUrl__', readUrl(raw['panelURL'])],
    ['__silenceUrl__', readUrl(raw['silenceURL'])],
    ['__imageUrl__', readUrl(raw['imageURL'])],
    ['__alert_rule_uid__', cleanLine(readText(raw['ruleUID'], 256))],
    ...stateFacts(alert),
  ];
  const added = facts.filter(([, value]) => value !== '');
  return { ...alert, annotations: labelSet([...Object.entries(alert.annotations), ...added]) };
}

/** `A=93.25, C=1`, as Grafana's own messages have it; else the longer text that it sends with them. */
function valuesOf({ values, valueString }: JsonObject): string {
  const measured = isRecord(values) ? Object.entries(values) : [];
  const text = measured.map(([name, value]) => `${name}=${sayValue(value)}`).join(', ');
  return cleanLine(text === '' ? readText(valueString, VALUES_MAX) : text, VALUES_MAX);
}

function sayValue(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : 'no value';
}

const NO_DATA = 'nodata';
const ERROR = 'error';

/**
 * A rule that gets no data, or cannot be asked, alerts under its own name or that of a stand-in (`DatasourceNoData`,
 * `DatasourceError`), with the rule's summary as if it had measured something. So what is really known comes first.
 */
function stateFacts({ status, labels, annotations }: Alert): [string, string][] {
  if (status !== 'firing') return [];
  const state = stateOf(label(labels, 'alertname'), label(annotations, 'grafana_state_reason'));
  if (state === null) return [];
  const rule = cleanLine(label(labels, 'rulename') || label(labels, 'alertname'), 200) || 'without a name';
  const said = label(annotations, 'summary');
  const cause = cleanLine(label(annotations, 'Error'), SAID_MAX);
  const sentence =
    state === NO_DATA
      ? `Grafana's rule "${rule}" gets no data, so nobody knows how it is`
      : `Grafana's rule "${rule}" cannot be evaluated${cause === '' ? ', so nobody knows how it is' : `: ${cause}`}`;
  return [
    ['summary', sentence],
    ['rule_summary', said],
  ];
}

/** The reason can be a list such as `NoData, KeepLast`. */
function stateOf(alertname: string, reason: string): typeof NO_DATA | typeof ERROR | null {
  const reasons = reason.split(',').map((word) => word.trim().toLowerCase());
  if (alertname === 'DatasourceNoData' || reasons.includes(NO_DATA)) return NO_DATA;
  return alertname === 'DatasourceError' || reasons.includes(ERROR) ? ERROR : null;
}

/** A label or annotation set. Names are any UTF-8, `__proto__` included: read it through {@link label}. */
export type Labels = Readonly<Record<string, string>>;

export type AlertStatus = 'firing' | 'resolved';

/** One alert as a source understood it: cleaned text, dates as epoch milliseconds. */
export interface Alert {
  /** With the source's name, the identity of the alert: 16 hex digits as on the wire. */
  readonly fingerprint: string;
  readonly status: AlertStatus;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** When it began to fire. Can move earlier on the wire; never more than an hour after its receipt here. */
  readonly startsAt: number;
  /**
   * When it ended; null where the sender gave no usable date. While it fires: until when its sender vouches for it, after
   * which it counts as ended unless it was sent again (Prometheus); null where the sender will tell of the end.
   */
  readonly endsAt: number | null;
  /** `http(s)` only; empty where the sender gave none. Shown, never fetched. */
  readonly generatorURL: string;
}

/** What one delivery said: the alerts of one group of one source. */
export interface AlertGroup {
  readonly source: string;
  /** Opaque, as on the wire; null where the source knows no groups. */
  readonly groupKey: string | null;
  readonly receiver: string;
  readonly externalURL: string;
  /** How many alerts the sender left out (`max_alerts`): nothing closes on such a payload. */
  readonly truncatedAlerts: number;
  /** True where nobody said that these have ended: their sender vouches for them no longer. */
  readonly expired?: boolean;
  readonly alerts: readonly Alert[];
}

/** Reads a label without ever meeting the prototype; an absent label is the empty string, as in Prometheus. */
export function label(labels: Labels, name: string): string {
  return Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
}

/** A label set without a prototype, so that `__proto__` and `constructor` are names like any other. */
export function labelSet(entries: Iterable<readonly [string, string]>): Labels {
  const result = Object.create(null) as Record<string, string>;
  for (const [name, value] of entries) result[name] = value;
  return result;
}

export const SEVERITIES = ['critical', 'error', 'warning', 'info', 'none', 'unknown'] as const;
export type Severity = (typeof SEVERITIES)[number];

const SPELLINGS: Readonly<Record<Severity, readonly string[]>> = {
  critical: ['critical', 'crit', 'page', 'fatal', 'emergency', 'emerg', 'disaster', 'p1', 'sev1', 'major'],
  error: ['error', 'err', 'high', 'p2', 'sev2', 'average'],
  warning: ['warning', 'warn', 'ticket', 'medium', 'minor', 'p3', 'sev3'],
  info: ['info', 'informational', 'information', 'notice', 'low', 'p4', 'p5', 'sev4', 'debug'],
  none: ['none', 'ok'],
  unknown: [],
};

const BY_SPELLING = new Map(
  SEVERITIES.flatMap((severity) => SPELLINGS[severity].map((word) => [word, severity] as const)),
);

/** The severity that an alert states, in all the spellings of the field (`"Critical "`, `page`, `sev2`); else `unknown`. */
export function severityOf(labels: Labels): Severity {
  const raw = label(labels, 'severity') || label(labels, 'priority') || label(labels, 'level');
  return BY_SPELLING.get(raw.trim().toLowerCase()) ?? 'unknown';
}

/** Scrapes that tell of other machines than the one they come from. */
const ELSEWHERE = /kube-state-metrics|blackbox|pushgateway|federate|snmp/i;

/**
 * The machine or pod that an alert is about, in lower case and without a port, for finding what else is the matter there;
 * '' where the labels name none. The `instance` of an exporter that speaks for others is no such place.
 */
export function placeOf(labels: Labels): string {
  const names = ELSEWHERE.test(label(labels, 'job')) ? PLACES.filter((name) => name !== 'instance') : PLACES;
  for (const name of names) {
    const place = label(labels, name)
      .trim()
      .replace(/^https?:\/\//, '')
      .replace(/[/?#].*$/s, '')
      .replace(/^([^:]+):\d+$/, '$1')
      .toLowerCase();
    if (place !== '') return place.slice(0, 253);
  }
  return '';
}
const PLACES = ['instance', 'host', 'hostname', 'node', 'pod'];

/** The thing that an alert is about, for counting how many are hit: instance, else the next best name, else ''. */
export function targetOf(labels: Labels): string {
  for (const name of ['instance', 'host', 'node', 'pod', 'target', 'service', 'job']) {
    const value = label(labels, name);
    if (value !== '') return value;
  }
  return '';
}

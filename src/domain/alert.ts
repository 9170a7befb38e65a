import { plainLetters } from './text.ts';

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

/** English, then German, French, Spanish, Portuguese, Italian and Japanese; without accents. */
const SPELLINGS: Readonly<Record<Severity, string>> = {
  critical: `critical crit page pager paging fatal emergency emerg disaster major alert panic blocker catastrophic severe
    urgent highest down outage kritisch katastrophal critique critico critica urgente majeur majeure 重大 緊急 致命的`,
  error: `error err errors high average failure failed hoch fehler schwerwiegend eleve elevee haute erreur
    alto alta elevado elevada grave erro errore 高 エラー`,
  warning: `warning warn warnings ticket medium moderate minor degraded attention nopage noncritical nonpaging warnung
    mittel avertissement moyen moyenne mineur mineure advertencia aviso medio media avviso 警告 中`,
  info: `info informational information inform notice normal low lowest minimal trivial debug trace verbose niedrig gering
    hinweis faible basse bajo baja baixo baixa basso bassa informacion informacao informazione 低 情報`,
  none: 'none ok okay cleared clear resolved',
  unknown: '',
};
/** Of numbers the lowest is the worst, as in sev1 and P1. */
const BY_NUMBER: readonly Severity[] = ['critical', 'critical', 'error', 'warning', 'info', 'info'];

const BY_SPELLING = new Map<string, Severity>([
  ...SEVERITIES.flatMap((severity) => SPELLINGS[severity].split(/\s+/).map((word) => [word, severity] as const)),
  ...BY_NUMBER.flatMap((severity, n) =>
    ['', 'p', 's', 'sev', 'severity', 'prio', 'priority'].map((name) => [`${name}${n}`, severity] as const),
  ),
]);
BY_SPELLING.delete('');

/** Where the severity stands, the most usual first; the first that says something known counts. */
const SEVERITY_LABELS = ['severity', 'priority', 'level', 'sev', 'criticality', 'alert_severity', 'severity_level'];

/**
 * The severity that an alert states, in all the spellings of the field (`"Critical "`, `page`, `sev2`, `SEV-2`, `P1 - High`,
 * `3`); else `unknown`.
 */
export function severityOf(labels: Labels): Severity {
  for (const name of SEVERITY_LABELS) {
    const raw = label(labels, name);
    // A bare number as a `level` is hardly ever a severity.
    const severity = raw === '' || (name === 'level' && /^\s*\d+\s*$/.test(raw)) ? undefined : readSeverity(raw);
    if (severity !== undefined) return severity;
  }
  return 'unknown';
}

/** `not urgent` says nothing of how urgent it is. */
const NEGATED = /^(?:no[nt]?|nicht|pas|nao)\b/;
const PROSE = /^[\p{L}\p{N}\s_().,:/#-]*$/u;

function readSeverity(raw: string): Severity | undefined {
  const text = plainLetters(raw.slice(0, 100)).trim().toLowerCase();
  const whole = BY_SPELLING.get(text.replace(/[^\p{L}\p{N}]+/gu, ''));
  if (whole !== undefined || NEGATED.test(text)) return whole;
  if (!PROSE.test(text)) return undefined; // markup or code, which may hold any word
  // `P1 - High`, `critical (page)`: the first word that is one.
  for (const word of text.split(/[^\p{L}\p{N}]+/u)) {
    const severity = BY_SPELLING.get(word);
    if (severity !== undefined) return severity;
  }
  return undefined;
}

/** Scrapes that tell of other machines than the one they come from. */
const ELSEWHERE = /kube-state-metrics|blackbox|pushgateway|federate|snmp/i;

/** Whether an exporter that speaks for others scraped it: then `instance` is not what the alert is about. */
export function isSpokenFor(labels: Labels): boolean {
  return ELSEWHERE.test(label(labels, 'job'));
}

/**
 * The machine or pod that an alert is about, in lower case and without a port, for finding what else is the matter there;
 * '' where the labels name none. The `instance` of an exporter that speaks for others is no such place.
 */
export function placeOf(labels: Labels): string {
  const names = isSpokenFor(labels) ? PLACES.filter((name) => name !== 'instance') : PLACES;
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

import { label, labelSet, type Alert, type AlertStatus, type Labels } from '../domain/alert.ts';
import { cleanLine, cleanText, httpUrl } from '../domain/text.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Findings } from './findings.ts';
import { readTime } from './read-time.ts';

/** Characters. Real labels stay far below; what is longer is cut, never refused. */
const NAME_MAX = 1024;
const LABEL_MAX = 4096;
const ANNOTATION_MAX = 16_384;
/** Names in one map. The rest is left out with a note: no real alert has as many. */
const NAMES_MAX = 512;
const FINGERPRINT = /^[0-9a-f]{16}$/;
/** An alert cannot have begun later than this after its receipt; clocks differ, but not by more. */
export const FUTURE_MAX_MS = 3_600_000;

/** What the normalisation of one alert must know besides the alert. */
export interface AlertSurroundings {
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** From the configuration; added where the alert has none. */
  readonly labels: Labels;
  /** The payload's own status, for alerts that state none. */
  readonly groupStatus: AlertStatus | null;
  readonly findings: Findings;
}

/** A JSON object that is no array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * One alert as Alertmanager, Grafana and Prometheus write it, made harmless. What is odd is noted, unknown fields are
 * left alone; null (and a finding) where it is no object or its labels are no map.
 */
export function normaliseAlert(raw: unknown, index: number, around: AlertSurroundings): Alert | null {
  const { findings } = around;
  if (!isRecord(raw)) return setAside(findings, index, '', 'not an object', raw);
  if (!isRecord(raw['labels'])) return setAside(findings, index, '.labels', 'not a map of labels', raw);
  const labels = readLabels(raw['labels'], index, '.labels', LABEL_MAX, findings);
  const startsAt = readStart(raw['startsAt'], index, around);
  const endsAt = readTime(raw['endsAt']);
  const status = readStatus(raw, endsAt, index, around);
  return {
    fingerprint: readFingerprint(raw['fingerprint'], raw['labels']),
    status,
    labels: withDefaults(labels, around.labels),
    annotations: readAnnotations(raw['annotations'], index, findings),
    startsAt,
    endsAt: status === 'resolved' ? usableEnd(endsAt, startsAt, around.receivedAt) : null,
    generatorURL: readUrl(raw['generatorURL']),
  };
}

function setAside(findings: Findings, index: number, field: string, problem: string, raw: unknown): null {
  findings.aside(index, `alerts[${index}]${field}`, problem, raw);
  return null;
}

/** `firing` or `resolved` where the sender wrote so, in any case; null otherwise. */
export function readStatusWord(raw: unknown): AlertStatus | null {
  const word = typeof raw === 'string' ? raw.trim().toLowerCase() : '';
  return word === 'firing' || word === 'resolved' ? word : null;
}

/** An absolute http(s) address, else the empty string. */
export function readUrl(raw: unknown): string {
  return typeof raw === 'string' ? httpUrl(raw) : '';
}

/** Text, cleaned; '' where it is none. @param max characters */
export function readText(raw: unknown, max: number): string {
  return typeof raw === 'string' ? cleanText(raw, max) : '';
}

/** A label set, cleaned; numbers and booleans become text, anything else is left out with a note. */
function readLabels(map: object, index: number, path: string, valueMax: number, findings: Findings): Labels {
  const all = Object.entries(map);
  if (all.length > NAMES_MAX)
    findings.note(index, `alerts[${index}]${path}`, `${all.length} names; those after ${NAMES_MAX} are left out`);
  const kept: [string, string][] = [];
  for (const [name, value] of all.slice(0, NAMES_MAX)) {
    const text = scalarText(value);
    if (text === null) findings.note(index, `alerts[${index}]${path}.${cleanLine(name, 80)}`, 'not text; left out');
    else kept.push([cleanText(name, NAME_MAX), cleanText(text, valueMax)]);
  }
  return labelSet(kept);
}

function scalarText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

function readAnnotations(raw: unknown, index: number, findings: Findings): Labels {
  if (isRecord(raw)) return readLabels(raw, index, '.annotations', ANNOTATION_MAX, findings);
  // Go writes an empty map as null.
  if (raw !== undefined && raw !== null)
    findings.note(index, `alerts[${index}].annotations`, 'not a map of texts; left out');
  return labelSet([]);
}

/** An empty label is an absent one, as in Prometheus. */
function withDefaults(labels: Labels, defaults: Labels): Labels {
  const missing = Object.entries(defaults).filter(([name]) => label(labels, name) === '');
  return missing.length === 0 ? labels : labelSet([...Object.entries(labels), ...missing]);
}

/** The identity on the wire, else computed over the labels as they came, which is what Alertmanager would have sent. */
function readFingerprint(raw: unknown, labels: Readonly<Record<string, unknown>>): string {
  if (typeof raw === 'string' && FINGERPRINT.test(raw)) return raw;
  const texts = Object.entries(labels).map(([name, value]) => [name, scalarText(value)] as const);
  return fingerprintOf(labelSet(texts.filter((entry): entry is readonly [string, string] => entry[1] !== null)));
}

function readStart(raw: unknown, index: number, { receivedAt, findings }: AlertSurroundings): number {
  const at = readTime(raw);
  if (at !== null && at <= receivedAt + FUTURE_MAX_MS) return at;
  const problem = at === null ? 'no usable date' : 'lies more than 1 h in the future';
  findings.note(index, `alerts[${index}].startsAt`, `${problem}; the time of receipt counts`);
  return receivedAt;
}

/** An end that lies before the beginning or far ahead says nothing. */
function usableEnd(endsAt: number | null, startsAt: number, receivedAt: number): number | null {
  return endsAt !== null && endsAt >= startsAt && endsAt <= receivedAt + FUTURE_MAX_MS ? endsAt : null;
}

/** As stated; else by `endsAt`, else as the payload says of the whole, else firing: silence must not swallow an alert. */
function readStatus(
  raw: Readonly<Record<string, unknown>>,
  endsAt: number | null,
  index: number,
  { receivedAt, groupStatus, findings }: AlertSurroundings,
): AlertStatus {
  const stated = readStatusWord(raw['status']);
  if (stated !== null) return stated;
  const byEnd = endsAt === null ? null : endsAt <= receivedAt ? 'resolved' : 'firing';
  const status = byEnd ?? groupStatus ?? 'firing';
  const ground = byEnd !== null ? 'by endsAt' : groupStatus !== null ? "by the payload's status" : 'to be safe';
  findings.note(index, `alerts[${index}].status`, `neither firing nor resolved; taken as ${status} ${ground}`);
  return status;
}

import type { AlertFacts } from '../classify/facts.ts';
import { expressionOf } from '../classify/facts.ts';
import { labelSet, type Labels } from '../domain/alert.ts';
import { cleanLine } from '../domain/text.ts';

/** An alert to be judged, or why something in the input is none. `path` is within its JSON value, '' for the whole. */
export type Candidate = { readonly facts: AlertFacts } | { readonly path: string; readonly message: string };

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The alerts of one JSON value, in order: a webhook payload (`{alerts: [...]}`), an alert (`{labels, ...}`), an alerting
 * rule (`{alert, expr, labels, annotations}`), or a list of any of these.
 */
export function readCandidates(value: unknown, path = ''): Candidate[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => readCandidates(item, `${path}[${index}]`));
  if (!isObject(value)) return [{ path, message: 'not an alert: expected an object' }];
  if (typeof value['alert'] === 'string') return [readRule(value, value['alert'], path)];
  if ('labels' in value) return [readAlert(value, path)];
  if (Array.isArray(value['alerts'])) {
    const inner = path === '' ? 'alerts' : `${path}.alerts`;
    return value['alerts'].flatMap((item, index) => readListed(item, `${inner}[${index}]`));
  }
  return [
    { path, message: 'not an alert: expected "labels" of an alert, "alert" of a rule, or "alerts" of a webhook' },
  ];
}

/** Within a payload stand alerts only, never another payload. */
function readListed(item: unknown, path: string): Candidate[] {
  if (!isObject(item) || !('labels' in item))
    return [{ path, message: 'not an alert: expected an object with "labels"' }];
  return [readAlert(item, path)];
}

function readAlert(alert: JsonObject, path: string): Candidate {
  const url = alert['generatorURL'];
  return assemble(alert, path, '', typeof url === 'string' ? expressionOf(url) : '');
}

/** A rule's own labels, and its name as the label that its alerts would carry. */
function readRule(rule: JsonObject, name: string, path: string): Candidate {
  const expression = rule['expr'];
  return assemble(rule, path, name, typeof expression === 'string' ? expression : '');
}

function assemble(from: JsonObject, path: string, name: string, expression: string): Candidate {
  for (const field of ['labels', 'annotations'] as const) {
    const fault = faultOf(from[field]);
    if (fault !== null) return { path: path === '' ? field : `${path}.${field}`, message: fault };
  }
  const labels = Object.entries(readLabels(from['labels']));
  if (name !== '') labels.push(['alertname', name]);
  const annotations = readLabels(from['annotations']);
  return { facts: { labels: labelSet(labels), annotations, source: '', expression } };
}

function faultOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (!isObject(value)) return 'expected an object of texts';
  const odd = Object.entries(value).find(([, each]) => typeof each === 'object' && each !== null);
  return odd === undefined ? null : `"${cleanLine(odd[0], 60)}" is not a text`;
}

/** Numbers and truth values become text; null becomes the empty text. */
function readLabels(value: unknown): Labels {
  return labelSet(isObject(value) ? Object.entries(value).map(([name, each]) => [name, speak(each)] as const) : []);
}

function speak(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { LogQuery, ScopeStep } from '../log-store.ts';
import { spokenNames } from '../scope.ts';
import { readNewest } from './api.ts';
import { recordOf } from './record.ts';
import { labelsFor, mentioning, selectorOf } from './selector.ts';
import type { LokiSettings } from './settings.ts';

/** What ties the lines of others to a service that is silent, and how Loki is asked for them. */
export interface Neighbours {
  readonly names: readonly string[];
  readonly traces: readonly string[];
  readonly selector: string;
}

/** Lines that are read to learn what the service worked on when it fell silent. */
const LAST_LINES = 200;
const MAX_TRACES = 32;

/**
 * The lines of others that name a silent service, or share the traces of what it wrote last; those of its namespace only,
 * where the alert names one. Null where nothing could tie them.
 * @param tried the steps that held nothing in the incident
 * @param silent the selector of one that held lines before, or null
 * @param any a label that all streams bear
 */
export async function neighboursOf(
  settings: LokiSettings,
  { scope, windows }: LogQuery,
  found: { readonly tried: readonly ScopeStep[]; readonly silent: string | null; readonly known: readonly string[] },
  any: string,
  signal: AbortSignal,
): Promise<Neighbours | null> {
  const names = spokenNames(found.tried);
  const traces = found.silent === null ? [] : await lastTraces(settings, found.silent, windows, signal);
  if (names.length + traces.length === 0) return null;
  const namespace = scope.find(({ name }) => name === 'namespace');
  const [label] = namespace === undefined ? [] : labelsFor(namespace, found.known);
  const whole = namespace === undefined || label === undefined ? `{${any}=~".+"}` : selectorOf(label, namespace.value);
  return { names, traces, selector: `${whole} ${mentioning([...names, ...traces])}` };
}

async function lastTraces(
  settings: LokiSettings,
  selector: string,
  windows: LogQuery['windows'],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const spans = windows.filter(({ name }) => name !== 'day_before');
  if (spans.length === 0) return [];
  const from = Math.min(...spans.map((span) => span.from));
  const to = Math.max(...spans.map((span) => span.to));
  const lines = await readNewest(settings, selector, { from, to, limit: LAST_LINES }, signal);
  if (!lines.ok) return [];
  const traces = lines.value.toReversed().map((line) => recordOf(line).trace ?? '');
  return [...new Set(traces)].filter((trace) => trace !== '').slice(0, MAX_TRACES);
}

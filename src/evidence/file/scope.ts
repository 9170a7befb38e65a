import type { ScopeStep } from '../log-store.ts';
import type { LocatedRecord } from '../records.ts';
import { spokenNames, OWN_STEPS } from '../scope.ts';

export interface FileRecord extends LocatedRecord {
  readonly path: string;
}

/** Whether a record belongs to a scope: its own field decides; where it has none, its text or its file's name may say so. */
export function inScope(record: FileRecord, step: ScopeStep): boolean {
  const own = record[step.name];
  if (own !== '') return own === step.value || (step.name === 'host' && own.split('.')[0] === step.value);
  return holdsName(record.path, step.value) || holdsName(record.text, step.value);
}

/** As a whole name: `checkout` is in `checkout.log` and `[checkout]`, not in `checkout-worker`. */
export function holdsName(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!NAME_PART.test(text[at - 1] ?? ' ') && !NAME_PART.test(text[at + name.length] ?? ' ')) return true;
  }
  return false;
}

const NAME_PART = /[\w-]/;

/** Whose records are read. */
export interface FileScope {
  /** Null for everything. */
  readonly step: ScopeStep | null;
  readonly neighbours: { readonly names: readonly string[]; readonly traces: readonly string[] } | null;
  readonly holds: (record: FileRecord) => boolean;
}

/**
 * The first of pod, workload and service with lines in the incident window (the first one); else whoever names the silent
 * one or shares its traces; else host and namespace; else the first with lines in any window. Null where there is none.
 */
export function chooseScope(
  scope: readonly ScopeStep[],
  windows: readonly (readonly FileRecord[])[],
): FileScope | null {
  if (scope.length === 0) return { step: null, neighbours: null, holds: () => true };
  const of = (step: ScopeStep): FileScope => ({ step, neighbours: null, holds: (record) => inScope(record, step) });
  const isIn = (records: readonly FileRecord[] | undefined, { holds }: FileScope): boolean =>
    records?.some((record) => holds(record)) ?? false;
  const own = scope.filter(({ name }) => OWN_STEPS.has(name)).map(of);
  const wide = scope.filter(({ name }) => !OWN_STEPS.has(name)).map(of);
  const silent = [...own, ...wide].find((one) => windows.some((records) => isIn(records, one))) ?? null;
  const candidates = [...own, ...neighboursOf(own, silent, windows), ...wide];
  return candidates.find((one) => isIn(windows[0], one)) ?? silent;
}

const MAX_TRACES = 64;

function neighboursOf(
  own: readonly FileScope[],
  silent: FileScope | null,
  windows: readonly (readonly FileRecord[])[],
): readonly FileScope[] {
  const steps = own.flatMap(({ step }) => (step === null ? [] : [step]));
  const step = steps.find((one) => one === silent?.step) ?? steps.find(({ name }) => name === 'service') ?? steps[0];
  if (step === undefined) return [];
  const names = spokenNames(steps);
  // The window before the incident: what it worked on when it fell silent.
  const before = (windows[1] ?? []).filter((record) => silent?.step === step && silent.holds(record));
  const traces = [...new Set(before.toReversed().map(({ trace }) => trace))].filter(Boolean).slice(0, MAX_TRACES);
  const known = new Set(traces);
  const holds = ({ text, trace }: FileRecord): boolean =>
    known.has(trace) || names.some((name) => holdsName(text, name));
  return [{ step, neighbours: { names, traces }, holds }];
}

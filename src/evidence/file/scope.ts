import type { ScopeStep } from '../log-store.ts';
import type { LocatedRecord } from '../records.ts';

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

/** The first scope with lines in the incident window (the first one), else the first with lines in any; else null. */
export function chooseScope(
  scope: readonly ScopeStep[],
  windows: readonly (readonly FileRecord[])[],
): ScopeStep | null {
  const has = (step: ScopeStep, records: readonly FileRecord[] | undefined): boolean =>
    records?.some((record) => inScope(record, step)) ?? false;
  return (
    scope.find((step) => has(step, windows[0])) ??
    scope.find((step) => windows.some((records) => has(step, records))) ??
    null
  );
}

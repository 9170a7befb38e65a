import type { LogAnswer, LogQuery, LogStore, ScopeStep } from '../log-store.ts';
import type { Redactor } from '../redact.ts';
import { compareLines, type PeerFacts, type PeerFinding } from './compare.ts';

/** Beside what the incident itself costs the store. */
const DOCUMENTS = 3_000;
const BYTES = 3_000_000;
/** Scopes that hold others of the same kind. */
const WIDE: ReadonlySet<ScopeStep['name']> = new Set(['workload', 'service']);

/**
 * Compares the lines of the failing target with those of healthy ones of the same workload or service: those that were
 * read already, or a further search where only its own were. Null where nothing was read that could be compared.
 */
export async function lookAtPeers(
  facts: PeerFacts,
  store: LogStore,
  { query, answer }: { readonly query: LogQuery; readonly answer: LogAnswer },
  redact: Redactor,
  signal: AbortSignal,
): Promise<PeerFinding | null> {
  try {
    const wide = await readWide(store, query, answer, signal);
    return wide === null ? null : compareLines(facts, store.name, wide, redact);
  } catch {
    const reason =
      'Its lines could not be compared with those beside it: a mistake in the bridge itself, please report it.';
    return { state: 'unavailable', reason, store: store.name, facts: [] };
  }
}

async function readWide(
  store: LogStore,
  query: LogQuery,
  answer: LogAnswer,
  signal: AbortSignal,
): Promise<LogAnswer | null> {
  if (answer.neighbours === true || answer.scope === null) return null;
  if (WIDE.has(answer.scope.name)) return answer;
  const scope = wideSteps(query.scope);
  if (answer.scope.name !== 'pod' || scope.length === 0) return null;
  const { timeMs, documents, bytes } = query.budget;
  const budget = { timeMs, documents: Math.min(documents, DOCUMENTS), bytes: Math.min(bytes, BYTES) };
  const windows = query.windows.filter(({ name }) => name === 'incident');
  const others = await store.fetch({ ...query, scope, windows, budget }, signal);
  return others.ok && others.neighbours !== true && others.scope !== null && WIDE.has(others.scope.name)
    ? others
    : null;
}

/** Programs are often called like their workload; whoever ships the lines may know them by that name only. */
function wideSteps(scope: readonly ScopeStep[]): readonly ScopeStep[] {
  const wide = scope.filter(({ name }) => WIDE.has(name));
  const named = wide
    .filter(({ name }) => name === 'workload')
    .map(({ value }) => ({ name: 'service' as const, value }));
  const isNew = ({ value }: ScopeStep): boolean =>
    !wide.some((step) => step.name === 'service' && step.value === value);
  return [...wide, ...named.filter(isNew)];
}

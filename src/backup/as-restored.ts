import type { Header, Row } from './format.ts';

/** Values in `meta` that are about the place rather than the store. */
const OF_THE_PLACE: ReadonlySet<string> = new Set(['schema', 'schema_postgres', 'clock_shift']);

/**
 * What a row is once it is restored, or null where it is not. A backup does not know what happened after it:
 *
 * - nobody holds work any more: what was leased is due;
 * - a message that was due when it was made may have gone out: it goes out (again), and says so;
 * - a known fix that was about to run, or ran, may have had its effect: it is marked, and `run-fix.ts` calls it unknown
 *   and never runs it; one that waited for approval may have been approved, and nobody can approve it any more.
 *
 * Deadlines stay as they are: one that has passed meanwhile takes effect once, marked late.
 */
export function asRestored(table: string, row: Row, header: Header): Row | null {
  if (table === 'meta') return OF_THE_PLACE.has(String(row['name'])) ? null : row;
  if (table === 'jobs') return job(row, header);
  return table === 'attempts' && row['state'] === 'awaiting_approval' ? mayHaveBeenApproved(row, header) : row;
}

function mayHaveBeenApproved(row: Row, { takenAt }: Header): Row {
  const at = Date.parse(takenAt);
  return { ...row, state: 'unknown', started_at: at, finished_at: at };
}

function job(row: Row, { takenAt }: Header): Row {
  const { kind, state } = row;
  if (state === 'dead') return row;
  const free = { ...row, state: 'due', lease_until: null, holder: null };
  const wasDue = state === 'leased' || Number(row['due_at']) <= Date.parse(takenAt);
  const payload = JSON.parse(String(row['payload'])) as Record<string, unknown>;
  if (kind === 'fix') return { ...free, payload: JSON.stringify({ ...payload, restored: takenAt }) };
  if (kind !== 'notify' || !wasDue) return free;
  const again = `(restored from a backup of ${takenAt.slice(0, 16)}Z: you may have had this before)`;
  const why = [again, payload['why']].filter((part) => typeof part === 'string' && part !== '').join(' ');
  return { ...free, payload: JSON.stringify({ ...payload, why }) };
}

import type { KnownFix } from '../config/rules-schema.ts';
import type { CompiledFix } from '../fixes/fix.ts';
import { applies, modeOf } from '../fixes/select-fix.ts';
import { isOpen, type Incident } from '../domain/incident.ts';
import type { ReadModel } from '../store/read-model.ts';

/** A known fix that may be run by hand. */
export type OfferedFix = Pick<KnownFix, 'id' | 'title' | 'mode'>;

/** A known fix whose breaker is open. */
export interface RestingFix {
  readonly id: string;
  readonly title: string;
  /** Failed, unknown or unverified in a row. */
  readonly failures: number;
}

/** What can be run for an incident: while it is open, those that apply and were not tried for it, as once is the limit. */
export function runnableFixes(fixes: readonly CompiledFix[], incident: Incident): OfferedFix[] {
  if (!isOpen(incident)) return [];
  const tried = new Set(incident.attempts.filter(({ state }) => state !== 'refused').map(({ fix }) => fix));
  return fixes
    .filter((one) => !tried.has(one.fix.id) && applies(one, incident))
    .map((one) => ({ id: one.fix.id, title: one.fix.title, mode: modeOf(one, incident) }))
    .toSorted((a, b) => a.title.localeCompare(b.title));
}

/** Of the fixes that were tried for an incident, those that rest. */
export async function restingFixes(
  read: Pick<ReadModel, 'fixRecord'>,
  fixes: readonly CompiledFix[],
  incident: Incident,
): Promise<RestingFix[]> {
  const tried = fixes.map(({ fix }) => fix).filter(({ id }) => incident.attempts.some(({ fix }) => fix === id));
  const records = await Promise.all(tried.map(async ({ id }) => (await read.fixRecord(id, 1)).breaker));
  return tried.flatMap(({ id, title }, index) => {
    const { open, failures } = records[index] ?? { open: false, failures: 0 };
    return open ? [{ id, title, failures }] : [];
  });
}

import type { Kysely, Transaction } from 'kysely';
import type { FixControl } from '../domain/entry.ts';
import type { Frozen } from '../fixes/frozen.ts';
import type { WireEntry } from '../incidents/timeline.ts';
import type { Tables } from './schema.ts';
import type { UnitOfWork } from './unit-of-work.ts';
import { readMeta } from './meta.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

/**
 * What people did to the known fixes as a whole, or to the breaker of one: entries of the record, in a chain of their own
 * under this name, numbered in the ledger like those of incidents. How it stands lies in `meta`; `audit verify` compares.
 */
export const CONTROLS = 'fixes';

export interface ControlEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly action: FixControl;
  /** The fix whose breaker was reset; '' for all. */
  readonly fix: string;
  readonly by: string;
  readonly reason: string;
}

/** The kill switch as it stands; null where fixes may run. What cannot be read counts as thrown. */
export async function readFrozen(db: Db): Promise<Frozen | null> {
  const value = await readMeta(db, 'frozen');
  return value === undefined || value === 'off' ? null : parseFrozen(value);
}

function parseFrozen(value: string): Frozen {
  try {
    const { by, at, reason } = JSON.parse(value) as Record<string, unknown>;
    if (typeof by === 'string' && typeof at === 'number' && typeof reason === 'string') return { by, at, reason };
  } catch {
    // as below
  }
  return { by: '', at: 0, reason: '' };
}

/** Throws or releases the kill switch, and puts it on record. Nothing happens where it stands so already. */
export async function writeFrozen(unit: UnitOfWork, frozen: boolean, by: string, reason: string): Promise<void> {
  if (((await readFrozen(unit.tx)) !== null) === frozen) return;
  const at = unit.now;
  await unit.setMeta('frozen', frozen ? JSON.stringify({ by, at, reason } satisfies Frozen) : 'off');
  await record(unit, { at, action: frozen ? 'fixes_frozen' : 'fixes_allowed', fix: '', by, reason });
}

/** Failures of a fix before now no longer count for its breaker. */
export async function writeReset(unit: UnitOfWork, fix: string, by: string, reason: string): Promise<void> {
  await unit.setMeta(resetName(fix), String(unit.now));
  await record(unit, { at: unit.now, action: 'breaker_reset', fix, by, reason });
}

/** When the breaker of a fix was last reset, epoch milliseconds; 0 for never. */
export async function lastReset(db: Db, fix: string): Promise<number> {
  return Number((await readMeta(db, resetName(fix))) ?? 0);
}

/** Where in `meta` it stands when a breaker was reset. */
export function resetName(fix: string): string {
  return `reset:${fix}`;
}

async function record(unit: UnitOfWork, control: ControlEntry): Promise<void> {
  await unit.record(CONTROLS, openControl(control));
}

/** The entry as it is chained: who, what and why. */
export function openControl(control: Omit<ControlEntry, 'at'>) {
  const { action, fix, by, reason } = control;
  const actor = { kind: 'person', name: by } as const;
  return { actor, type: action, text: say(control), data: { fix, reason } };
}

function say({ action, fix, by, reason }: Omit<ControlEntry, 'at'>): string {
  const what: Readonly<Record<FixControl, string>> = {
    fixes_frozen: `All automatic fixes stopped by ${by}`,
    fixes_allowed: `Automatic fixes allowed again by ${by}`,
    breaker_reset: `Breaker of ${fix} reset by ${by}`,
  };
  return reason === '' ? what[action] : `${what[action]}: ${reason}`;
}

/** The newest entries first. */
export async function controlHistory(db: Db, actions: readonly FixControl[], limit: number): Promise<ControlEntry[]> {
  const rows = await db
    .selectFrom('timeline')
    .select('entry')
    .where('incident', '=', CONTROLS)
    .where('type', 'in', [...actions])
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ entry }) => controlOf(JSON.parse(entry) as WireEntry));
}

function controlOf({ at, type, actor, data }: WireEntry): ControlEntry {
  const { fix, reason } = data as { fix: string; reason: string };
  return { at: Date.parse(at), action: type as FixControl, fix, by: actor.name, reason };
}

/** Where kill switch and breakers stand otherwise than the record says, in sentences. @param entries all, oldest first */
export async function controlsThatDiffer(db: Db, entries: readonly WireEntry[]): Promise<string[]> {
  const problems: string[] = [];
  const all = entries.map(controlOf);
  const last = all.findLast(({ action }) => action !== 'breaker_reset');
  const frozen = await readFrozen(db);
  const recorded = last?.action === 'fixes_frozen' ? last : null;
  if (frozen?.at !== recorded?.at || frozen?.by !== recorded?.by || frozen?.reason !== recorded?.reason)
    problems.push(`the kill switch is ${speak(frozen)}, the record says ${speak(recorded)}`);
  const resets = new Map(all.filter(({ action }) => action === 'breaker_reset').map(({ fix, at }) => [fix, at]));
  const rows = await db.selectFrom('meta').selectAll().where('name', 'like', 'reset:%').execute();
  const stand = new Map(rows.map(({ name, value }) => [name.slice('reset:'.length), Number(value)]));
  for (const fix of new Set([...resets.keys(), ...stand.keys()]))
    if (resets.get(fix) !== stand.get(fix))
      problems.push(`the breaker of ${fix} was reset otherwise than the record says`);
  return problems;
}

function speak(frozen: Pick<Frozen, 'by' | 'at'> | null): string {
  return frozen === null ? 'released' : `thrown by ${frozen.by} at ${new Date(frozen.at).toISOString()}`;
}

import type { Kysely, Transaction } from 'kysely';
import type { Frozen } from '../fixes/frozen.ts';
import { uuidv7 } from '../inbox/uuidv7.ts';
import type { Tables } from './schema.ts';
import type { UnitOfWork } from './unit-of-work.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

/** What people did to the known fixes as a whole, or to the breaker of one; nothing is ever taken from this record. */
export const FIX_CONTROLS = ['freeze', 'unfreeze', 'reset'] as const;
export type FixControl = (typeof FIX_CONTROLS)[number];

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
  const row = await db.selectFrom('meta').select('value').where('name', '=', 'frozen').executeTakeFirst();
  return row === undefined || row.value === 'off' ? null : parseFrozen(row.value);
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
  await writeControl(unit, { at, action: frozen ? 'freeze' : 'unfreeze', fix: '', by, reason });
}

/** Failures of a fix before now no longer count for its breaker. */
export async function writeReset(unit: UnitOfWork, fix: string, by: string, reason: string): Promise<void> {
  await writeControl(unit, { at: unit.now, action: 'reset', fix, by, reason });
}

async function writeControl({ tx, now }: UnitOfWork, { at, action, fix, by, reason }: ControlEntry): Promise<void> {
  await tx
    .insertInto('fix_controls')
    .values({ id: uuidv7(now), at, action, fix, person: by, reason })
    .execute();
}

/** When the breaker of a fix was last reset, epoch milliseconds; 0 for never. */
export async function lastReset(db: Db, fix: string): Promise<number> {
  const row = await db
    .selectFrom('fix_controls')
    .select((eb) => eb.fn.max('at').as('at'))
    .where('action', '=', 'reset')
    .where('fix', '=', fix)
    .executeTakeFirst();
  return Number(row?.at ?? 0);
}

/** The newest entries first. */
export async function controlHistory(db: Db, actions: readonly FixControl[], limit: number): Promise<ControlEntry[]> {
  const rows = await db
    .selectFrom('fix_controls')
    .selectAll()
    .where('action', 'in', [...actions])
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    ...{ at: Number(row.at), action: row.action as FixControl, fix: row.fix, by: row.person, reason: row.reason },
  }));
}

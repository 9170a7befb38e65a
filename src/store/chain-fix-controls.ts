import { sql, type Kysely } from 'kysely';
import { GENESIS, sealEntry, type WireEntry } from '../incidents/timeline.ts';
import { CONTROLS, openControl, resetName } from './fix-controls.ts';
import type { Tables } from './schema.ts';
import { writeTimeline } from './write-changes.ts';
import { writeMeta } from './meta.ts';

/** What people did to known fixes lay in a table of its own; now it is part of the record (`fix-controls.ts`). */
export async function chainFixControls(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<Record<'action' | 'fix' | 'person' | 'reason' | 'at', string>>`
    select action, fix, person, reason, at from fix_controls order by at, id`.execute(db);
  const actions = { freeze: 'fixes_frozen', unfreeze: 'fixes_allowed', reset: 'breaker_reset' } as const;
  const entries: WireEntry[] = [];
  for (const { action, fix, person, reason, at } of rows) {
    const open = openControl({ action: actions[action as keyof typeof actions], fix, by: person, reason });
    entries.push(sealEntry(CONTROLS, entries.length + 1, Number(at), entries.at(-1)?.hash ?? GENESIS, open));
    if (action !== 'reset') continue;
    await writeMeta(db, resetName(fix), String(at));
  }
  await writeTimeline(db, entries);
  await db.schema.dropTable('fix_controls').execute();
}

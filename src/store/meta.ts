import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';

/** A single value of the store (`schema.ts` names them all); undefined where it was never written. */
export async function readMeta(db: Kysely<Tables>, name: string): Promise<string | undefined> {
  return (await db.selectFrom('meta').select('value').where('name', '=', name).executeTakeFirst())?.value;
}

/** Writes it, whatever it was before. */
export async function writeMeta(db: Kysely<Tables>, name: string, value: string): Promise<void> {
  await db
    .insertInto('meta')
    .values({ name, value })
    .onConflict((c) => c.column('name').doUpdateSet({ value }))
    .execute();
}

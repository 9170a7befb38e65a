import type { Kysely, Transaction } from 'kysely';
import type { Category } from '../domain/category.ts';
import type { Incident } from '../domain/incident.ts';
import { alertIdentity, lastingLabels } from '../incidents/alert-identity.ts';
import type { Remembered } from '../incidents/remembered.ts';
import type { Tables } from './schema.ts';

type Tx = Kysely<Tables> | Transaction<Tables>;

/** What a person said of an alert, with the labels by which it is the same again. */
export interface Correction extends Remembered {
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What had been said before. */
  readonly from: Category;
}

/** Keeps what a person decided, in the transaction of the decision; the last word of an identity counts. */
export async function keepCorrection(
  tx: Tx,
  before: Incident,
  { by, category, reason }: Pick<Remembered, 'by' | 'category' | 'reason'>,
  now: number,
): Promise<void> {
  const { source, labels, classification, number } = before;
  const row = {
    ...{ source, category, reason, at: now, incident: number },
    person: by,
    from_category: classification.category,
    labels: JSON.stringify(Object.fromEntries(lastingLabels(labels))),
  };
  await tx
    .insertInto('corrections')
    .values({ identity: alertIdentity(source, labels), ...row })
    .onConflict((c) => c.column('identity').doUpdateSet(row))
    .execute();
}

/** Whether anybody has ever corrected anything: where nobody has, nothing need be looked up. */
export async function anyCorrection(tx: Tx): Promise<boolean> {
  const row = await tx.selectFrom('corrections').select('identity').limit(1).executeTakeFirst();
  return row !== undefined;
}

export async function findCorrection(tx: Tx, identity: string): Promise<Remembered | null> {
  const row = await tx.selectFrom('corrections').selectAll().where('identity', '=', identity).executeTakeFirst();
  return row === undefined ? null : correctionOf(row);
}

/** Every correction, the oldest first. */
export async function readCorrections(tx: Tx): Promise<Correction[]> {
  const rows = await tx.selectFrom('corrections').selectAll().orderBy('at').orderBy('identity').execute();
  return rows.map(correctionOf);
}

function correctionOf(row: Tables['corrections']): Correction {
  return {
    ...{ by: row.person, category: row.category as Category, reason: row.reason, at: Number(row.at) },
    incident: Number(row.incident),
    source: row.source,
    from: row.from_category as Category,
    labels: JSON.parse(row.labels) as Record<string, string>,
  };
}

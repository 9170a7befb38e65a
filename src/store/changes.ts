import type { Kysely, Transaction } from 'kysely';
import type { Change, ChangeKind, ChangeState } from '../domain/change.ts';
import { insertRows } from './insert-rows.ts';
import type { Tables } from './schema.ts';

type Tx = Kysely<Tables> | Transaction<Tables>;

/** Nobody explains an alert by what was changed longer ago. */
const KEPT_MS = 90 * 86_400_000;

/** Keeps what a source told; the same change told again takes the place of the first telling. */
export async function writeChanges(tx: Tx, source: string, changes: readonly Change[], now: number): Promise<void> {
  if (changes.length === 0) return;
  // The last telling of a delivery counts: one statement must not touch a row twice.
  const rows = [...new Map(changes.map((change) => [change.key, rowOf(source, change)])).values()];
  await insertRows(tx, 'changes', rows, (part) =>
    tx
      .insertInto('changes')
      .values([...part])
      .onConflict((c) =>
        c.columns(['source', 'key']).doUpdateSet((eb) => ({
          at: eb.ref('excluded.at'),
          title: eb.ref('excluded.title'),
          environment: eb.ref('excluded.environment'),
          version: eb.ref('excluded.version'),
          person: eb.ref('excluded.person'),
          url: eb.ref('excluded.url'),
          state: eb.ref('excluded.state'),
        })),
      ),
  );
  await tx
    .deleteFrom('changes')
    .where('at', '<', now - KEPT_MS)
    .execute();
}

function rowOf(source: string, { by, ...change }: Change): Tables['changes'] {
  const { key, at, kind, title, service, host, environment, version, url, state } = change;
  return { source, key, at, kind, title, service, host, environment, version, person: by, url, state };
}

/** The changes of this stretch of time, the newest first. */
export async function readChanges(tx: Tx, from: number, to: number, limit: number): Promise<readonly Change[]> {
  const query = tx.selectFrom('changes').selectAll().where('at', '>=', from).where('at', '<=', to);
  const rows = await query.orderBy('at', 'desc').orderBy('key').limit(limit).execute();
  return rows.map(({ source: _source, person, at, kind, state, ...texts }) => ({
    ...{ ...texts, by: person, at: Number(at) },
    kind: kind as ChangeKind,
    state: state as ChangeState,
  }));
}

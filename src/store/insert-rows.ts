import { PostgresAdapter, type CompiledQuery, type Kysely, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** Rows a statement: large enough to be fast, far below SQLite's 32,766 and PostgreSQL's 65,535 parameters. */
export const CHUNK = 200;

/** The same where rows go as arrays (`postgres-arrays.ts`): what is bounded is the memory. */
const ARRAY_CHUNK = 2_000;

/** What a query builder of an insert gives. */
interface Compilable {
  compile(): CompiledQuery;
}

/** Statements of full chunks, by dialect and name: building one takes longer than running it. */
const built = new WeakMap<object, Map<string, CompiledQuery>>();

/**
 * Inserts rows in few statements.
 * @param name of this statement: one name always goes with the same `insert` and the same columns, in the same order
 * @param insert builds the statement for some rows
 */
export async function insertRows<Row extends object>(
  tx: Kysely<Tables> | Transaction<Tables>,
  name: string,
  rows: readonly Row[],
  insert: (rows: readonly Row[]) => Compilable,
): Promise<void> {
  if (tx.getExecutor().adapter instanceof PostgresAdapter) {
    for (const part of chunks(rows, ARRAY_CHUNK)) await tx.executeQuery(insert(part).compile());
    return;
  }
  for (const part of chunks(rows)) {
    await tx.executeQuery(part.length === CHUNK ? fullChunk(tx, name, part, insert) : insert(part).compile());
  }
}

function fullChunk<Row extends object>(
  tx: Kysely<Tables> | Transaction<Tables>,
  name: string,
  rows: readonly Row[],
  insert: (rows: readonly Row[]) => Compilable,
): CompiledQuery {
  const { adapter } = tx.getExecutor();
  const known = built.get(adapter) ?? new Map<string, CompiledQuery>();
  built.set(adapter, known);
  const query = known.get(name);
  if (query === undefined) {
    const fresh = insert(rows).compile();
    known.set(name, fresh);
    return fresh;
  }
  const values = rows.flatMap((row) => Object.values(row) as unknown[]);
  return { ...query, parameters: [...values, ...query.parameters.slice(values.length)] };
}

export function chunks<T>(items: readonly T[], size = CHUNK): T[][] {
  const result: T[][] = [];
  for (let start = 0; start < items.length; start += size) result.push(items.slice(start, start + size));
  return result;
}

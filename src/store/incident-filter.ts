import { sql, type SelectQueryBuilder } from 'kysely';
import type { Tables } from './schema.ts';

/** What lists are narrowed by; several values of one field are alternatives. */
export interface IncidentFilter {
  readonly status?: readonly string[];
  readonly level?: readonly string[];
  readonly category?: readonly string[];
  readonly severity?: readonly string[];
  readonly priority?: readonly string[];
  readonly team?: readonly string[];
  readonly service?: readonly string[];
  /** Who works on it. */
  readonly owner?: readonly string[];
  /** Part of the title, without case. */
  readonly q?: string;
  /** Epoch milliseconds: created at or after. */
  readonly since?: number;
}

/** Narrows a query of incidents. */
export function narrow<O>(
  query: SelectQueryBuilder<Tables, 'incidents', O>,
  filter: IncidentFilter,
): SelectQueryBuilder<Tables, 'incidents', O> {
  let narrowed = query;
  for (const column of ['status', 'level', 'category', 'severity', 'priority', 'team', 'service', 'owner'] as const) {
    const values = filter[column];
    if (values !== undefined && values.length > 0) narrowed = narrowed.where(column, 'in', values.map(storable));
  }
  if (filter.since !== undefined) narrowed = narrowed.where('created_at', '>=', filter.since);
  if (filter.q !== undefined && filter.q !== '') {
    const patterns = spellings(storable(filter.q)).map((text) => `%${text.replace(/[\\%_]/g, (char) => `\\${char}`)}%`);
    // SQLite knows no escape unless it is named
    narrowed = narrowed.where((eb) =>
      eb.or(patterns.map((pattern) => sql<boolean>`lower(title) like ${pattern} escape '\\'`)),
    );
  }
  return narrowed;
}

/** As a title may read in small letters: to SQLite those of ASCII alone have small ones, so `Überlauf` stays with its Ü. */
function spellings(text: string): string[] {
  const plain = (some: string): string => some.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return [...new Set([text.toLowerCase(), plain(text), plain(text.toUpperCase())])];
}

/** No text that is kept holds a NUL, and a database may refuse to be asked for one: what is asked for then is not there. */
function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}

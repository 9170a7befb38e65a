import type { SelectQueryBuilder } from 'kysely';
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
  for (const column of ['status', 'level', 'category', 'severity', 'priority', 'team', 'service'] as const) {
    const values = filter[column];
    if (values !== undefined && values.length > 0) narrowed = narrowed.where(column, 'in', [...values]);
  }
  if (filter.since !== undefined) narrowed = narrowed.where('created_at', '>=', filter.since);
  if (filter.q !== undefined && filter.q !== '') {
    const pattern = `%${filter.q.toLowerCase().replace(/[\\%_]/g, (char) => `\\${char}`)}%`;
    narrowed = narrowed.where((eb) => eb(eb.fn('lower', ['title']), 'like', pattern));
  }
  return narrowed;
}

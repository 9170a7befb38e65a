import type { estypes } from '@elastic/elasticsearch';
import type { LogQuery, ScopeStep } from '../log-store.ts';
import { ERROR_NUMBERS, ERROR_SPELLINGS } from '../reading/level.ts';
import type { ExactField, FieldMap } from './fields.ts';

type Query = estypes.QueryDslQueryContainer;
/** What the client takes; its types want each absent aggregation spelt out, hence the casts below. */
type Body = estypes.SearchRequest;
export type Span = LogQuery['windows'][number];

/** Pure: the bodies that are sent. Text of an alert only ever becomes the value of a `term` or of a phrase. */

export function inScope(map: FieldMap, step: ScopeStep): Query | null {
  const fields = map.scope[step.name];
  if (fields.length === 0) return null;
  return anyOf(
    fields.map((field) =>
      exactly(field, (term) =>
        field.analysed
          ? { match_phrase: { [term]: { query: step.value } } }
          : { term: { [term]: { value: step.value } } },
      ),
    ),
  );
}

/** Indices that are named in a query; where there are more, words that the value is among are taken for the value. */
const INDICES_MAX = 200;

/** Asks a field's keyword, and the field itself in those indices where it is one: else their records would be missed. */
function exactly({ term, path, exactIn }: ExactField, ask: (term: string) => Query): Query {
  if (exactIn.length === 0) return ask(term);
  const there: Query[] = exactIn.length > INDICES_MAX ? [] : [{ terms: { _index: [...exactIn] } }];
  return anyOf([ask(term), { bool: { filter: [...there, ask(path)] } }]);
}

/** Lines that name one of these, as a phrase; only text that is analysed can be asked so. */
export function namingOneOf({ words }: FieldMap, names: readonly string[]): readonly Query[] {
  return names.flatMap((name) => words.map((field) => ({ match_phrase: { [field]: { query: name } } })));
}

export function ofTraces({ trace }: FieldMap, traces: readonly string[]): readonly Query[] {
  if (traces.length === 0) return [];
  const exact = trace.filter(({ analysed }) => !analysed);
  return exact.map((field) => exactly(field, (term) => ({ terms: { [term]: [...traces] } })));
}

/** The traces of the newest records that bear one. */
export function newestTraces(map: FieldMap, scope: Query, span: Pick<Span, 'from' | 'to'>, timeoutMs: number): Body {
  const borne = anyOf(map.trace.map(({ path }) => ({ exists: { field: path } })));
  return {
    size: 200,
    track_total_hits: false,
    timeout: `${timeoutMs}ms`,
    _source: map.trace.map(({ path }) => path),
    query: { bool: { filter: [scope, inWindow(map, span), borne] } },
    sort: newestFirst(map),
  };
}

export function inWindow(map: FieldMap, window: Pick<Span, 'from' | 'to'>): Query {
  return { range: { [map.time]: { gte: window.from, lt: window.to, format: 'epoch_millis' } } };
}

/** Words that stand in errors of programs that write no level. */
const ERROR_WORDS = 'error exception fatal panic critical severe traceback failed failure segfault';

/** What is an error by its level; or, where a record has none, by its words. Null where the index lets us ask neither. */
export function isError(map: FieldMap): Query | null {
  const byLevel = map.level.map((field) => errorLevel(field));
  const noLevel: Query[] = map.level.map(({ path }) => ({ exists: { field: path } }));
  const byWords: Query[] = map.words.map((field) => ({ match: { [field]: { query: ERROR_WORDS } } }));
  const wordy: Query[] = byWords.length === 0 ? [] : [{ bool: { must_not: noLevel, filter: [anyOf(byWords)] } }];
  return byLevel.length + wordy.length === 0 ? null : anyOf([...byLevel, ...wordy]);
}

function errorLevel(field: ExactField): Query {
  const { term, path, analysed, numeric } = field;
  if (path.endsWith('severity_number')) return { range: { [path]: { gte: 17, lte: 24 } } };
  if (analysed)
    return { match: { [term]: { query: [...new Set(ERROR_SPELLINGS.map((word) => word.toLowerCase()))].join(' ') } } };
  const spellings = [...ERROR_SPELLINGS, ...ERROR_NUMBERS.map(String)];
  if (!numeric) return exactly(field, (name) => ({ terms: { [name]: spellings } }));
  // A number refuses words in `terms`, and the whole shard with them; `match` may pass over them.
  return exactly(field, (name) => anyOf(spellings.map((query) => ({ match: { [name]: { query, lenient: true } } }))));
}

export function anyOf(queries: readonly Query[]): Query {
  return queries.length === 1 && queries[0] !== undefined
    ? queries[0]
    : { bool: { should: [...queries], minimum_should_match: 1 } };
}

/** How many records, errors and levels each window holds; nothing is fetched. */
export function countBody(map: FieldMap, scope: Query, windows: readonly Span[], timeoutMs: number): Body {
  const errors = isError(map);
  const level = map.level.find(({ countable }) => countable);
  const perWindow = {
    ...(errors === null ? {} : { errors: { filter: errors } }),
    ...(level === undefined ? {} : { levels: { terms: { field: level.term, size: 40 } } }),
  };
  return {
    size: 0,
    track_total_hits: false,
    timeout: `${timeoutMs}ms`,
    query: { bool: { filter: [scope, anyOf(windows.map((window) => inWindow(map, window)))] } },
    aggs: {
      windows: {
        filters: { filters: Object.fromEntries(windows.map((window) => [window.name, inWindow(map, window)])) },
        ...(Object.keys(perWindow).length === 0 ? {} : { aggs: perWindow }),
      },
    },
  } as Body;
}

/** Whether anybody's lines are there at all: how many in the window, and when the newest of the index was written. */
export function probeBody(map: FieldMap, window: Span, timeoutMs: number): Body {
  return {
    size: 0,
    track_total_hits: false,
    timeout: `${timeoutMs}ms`,
    aggs: { window: { filter: inWindow(map, window) }, newest: { max: { field: map.time } } },
  } as Body;
}

/** Either the errors, or all else; `all` where errors cannot be told. */
export type Kind = 'errors' | 'others' | 'all';

/** One page of a window, the newest first. */
export function pageBody(map: FieldMap, scope: Query, window: Span, kind: Kind, size: number, timeoutMs: number): Body {
  const errors = kind === 'all' ? null : isError(map);
  return {
    size,
    track_total_hits: false,
    timeout: `${timeoutMs}ms`,
    _source: [...new Set(Object.values(map.paths).flat())],
    query: {
      bool: {
        filter: [scope, inWindow(map, window), ...(kind === 'errors' && errors !== null ? [errors] : [])],
        ...(kind === 'others' && errors !== null ? { must_not: [errors] } : {}),
      },
    },
    sort: newestFirst(map),
  };
}

function newestFirst(map: FieldMap): estypes.SortCombinations[] {
  return [
    {
      [map.time]: {
        order: 'desc',
        unmapped_type: 'date',
        // Dates in nanoseconds and in milliseconds sort together only when one is turned into the other.
        ...(map.timeInNanoseconds ? { numeric_type: 'date' } : {}),
      },
    },
  ];
}

/** What the reader of the bundle can send again: the first page of each window. */
export function spokenQuery(index: string, map: FieldMap, scope: Query, windows: readonly Span[]): unknown {
  return {
    index,
    profile: map.profile,
    searches: windows.map((window) => ({
      window: window.name,
      body: pageBody(map, scope, window, 'all', 1_000, 1_000),
    })),
  };
}

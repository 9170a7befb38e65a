import { isQuoted, isSwitch, kindsOf, splitShape, type PartKind } from './parts.ts';
import { VARIABLE } from './shape.ts';

/** A shape and how many lines have it. */
export interface CountedShape {
  readonly shape: string;
  readonly count: number;
}

/**
 * From how many different words on a column is variable. A state has two or three; docs/adr/0010-templates.md shows how
 * little the result depends on the exact figures.
 */
export const THRESHOLDS = {
  /** Where values stand: this many, … */
  values: 5,
  /** … or this many in effect (the exponential of their entropy), where none of few dominates. */
  valuesInEffect: 2.5,
  names: 5,
  /** Of two columns of names that do not vary together, each this many. */
  independent: 3,
  words: 6,
} as const;

/** Merging one column may show that another is variable. */
const ROUNDS = 4;
/** Columns beyond are left as they are: they never tell two events apart, and the time stays bounded. */
const MAX_COLUMNS = 96;

interface Row {
  readonly shape: string;
  readonly parts: string[];
  readonly kinds: PartKind[];
  count: number;
}

/**
 * Finds the variable words that no form gives away, by comparing shapes that are equal but for some columns: first all
 * names and values at once, then every column alone.
 * @returns what each shape becomes, in the same order
 */
export function mergeShapes(shapes: readonly CountedShape[]): string[] {
  let result = shapes.map(({ shape }) => shape);
  let rows: Row[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rows = toRows(result, shapes, new Map(rows.map((row) => [row.shape, row])));
    const together = voteTogether(rows);
    const alone = voteAlone(rows);
    if (!together && !alone) break;
    const renamed = new Map(rows.map(({ shape, parts }) => [shape, join(parts)]));
    result = result.map((shape) => renamed.get(shape) ?? shape);
  }
  return result;
}

/** A row of the round before is good as long as its shape is still there: then nothing in it was opened. */
function toRows(result: readonly string[], shapes: readonly CountedShape[], known: ReadonlyMap<string, Row>): Row[] {
  const rows = new Map<string, Row>();
  result.forEach((shape, index) => {
    const count = shapes[index]?.count ?? 1;
    const row = rows.get(shape);
    if (row === undefined) {
      const before = known.get(shape);
      const parts = before?.parts ?? splitShape(shape);
      rows.set(shape, { shape, parts, kinds: before?.kinds ?? kindsOf(parts), count });
    } else row.count += count;
  });
  return [...rows.values()];
}

/** Names and values, all columns at once, among rows that are equal but for these and have a word in common. */
function voteTogether(rows: readonly Row[]): boolean {
  const groups = groupBy(rows, ({ parts, kinds }) => {
    const isOpen = (index: number): boolean => kinds[index] === 'value' || kinds[index] === 'name';
    if (!parts.some((part, index) => part.length > 1 && !isOpen(index))) return null;
    return parts.map((part, index) => (isOpen(index) ? '\u0001' : part)).join('\u0002');
  });
  let changed = false;
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    const kinds = group[0]?.kinds ?? [];
    const open = kinds.flatMap((kind, column) =>
      column < MAX_COLUMNS && (kind === 'value' || kind === 'name') ? [column] : [],
    );
    const independent = independentColumns(group, open);
    for (const column of open)
      if (independent.has(column) || isVariable(group, column))
        for (const row of group) changed = openColumn(row, column) || changed;
  }
  return changed;
}

/** Columns beyond are not compared with each other. */
const MAX_COMPARED = 12;

/**
 * Names of few states each that vary independently of each other are parameters: `from NEW to RUNNING`, `from RUNNING to
 * KILLED`. Of one event and another, what differs differs together.
 */
function independentColumns(group: readonly Row[], open: readonly number[]): ReadonlySet<number> {
  if (group.length <= THRESHOLDS.independent) return new Set();
  const sizes = new Map(
    open
      .filter((column) => group.every(({ parts }) => parts[column] !== VARIABLE))
      .map((column) => [column, distinct(group, [column])] as const)
      .filter(([, size]) => size >= THRESHOLDS.independent)
      .slice(0, MAX_COMPARED),
  );
  const isIndependent = (one: number): boolean =>
    [...sizes].some(
      ([other, size]) => other !== one && distinct(group, [one, other]) > Math.max(size, sizes.get(one) ?? 0),
    );
  return new Set([...sizes.keys()].filter(isIndependent));
}

function distinct(group: readonly Row[], columns: readonly number[]): number {
  return new Set(group.map(({ parts }) => columns.map((column) => parts[column]).join('\u0002'))).size;
}

/** One column alone, plain words too, among rows that are equal everywhere else and have a word there. */
function voteAlone(rows: readonly Row[]): boolean {
  const groups = new Map<string, { readonly column: number; readonly rows: Row[] }>();
  for (const row of rows)
    for (const [column, key] of keysButOne(row)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { column, rows: [row] });
      else group.rows.push(row);
    }
  let changed = false;
  for (const { column, rows: group } of groups.values())
    if (group.length > 1 && isVariable(group, column))
      for (const row of group) changed = openColumn(row, column) || changed;
  return changed;
}

/**
 * For each column that may open, a key of the row without it: sums of hashes, from which one term is taken away, so that
 * it costs no more than the row is long. 106 bits: nobody meets two alike by chance.
 */
function keysButOne({ parts, kinds }: Row): [column: number, key: string][] {
  const columns = parts
    .map((_, column) => column)
    .filter((column) => column < MAX_COLUMNS && kinds[column] !== 'fixed');
  const words = parts.filter((part, column) => part.length > 1 && kinds[column] !== 'value').length;
  const open = columns.filter((column) => words - (kinds[column] === 'value' ? 0 : 1) >= 1);
  if (open.length === 0) return [];
  const hashes = parts.map((part, column) => [hash(part, column, 31), hash(part, column, 131)] as const);
  const [first, second] = hashes.reduce(([a, b], [c, d]) => [a + c, b + d] as const, [0, 0] as const);
  return open.map((column) => {
    const [a, b] = hashes[column] ?? [0, 0];
    return [column, `${column} ${parts.length} ${first - a} ${second - b}`];
  });
}

/** 0 to 2^43: thousands of them add up without loss. */
function hash(part: string, column: number, base: number): number {
  let value = (column + 1) * base;
  for (let index = 0; index < part.length; index += 1)
    value = Math.imul(value ^ part.charCodeAt(index), 0x01000193 + base);
  return ((value ^ (value >>> 15)) >>> 0) * 2048 + (((column + 7) * base * part.length) & 2047);
}

function isVariable(group: readonly Row[], column: number): boolean {
  const counts = new Map<string, number>();
  for (const { parts, count } of group) {
    const part = parts[column] ?? '';
    counts.set(part, (counts.get(part) ?? 0) + count);
  }
  if (counts.size < 2) return false;
  const kinds = new Set(group.map((row) => row.kinds[column]));
  if (kinds.has('word')) return counts.size >= THRESHOLDS.words;
  if (counts.has(VARIABLE) || counts.has(QUOTED)) return true;
  if (kinds.has('name')) return counts.size >= THRESHOLDS.names;
  if ([...counts.keys()].every((part) => part.includes(VARIABLE))) return true; // `[node-a<*>]`, `[node-b<*>]`
  if ([...counts.keys()].every(isSwitch)) return true; // listed ones
  return counts.size >= THRESHOLDS.values || inEffect([...counts.values()]) >= THRESHOLDS.valuesInEffect;
}

/** How many equally frequent values would be as uncertain as these: the exponential of the entropy. */
function inEffect(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return Math.exp(-counts.reduce((sum, count) => sum + (count / total) * Math.log(count / total), 0));
}

const QUOTED = `"${VARIABLE}"`;

function openColumn(row: Row, column: number): boolean {
  const before = row.parts[column] ?? '';
  const after = isQuoted(before) ? QUOTED : VARIABLE;
  row.parts[column] = after;
  row.kinds[column] = 'value';
  return before !== after;
}

/** Lists and composites of variables that the vote has made are one, as in a shape. */
const LIST = new RegExp(`${VARIABLE}(?:(?:[ :,._+/-]|, )?${VARIABLE})+`, 'g');

function join(parts: readonly string[]): string {
  return parts.join('').replace(LIST, VARIABLE);
}

function groupBy(rows: readonly Row[], keyOf: (row: Row) => string | null): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

import {
  PostgresDialect,
  PostgresQueryCompiler,
  PrimitiveValueListNode,
  type BinaryOperationNode,
  type Dialect,
  type OperationNode,
  type PostgresPool,
  type ValuesNode,
} from 'kysely';

/**
 * PostgreSQL takes a list as one parameter, however long: `x = any($1)` and `select * from unnest($1::text[], …)`. A
 * statement then has the same text for ten rows and for a thousand, so that it is parsed and planned once (`postgres.ts`),
 * and a thousand rows do not need ten thousand parameters.
 */
export function arrayDialect(pool: PostgresPool): Dialect {
  return new ArrayDialect({ pool });
}

class ArrayDialect extends PostgresDialect {
  override createQueryCompiler(): ArrayCompiler {
    return new ArrayCompiler();
  }
}

const ARRAY_OF: Readonly<Record<string, string>> = { in: ' = any(', 'not in': ' != all(' };

class ArrayCompiler extends PostgresQueryCompiler {
  protected override visitBinaryOperation(node: BinaryOperationNode): void {
    const { leftOperand, operator, rightOperand } = node;
    const array = 'operator' in operator ? ARRAY_OF[String(operator.operator)] : undefined;
    if (array === undefined || !isList(rightOperand)) return super.visitBinaryOperation(node);
    this.visitNode(leftOperand);
    this.append(array);
    this.appendValue(rightOperand.values);
    this.append(')');
  }

  /** One row keeps its usual form, in which nobody has to know its types. */
  protected override visitValues(node: ValuesNode): void {
    const rows = node.values.filter(isList).map(({ values }) => values);
    const columns = rows.length < 2 || rows.length < node.values.length ? null : columnsOf(rows);
    if (columns === null) return super.visitValues(node);
    const filled = columns.flatMap(({ type, values }, index) =>
      type === null ? [] : [{ type, values, name: `c${index}` }],
    );
    this.append(
      `select ${columns.map(({ type }, index) => (type === null ? 'null' : `c${index}`)).join(', ')} from unnest(`,
    );
    filled.forEach(({ type, values }, index) => {
      if (index > 0) this.append(', ');
      this.appendValue(arrayText(values));
      this.append(`::${type}[]`);
    });
    this.append(`) as rows (${filled.map(({ name }) => name).join(', ')})`);
  }
}

/** Control characters and surrogates: these JSON escapes in its own way. */
const NOT_AS_JSON = /[^ -\ud7ff\ue000-\uffff]/;

/** An array as PostgreSQL reads it, in one piece: the driver would add it up value by value, which takes twice as long. */
export function arrayText(values: readonly Cell[]): string {
  return `{${values.map(elementText).join(',')}}`;
}

function elementText(value: Cell): string {
  if (value === null) return 'NULL';
  if (typeof value !== 'string') return String(value);
  if (NOT_AS_JSON.test(value)) return `"${value.replace(/[\\"]/g, '\\$&')}"`;
  return JSON.stringify(value); // in all other texts both escape the same, and this is quick
}

type Cell = string | number | null;

interface Column {
  /** Null where it holds nothing but nulls. */
  readonly type: 'text' | 'bigint' | null;
  readonly values: readonly Cell[];
}

/** Null where there is more than texts and whole numbers, or nothing at all. */
function columnsOf(rows: readonly (readonly unknown[])[]): Column[] | null {
  const columns = (rows[0] ?? []).map((_, index) => toColumn(rows.map((row) => row[index])));
  const known = columns.filter((column) => column !== null);
  return known.length === columns.length && known.some(({ type }) => type !== null) ? known : null;
}

function toColumn(values: readonly unknown[]): Column | null {
  const cells = values.filter((value): value is Cell => value === null || isText(value) || Number.isSafeInteger(value));
  const filled = cells.filter((value) => value !== null);
  if (cells.length < values.length) return null;
  if (filled.length === 0) return { type: null, values: cells };
  if (filled.every(isText)) return { type: 'text', values: cells };
  return filled.some(isText) ? null : { type: 'bigint', values: cells };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isList(node: OperationNode): node is PrimitiveValueListNode {
  return PrimitiveValueListNode.is(node);
}

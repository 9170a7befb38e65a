import type { Procedure } from './rules-schema.ts';

interface Written {
  /** The file that it stands in; files come in the order of `rule_files`. */
  readonly file: string;
  /** Null where its shape is wrong. */
  readonly procedure: Procedure | null;
}

/**
 * Procedures of which none is overridden: what a later file says for a category and a level takes the place of what all
 * files before it say. So the shipped ones stay as they are, and one's own stand in a file behind them.
 */
export function inForce<T extends Written>(written: readonly T[]): T[] {
  const last = new Map<string, string>();
  for (const { file, procedure } of written) if (procedure !== null) last.set(keyOf(procedure), file);
  return written.filter(({ file, procedure }) => procedure === null || last.get(keyOf(procedure)) === file);
}

function keyOf({ category, level }: Procedure): string {
  return `${category} ${level}`;
}

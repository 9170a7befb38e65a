/** The alerts that the category model learns from; they lie beside the project, never in it. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ruleFile, type CategoryRule } from '../src/config/rules-schema.ts';

/** One alerting rule of a public rule set; labelled ones have the fields at the end. */
export interface Row {
  readonly id: string;
  readonly kind: string;
  readonly alert: string;
  readonly expr: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly label?: string;
  readonly ambiguous?: boolean;
  readonly alternative?: string | null;
}

export const ROOT = join(import.meta.dirname, '..');
const CORPUS = join(ROOT, '../shared/corpus/alerts');

export function corpusIsHere(): boolean {
  return existsSync(join(CORPUS, 'labelled.dev.ndjson'));
}

export function readLabelled(): Row[] {
  return readRows('labelled.dev.ndjson');
}

export function readPublicRules(): Row[] {
  return readRows('alerts.ndjson');
}

function readRows(file: string): Row[] {
  const lines = readFileSync(join(CORPUS, file), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
}

/** What holds for every product, and what is known of each. */
export function shippedRules(): readonly CategoryRule[] {
  const files = ['categories.yaml', ...globSync('products/*.yaml', { cwd: join(ROOT, 'rules') }).toSorted()];
  return files.flatMap((file) => {
    const data: unknown = parse(readFileSync(join(ROOT, 'rules', file), 'utf8'));
    return ruleFile.parse(data).categories ?? [];
  });
}

/** The rules were written with half A in view; half B was kept aside. */
export function inHalfA(row: Row): boolean {
  return createHash('sha256').update(row.id).digest().readUInt32BE(0) % 2 === 0;
}

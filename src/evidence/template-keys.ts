import { createHash } from 'node:crypto';
import type { EvidenceLine } from '../domain/incident.ts';
import { shapeOfText } from './mining/message.ts';
import { VARIABLE } from './mining/shape.ts';

/** Kept of one look at the logs. */
const MOST = 8;
/** A shape of fewer words says nothing of the kind of trouble. */
const WORDS_LEAST = 2;

/**
 * By what the lines of an incident are known again in another: a key for the shape of each line that speaks of the trouble,
 * the most telling first. Equal for lines that differ only in their variable parts, in whatever store and service.
 */
export function templateKeys(lines: readonly EvidenceLine[]): readonly string[] {
  const shapes = lines.filter(isOfTrouble).map(({ text }) => shapeOfText(text));
  return [...new Set(shapes.filter(isTelling).map(keyOf))].slice(0, MOST);
}

/** What came new or more often; what nothing could be compared with counts by its level. */
function isOfTrouble({ class: change, level }: EvidenceLine): boolean {
  const isProblem = level === 'error' || level === 'fatal' || level === 'warn';
  return change === undefined || change === 'UP' ? isProblem : change === 'NEW';
}

function isTelling(shape: string): boolean {
  return (shape.replaceAll(VARIABLE, ' ').match(/\p{L}{3,}/gu) ?? []).length >= WORDS_LEAST;
}

/** 96 bits in 16 characters. */
function keyOf(shape: string): string {
  return createHash('sha256').update(shape).digest().subarray(0, 12).toString('base64url');
}

import { createHmac } from 'node:crypto';
import { addresses } from './redaction/addresses.ts';
import { assignments } from './redaction/assignments.ts';
import { isMarked, type Find, type Redactor } from './redaction/finding.ts';
import { headers } from './redaction/headers.ts';
import { createMarks, type Marks } from './redaction/marks.ts';
import { personal } from './redaction/personal.ts';
import { tokens } from './redaction/tokens.ts';

export type { Redactor } from './redaction/finding.ts';

/** The most certain first: what one has replaced, the later ones leave alone. */
const FINDERS: readonly Find[] = [...tokens, ...headers, ...assignments, ...personal];

/** Most lines hold no word that any of them looks for: one expression says so faster than a hundred searches. */
const ANY_HINT = new RegExp(
  FINDERS.flatMap(({ hints }) => (hints instanceof RegExp ? [] : hints))
    .map((hint) => hint.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
    .join('|'),
);

/** Replacing one secret may lay bare the shape of another; more rounds than this have never been needed. */
const MAX_ROUNDS = 8;

/**
 * Takes secrets and personal data out of log text before anything stores it: `password=hunter2` becomes
 * `password=[password:3fa1c2]`. The six digits are of an HMAC-SHA256 under `key`, so that equal secrets stay equal and
 * nobody without the key can try words. Needs one record at a time (no state is kept), takes time linear in its
 * length, and leaves its own output as it is.
 */
export function createRedactor(key: Uint8Array): Redactor {
  const digest = (secret: string): string => createHmac('sha256', key).update(secret).digest('hex').slice(0, 6);
  const redactorOf = (finders: readonly Find[]) => (text: string) => {
    const marks = createMarks(digest);
    let present = marks.hide(text);
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const next = replaceOnce(present, marks, finders);
      if (next === present) break;
      present = next;
    }
    return marks.show(present);
  };
  return Object.assign(redactorOf(FINDERS), { withAddresses: redactorOf([...FINDERS, ...addresses]) });
}

function replaceOnce(text: string, marks: Marks, finders: readonly Find[]): string {
  let present = text;
  let lower = text.toLowerCase();
  const hinted = ANY_HINT.test(lower);
  for (const { hints, find } of finders) {
    const worth = hints instanceof RegExp ? hints.test(present) : hinted && hints.some((hint) => lower.includes(hint));
    if (!worth) continue;
    const next = splice(present, find, marks);
    if (next === present) continue;
    present = next;
    lower = next.toLowerCase();
  }
  return present;
}

function splice(text: string, find: Find['find'], marks: Marks): string {
  let result = '';
  let end = 0;
  for (const { type, from, to } of find(text)) {
    if (from < end || from === to || isMarked(text.slice(from, to))) continue;
    result += text.slice(end, from) + marks.mark(type, text.slice(from, to));
    end = to;
  }
  return end === 0 ? text : result + text.slice(end);
}

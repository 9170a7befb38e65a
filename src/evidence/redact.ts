import { createHmac } from 'node:crypto';
import { assignments } from './redaction/assignments.ts';
import { personal } from './redaction/personal.ts';
import { PLACEHOLDER, type Find, type Redactor } from './redaction/finding.ts';
import { headers } from './redaction/headers.ts';
import { tokens } from './redaction/tokens.ts';

export type { Redactor } from './redaction/finding.ts';

/** The most certain first: what one has replaced, the later ones leave alone. */
const FINDERS: readonly Find[] = [...tokens, ...headers, ...assignments, ...personal];

/** Replacing one secret may lay bare the shape of another; more rounds than this have never been needed. */
const MAX_ROUNDS = 4;

/**
 * Takes secrets and personal data out of log text before anything stores it: `password=hunter2` becomes
 * `password=[password:3fa1c2]`. The six digits are of an HMAC-SHA256 under `key`, so that equal secrets stay equal and
 * nobody without the key can try words. Needs one record at a time (state is never kept), takes time linear in its
 * length, and leaves its own output as it is.
 */
export function createRedactor(key: Uint8Array): Redactor {
  const placeholder = (type: string, secret: string): string =>
    `[${type}:${createHmac('sha256', key).update(secret).digest('hex').slice(0, 6)}]`;
  return (text) => {
    let present = text;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const next = replaceOnce(present, placeholder);
      if (next === present) break;
      present = next;
    }
    return present;
  };
}

function replaceOnce(text: string, placeholder: (type: string, secret: string) => string): string {
  let present = text;
  let lower = text.toLowerCase();
  for (const { hints, find } of FINDERS) {
    if (hints instanceof RegExp ? !hints.test(present) : !hints.some((hint) => lower.includes(hint))) continue;
    const next = splice(present, find(present), placeholder);
    if (next === present) continue;
    present = next;
    lower = next.toLowerCase();
  }
  return present;
}

function splice(
  text: string,
  found: ReturnType<Find['find']>,
  placeholder: (type: string, secret: string) => string,
): string {
  let result = '';
  let end = 0;
  for (const { type, from, to } of found) {
    const secret = text.slice(from, to);
    if (from < end || secret === '' || PLACEHOLDER.test(secret)) continue;
    result += text.slice(end, from) + placeholder(type, secret);
    end = to;
  }
  return end === 0 ? text : result + text.slice(end);
}

import { isVerb } from '../http/verbs.ts';
import { DONE } from './form-body.ts';
import type { Said } from './shell.ts';

/** What is said of fixes. */
const FIXES_DONE: Readonly<Record<string, string>> = {
  freeze: 'All automatic fixes are stopped.',
  unfreeze: 'Fixes may run again.',
  approve: 'Approved. It runs now, if every guard still lets it.',
  deny: 'Turned down. It does not run.',
  run: 'Asked for. It runs now, if every guard lets it; below stands what becomes of it.',
  reset: 'Reset: what failed before no longer counts.',
};

/** What the address says was done: a verb, and of which incident; no other words. */
export function readSaid(verb: unknown, of: unknown): Said | null {
  if (typeof verb !== 'string') return null;
  if (Object.hasOwn(FIXES_DONE, verb)) return { text: FIXES_DONE[verb] ?? '', bad: false };
  if (!isVerb(verb)) return null;
  const id = typeof of === 'string' && /^INC-\d{1,15}$/.test(of) ? `${of}: ` : '';
  return { text: `${id}${DONE[verb]}`, bad: false };
}

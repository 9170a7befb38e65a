import type { Draft } from './draft.ts';

/** A fix that waits for approval is not run any more. @returns the sentence on record, null where none waits */
export function withdrawProposal(draft: Draft, why: string): string | null {
  const waiting = draft.incident.attempts.find(({ state }) => state === 'awaiting_approval');
  if (waiting === undefined) return null;
  const on = waiting.target === '' ? '' : ` on ${waiting.target}`;
  const text = `Known fix "${waiting.title}"${on} was not run: ${why}`;
  draft.add('fix', text, { ...waiting, state: 'refused', reasons: [why], deadlines: { approval: null } });
  return text;
}

import type { Evidence, Incident } from '../domain/incident.ts';

/** As many of the looks at the logs before a handover are kept, the newest ones; all of them are in the timeline. */
export const LOOKS_KEPT = 8;

type Kept = Pick<Incident, 'evidence' | 'evidenceLeftOut'>;

/**
 * One more. What flaps for days is handed over hundreds of times, each with a look at the logs, and an incident is read and
 * written whole. What was found first, a minute later and around it stays, and so do the newest lines, which messages show.
 */
export function withEvidence({ evidence, evidenceLeftOut = 0 }: Kept, next: Evidence): Kept {
  const all = [...evidence, next];
  const looks = all.filter(({ look }) => look === 'handover');
  const lines = looks.findLast((look) => look.lines.length > 0);
  const old = new Set(looks.slice(0, -LOOKS_KEPT).filter((look) => look !== lines));
  if (old.size === 0) return { evidence: all, ...(evidenceLeftOut === 0 ? {} : { evidenceLeftOut }) };
  return { evidence: all.filter((one) => !old.has(one)), evidenceLeftOut: evidenceLeftOut + old.size };
}

/** How many there were, those that are no longer kept included. */
export function evidenceCount({ evidence, evidenceLeftOut = 0 }: Kept): number {
  return evidence.length + evidenceLeftOut;
}

/** What is said of those that are no longer kept; '' where there are none. */
export function saysLeftOut({ evidenceLeftOut = 0 }: Kept): string {
  if (evidenceLeftOut === 0) return '';
  const looks = evidenceLeftOut === 1 ? 'look at the logs is' : 'looks at the logs are';
  return `${evidenceLeftOut} older ${looks} left out here, made before earlier handovers: in the timeline, and in the bundles of then.`;
}

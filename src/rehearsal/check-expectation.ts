import { speakDuration } from '../domain/duration.ts';
import type { Path } from '../config/problem.ts';
import { owningTeam, type Incident } from '../domain/incident.ts';
import type { Expectation } from './test-file.ts';

/** How a test stands at a moment: its incidents by number, and who was told of which. */
export interface Standing {
  readonly incidents: readonly Incident[];
  readonly told: readonly { readonly incident: string; readonly channel: string }[];
}

/** Something that is not as expected. */
export interface Finding {
  /** Within the test: `['expect', 0, 'level']`. */
  readonly path: Path;
  /** `after 16m: level is 2, expected 3`. */
  readonly message: string;
}

/** Compares how a test stands with what was expected of this moment. */
export function checkExpectation(expected: Expectation, index: number, standing: Standing): Finding[] {
  const findings: Finding[] = [];
  const when = `after ${expected.after === 0 ? '0s' : speakDuration(expected.after)}`;
  const say = (key: keyof Expectation, what: string): void =>
    void findings.push({ path: ['expect', index, key], message: `${when}: ${what}` });
  const { incidents } = standing;
  if (expected.incidents !== undefined && expected.incidents !== incidents.length)
    say('incidents', `there are ${incidents.length} incidents, expected ${expected.incidents}`);
  const incident = incidents[expected.incident - 1];
  if (incident === undefined) {
    if (expected.incidents !== 0) say('after', `there is no incident ${expected.incident}, only ${incidents.length}`);
    return findings;
  }
  for (const [key, is] of Object.entries(simpleFacts(incident))) {
    const wanted = expected[key as keyof Expectation];
    if (wanted !== undefined && wanted !== is)
      say(key as keyof Expectation, `${key} is ${is}, expected ${JSON.stringify(wanted).replaceAll('"', '')}`);
  }
  checkBecause(expected, incident, say);
  checkFix(expected, incident, say);
  checkTold(expected, incident, standing, say);
  return findings;
}

function simpleFacts(incident: Incident): Record<string, string> {
  const { classification, priority, status, level, escalations } = incident;
  const { category, method } = classification;
  return {
    category,
    method,
    priority,
    status,
    level,
    team: owningTeam(incident),
    reason: escalations.at(-1)?.reason ?? 'none',
  };
}

type Say = (key: keyof Expectation, what: string) => void;

function checkBecause({ because }: Expectation, { classification: { reasons } }: Incident, say: Say): void {
  if (because !== undefined && !reasons.some((reason) => reason.includes(because)))
    say('because', `no reason for the category contains "${because}"; there are: ${reasons.join(' | ')}`);
}

function checkFix({ fix }: Expectation, { attempts, classification }: Incident, say: Say): void {
  if (fix === undefined) return;
  const last = attempts.at(-1);
  if (fix === 'none') {
    if (last !== undefined) say('fix', `the fix ${last.fix} is ${last.state}, expected none`);
    return;
  }
  const why = last === undefined || last.reasons.length === 0 ? '' : ` (${last.reasons.join('; ')})`;
  const asked = classification.category === 'unclassified' ? '; it is unclassified, and a person decides first' : '';
  if (last === undefined) say('fix', `no fix was looked at, expected ${fix.id}${asked}`);
  else if (last.fix !== fix.id) say('fix', `the fix is ${last.fix}, expected ${fix.id}`);
  else if (fix.state !== undefined && last.state !== fix.state)
    say('fix', `${last.fix} is ${last.state}${why}, expected ${fix.state}`);
  else if (fix.because !== undefined && !last.reasons.join('; ').includes(fix.because))
    say('fix', `no reason of ${last.fix} contains "${fix.because}"${why}`);
}

function checkTold(
  { notified = [], not_notified = [] }: Expectation,
  { uid }: Incident,
  { told }: Standing,
  say: Say,
): void {
  const channels = new Set(told.filter(({ incident }) => incident === uid).map(({ channel }) => channel));
  const heard = channels.size === 0 ? 'nobody was told' : `told were ${[...channels].join(', ')}`;
  const missing = notified.filter((channel) => !channels.has(channel));
  if (missing.length > 0) say('notified', `${missing.join(', ')} not told; ${heard}`);
  const early = not_notified.filter((channel) => channels.has(channel));
  if (early.length > 0) say('not_notified', `${early.join(', ')} told already`);
}

import type { Attempt, Incident } from '../../domain/incident.ts';
import { ATTEMPT_SENTENCES } from '../../domain/sentences.ts';
import { cleanLine, cleanText } from '../../domain/text.ts';
import { prose } from './evidence-section.ts';
import type { Section } from './notice-input.ts';

const TAIL_LINES = 15;
const TAIL_CHARS = 1500;

/** What was tried, or would be run, and how its output ends; empty where no known fix applied. */
export function fixSections(incident: Incident): Section[] {
  return incident.attempts.slice(-3).flatMap((attempt) => {
    const about = prose(`Known fix: ${cleanLine(attempt.title, 120)}`, aboutAttempt(attempt));
    const tail = tailOf(attempt.output);
    return tail === '' ? [about] : [about, { title: 'How its output ends', text: tail, code: true }];
  });
}

/** The attempt in a few sentences: how it stands, why, and what the probe saw. */
export function aboutAttempt({ fix, title, target, state, reasons, exitCode, verification }: Attempt): string {
  const on = target === '' ? '' : ` on ${cleanLine(target, 200)}`;
  const exit = exitCode === null ? '' : ` Exit status ${exitCode}.`;
  return [
    `${cleanLine(title, 120)} (${cleanLine(fix, 80)})${on}: ${ATTEMPT_SENTENCES[state]}.${exit}`,
    ...reasons.slice(0, 6).map((reason) => `– ${cleanLine(reason, state === 'awaiting_approval' ? 4000 : 400)}`),
    ...(verification === null ? [] : [`Probe: ${verification.state}; ${cleanLine(verification.detail, 400)}`]),
  ].join('\n');
}

function tailOf(output: string): string {
  const lines = cleanText(output.slice(-TAIL_CHARS * 2), TAIL_CHARS * 2)
    .trimEnd()
    .split('\n');
  return lines.slice(-TAIL_LINES).join('\n').slice(-TAIL_CHARS);
}

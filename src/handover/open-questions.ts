import type { Incident } from '../domain/incident.ts';
import { speakMeasuredSpread } from '../domain/spread.ts';
import { inline } from './markdown.ts';

/** What the record cannot answer, as questions: the reader should not have to find out that nobody knows. */
export function openQuestions(incident: Incident): string[] {
  const { classification, service, evidence, attempts, impact, hidden, team, severity } = incident;
  const lost = attempts.filter(({ state }) => state === 'unknown');
  const questions: (readonly [boolean, string])[] = [
    [classification.category === 'unclassified', 'Which category is it? The rules could not decide.'],
    [service === '', 'Which service is it? The alert names none.'],
    [team === '', 'Who owns it? No team is named.'],
    [severity === 'unknown', 'How severe is it? The alert states no severity, so it was taken as urgent.'],
    [
      !evidence.some(({ lines }) => lines.length > 0),
      'What do the logs say? None could be read; logs/excerpt.md says why.',
    ],
    [
      evidence.some(({ kind, state }) => kind === 'logs' && state === 'partial'),
      'What is in the part of the logs that could not be read?',
    ],
    ...lost.map(
      ({ title, target }) =>
        [
          true,
          `How far did "${inline(title)}" come on ${inline(target)}? It was cut off and is not run again by itself.`,
        ] as const,
    ),
    [hidden > 0, `What are the ${hidden} alerts that the sender left out of its payload?`],
    [impact.targets <= 1 && speakMeasuredSpread(incident) === '', 'Is it this one target, or is it everywhere?'],
    [!knowsChanges(evidence), 'What changed just before it began?'],
    [true, 'How many people are affected? Nobody has written it down.'],
  ];
  return questions.filter(([open]) => open).map(([, question]) => question);
}

/** Whether a source of changes was asked, whatever it told: then the answer stands among the evidence. */
function knowsChanges(evidence: Incident['evidence']): boolean {
  return evidence.some(({ kind, state }) => kind === 'change' && state !== 'unavailable');
}

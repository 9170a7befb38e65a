import { CATEGORY_TITLES } from '../domain/category.ts';
import { incidentId, type Incident } from '../domain/incident.ts';
import type { FilledStep } from '../incidents/procedure.ts';
import { document, inline } from './markdown.ts';

/** What holds for every handover. */
const ALWAYS: Readonly<{ first: readonly string[]; last: readonly string[] }> = {
  first: [
    'Acknowledge the incident, so that it stops going up.',
    'Read README.md, then logs/excerpt.md.',
    'Hold the handover meeting (meeting.ics) with whoever had it before.',
    'Is it local or everywhere? What changed just before it began?',
  ],
  last: [
    'Write each step and its result into the incident as you go.',
    'When it is over, say so: tierbell incident resolve. State what helped.',
    'Note what should change so that it does not come back, and who owns the change.',
  ],
};

/** `checklist.md`: the procedure for this category up to this level, what is done already ticked. */
export function checklist(incident: Incident, procedure: readonly FilledStep[]): string {
  const { level, classification } = incident;
  const levels = [...new Set(procedure.map((step) => step.level))].toReversed();
  return document([
    `# Checklist for ${incidentId(incident)}: ${CATEGORY_TITLES[classification.category]}, Level ${level}`,
    '## First',
    boxes(ALWAYS.first),
    ...(levels.length === 0
      ? ['No procedure is written down for this category (`procedures:`): work from logs/excerpt.md.']
      : levels.flatMap((at) => [`## At Level ${at}`, ticked(procedure.filter((step) => step.level === at))])),
    '## All along and at the end',
    boxes(ALWAYS.last),
  ]);
}

function boxes(steps: readonly string[]): string {
  return steps.map((step) => `- [ ] ${step}`).join('\n');
}

function ticked(steps: readonly FilledStep[]): string {
  return steps
    .map(
      ({ text, done, by }) => `- [${done ? 'x' : ' '}] ${inline(text, 500)}${done ? ` (${inline(by ?? '', 80)})` : ''}`,
    )
    .join('\n');
}

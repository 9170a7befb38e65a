import { CATEGORY_TITLES } from '../domain/category.ts';
import { incidentId, type Incident } from '../domain/incident.ts';
import { ALWAYS, CHECKLIST_STEPS } from './checklist-steps.ts';
import { document } from './markdown.ts';

/** `checklist.md`: the steps for this category at this level, to be ticked off. */
export function checklist(incident: Incident): string {
  const { level, classification } = incident;
  const steps = CHECKLIST_STEPS[classification.category];
  const vendor = level === 'x' ? [] : (steps.x ?? []);
  return document([
    `# Checklist for ${incidentId(incident)}: ${CATEGORY_TITLES[classification.category]}, Level ${level}`,
    '## First',
    boxes(ALWAYS.first),
    `## At Level ${level}`,
    boxes(steps[level] ?? ['No steps are written down for this category and level: work from logs/excerpt.md.']),
    ...(vendor.length === 0 ? [] : ['## If somebody outside must act (Level X)', boxes(vendor)]),
    '## All along and at the end',
    boxes(ALWAYS.last),
  ]);
}

function boxes(steps: readonly string[]): string {
  return steps.map((step) => `- [ ] ${step}`).join('\n');
}

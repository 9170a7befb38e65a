import { alertRows, categoryReasons, whatItSays } from './alert-sections.ts';
import { evidenceSections } from './evidence-section.ts';
import { isTheirTurn, sentence, titleOf, wanted } from './facts.ts';
import { fixSections } from './fix-section.ts';
import type { NoticeInput, Section, Wording } from './notice-input.ts';

/** The first that a level hears of it. */
export function wordPage(input: NoticeInput): Wording {
  const { incident, level, at } = input;
  const headline = `Level ${level}: ${sentence(titleOf(incident))} Please ${wanted(incident, at)}.`;
  return { headline: orNothing(input, headline), sections: fullSections(input), asks: true, hint: '' };
}

/** It was over and is not. */
export function wordReopened(input: NoticeInput): Wording {
  const { incident, level, at } = input;
  const headline = `Level ${level}: it fires again, ${sentence(titleOf(incident))} Please ${wanted(incident, at)}.`;
  return { headline: orNothing(input, headline), sections: fullSections(input), asks: true, hint: '' };
}

/** A message may be late: once somebody has it, or it is over, it asks for nothing. */
function orNothing(input: NoticeInput, headline: string): string {
  const { incident, at } = input;
  if (isTheirTurn(input)) return headline;
  const title = sentence(titleOf(incident));
  if (incident.status === 'triggered')
    return `Level ${input.level}: ${title} It is with Level ${incident.level} now, and you are told too.`;
  return `${title} Wanted of you: ${wanted(incident, at)}.`;
}

/** What is known, the most telling first. */
export function fullSections({ incident, alerts, at }: NoticeInput): Section[] {
  return [
    ...whatItSays(incident),
    ...evidenceSections(incident, { pending: true }),
    ...fixSections(incident),
    ...alertRows(incident, alerts, at),
    ...categoryReasons(incident),
  ];
}

import { CATEGORY_TITLES } from '../../domain/category.ts';
import { incidentId } from '../../domain/incident.ts';
import { alertRows, categoryReasons, whatItSays } from './alert-sections.ts';
import { evidenceSections } from './evidence-section.ts';
import { titleOf } from './facts.ts';
import { saySince } from './moment-words.ts';
import type { NoticeInput, Wording } from './notice-input.ts';

/** In mode `observe`: what was found, for those who want to see whether it is worth anything. Nothing is wanted of them. */
export function wordObserved({ incident, alerts, at }: NoticeInput): Wording {
  const { category } = incident.classification;
  const what = category === 'unclassified' ? 'the category is not decided' : CATEGORY_TITLES[category].toLowerCase();
  return {
    headline: `Observed: ${titleOf(incident)}; ${what}, since ${saySince(incident.startsAt, at)}.`,
    sections: [
      ...whatItSays(incident),
      ...evidenceSections(incident, { pending: false }),
      ...categoryReasons(incident),
      ...alertRows(incident, alerts, at),
    ],
    asks: false,
    hint: `Nobody is paged, no fix runs and nothing escalates, as the configuration says mode: observe. To read on: tierbell incident show ${incidentId(incident)}`,
  };
}
